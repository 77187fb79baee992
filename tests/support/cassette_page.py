"""Writes the tables of docs/cassettes.md: what the cassettes hold, read off the cassettes themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from cassettes import CASSETTES, HOUSE, label, what_is_said_of
from vcr.serializers import yamlserializer

from tc_testing._facts import methods
from tc_testing._routing import Router

PAGE = HOUSE / "docs" / "cassettes.md"
BEGIN = "<!-- made from the cassettes: nox -s record -->"

NOT_RECORDED: Mapping[str, str] = {}
"""Why a method, such as ``notify.matrix``, is on no cassette."""

Held = dict[str, dict[str, set[int]]]

_router = Router(methods())


def page(text: str, scopes: Mapping[str, set[str]]) -> str:
    """Return the page with its tables made anew.

    Args:
        text: of the page as it is.
        scopes: what recording takes, by package.
    """
    before, begin, _ = text.partition(BEGIN)
    if not begin:
        raise ValueError(f"{PAGE.name}: has no place for the tables; it needs the line {BEGIN}")
    return "\n".join([before + BEGIN, "", *_tables(scopes), ""])


def held() -> Held:
    """Return the statuses that each method was answered with, by method and by name of the cassette."""
    found: Held = {}
    for path in sorted(HOUSE.glob(CASSETTES)):
        content = yamlserializer.deserialize(path.read_text("utf-8"))
        for exchange in content["interactions"]:
            request = exchange["request"]
            match = _router.match(request["method"], urlsplit(str(request["uri"])).path)
            if match is not None:
                name = f"{match.method.service}.{match.method.name}"
                status = exchange["response"]["status"]["code"]
                found.setdefault(name, {}).setdefault(label(path), set()).add(status)
    return found


def _tables(scopes: Mapping[str, set[str]]) -> Iterator[str]:
    recorded = {path: what_is_said_of(path) for path in sorted(HOUSE.glob(CASSETTES))}
    local = sum(said["kind"] == "local" for said in recorded.values())
    yield from [
        "## Recorded against",
        "",
        f"**Of {len(recorded)} cassettes, {local} were recorded against the local Taskcluster of tc-testing, and",
        f"{len(recorded) - local or 'none'} against a deployment.**",
        "",
        "| Cassette | Server | Kind of server | Day |",
        "| --- | --- | --- | --- |",
    ]
    for path, said in recorded.items():
        yield f"| {label(path)} | {said['version']} | {said['kind']} | {said['at'][:10]} |"
    yield from ["", "## Methods", "", "| Method | Answers | Cassettes |", "| --- | --- | --- |"]
    found = held()
    for method in methods():
        name = f"{method.service}.{method.name}"
        cassettes = found.get(name, {})
        statuses = sorted(set[int]().union(*cassettes.values()))
        reason = f"none: {NOT_RECORDED[name]}" if name in NOT_RECORDED else "none"
        yield f"| {name} | {', '.join(map(str, statuses))} | {', '.join(cassettes) or reason} |"
    yield from ["", "## Scopes", "", "What it takes to record a package anew:", ""]
    for package, needed in sorted(scopes.items()):
        yield f"- {package}: {', '.join(f'`{scope}`' for scope in sorted(needed)) or 'none'}"
