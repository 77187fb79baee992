"""Writes docs/any.md: where types are `Any`, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..model import Service, Untyped, distribution_name

HEAD = """\
# Where `Any` stands

A type is `Any` only where the schema of Taskcluster says nothing more about a value: `{}` and `true` allow any
value, `{"type": "object"}` any object and `{"type": "array"}` any list. These are all such places. The schemas
are those in `codegen/api`; `overrides.toml` stands for those of ours in `codegen/overrides.toml`.
"""


def untyped_table(services: Iterable[Service]) -> str:
    """Return the text of docs/any.md, but for the header of generated files."""
    return "\n".join([HEAD, *(line for service in services for line in _of_service(service))])


def _of_service(service: Service) -> Iterator[str]:
    if not service.untyped:
        return
    yield f"## {distribution_name(service.name)}\n"
    yield "| `Any` stands in | schema node | it says |"
    yield "| --- | --- | --- |"
    for entry in service.untyped:
        yield f"| {'<br>'.join(map(_code, entry.stands))} | {_code(_path(entry))} | {_said(entry)} |"
    yield ""


def _path(entry: Untyped) -> str:
    file, found, steps = entry.node.removeprefix("schemas/").partition(".json/")
    return f"{file}.json#/{steps}" if found else file


def _said(entry: Untyped) -> str:
    return "there is no schema" if entry.says is None else _code(entry.says)


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")
