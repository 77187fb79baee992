"""The URL of every API method, held against those of two other clients."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import pytest

from tc_core._errors import redact
from tc_core.service import Endpoint

ROOT = Path(__file__).parent.parent
VECTORS: dict[str, Any] = json.loads(
    (ROOT / "packages/tc-core/tests/vectors/urls-of-methods.json").read_text("utf-8")
)
CASES: list[dict[str, Any]] = VECTORS["cases"]


# What JavaScript's encodeURIComponent leaves as it is, although RFC 3986 reserves it.
LEFT_BY_NPM = str.maketrans({character: quote(character, safe="") for character in "!'()*"})


@cache
def endpoints(service: str) -> dict[str, Endpoint[Any]]:
    """The endpoints of a service's package, by the name of the method."""
    module = importlib.import_module(f"tc_{service.replace('-', '_')}._generated.client")
    found: list[Endpoint[Any]] = [value for value in vars(module).values() if isinstance(value, Endpoint)]
    return {endpoint.method.split(".")[1]: endpoint for endpoint in found}


def class_of(service: str) -> Any:
    module = importlib.import_module(f"tc_{service.replace('-', '_')}")
    return getattr(module, "".join(word.capitalize() for word in service.split("-")))


def url_of(service: str, method: str, verb: str, args: list[str], query: dict[str, Any]) -> str:
    root_url: str = VECTORS["rootUrl"]
    if verb == "GET":
        url: str = getattr(class_of(service)(root_url), f"{method}_url")(*args, **query)
        return url
    return root_url + endpoints(service)[method].resource(tuple(args), query)


def values(url: str) -> tuple[list[str], list[tuple[str, str]]]:
    """What a service reads in a URL."""
    path, _, query = url.partition("?")
    return [unquote(segment) for segment in path.split("/")], parse_qsl(query, strict_parsing=bool(query))


def name_of(case: dict[str, Any]) -> str:
    return f"{case['service']}.{case['method']} {case['case']}"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_urls_agree_with_other_clients(case: dict[str, Any]) -> None:
    ours = url_of(case["service"], case["method"], case["verb"], case["args"], case["query"] or {})
    if "url" in case:
        assert ours == case["url"]
    else:
        # The two leave different characters as they are; one writes a space in a query as a plus.
        assert ours == case["url_npm"].translate(LEFT_BY_NPM)
        for theirs in (case["url_npm"], case["url_PyPI"]):
            assert values(ours) == values(theirs)


def test_every_method_has_vectors() -> None:
    in_vectors = {(case["service"], case["method"], case["verb"]) for case in CASES}
    services = {case["service"] for case in CASES}
    ours = {
        (service, name, endpoint.verb)
        for service in services
        for name, endpoint in endpoints(service).items()
    }
    assert ours == in_vectors
    assert (len(services), len(ours)) == (11, 194)


# A continuation token says where a page ends, and opens nothing.
SECRET = re.compile(
    r"(?!continuationToken)\w*(token|secret|passw|signature|bewit|certificate|key)", re.IGNORECASE
)


def arguments_by_method() -> Iterator[tuple[Endpoint[Any], list[str], list[str]]]:
    """Give each endpoint with the names of its path and of its query arguments."""
    for file in sorted(ROOT.glob("codegen/api/*.json")):
        facts = json.loads(file.read_text("utf-8"))
        for method in facts["methods"]:
            yield endpoints(facts["service"])[method["name"]], method["args"], method["query"]


def test_no_argument_that_is_a_secret_is_shown() -> None:
    secret: list[tuple[str, str]] = []
    for endpoint, args, query in arguments_by_method():
        for name in filter(SECRET.match, [*args, *query]):
            secret.append((endpoint.method, name))
            path = tuple("a%b c/" if arg == name else "an-id" for arg in args)
            url = "https://tc.example.com" + endpoint.resource(
                path, {name: "a%b c/"} if name in query else None
            )
            assert "a%25b%20c%2F" in url
            assert redact(url) == url.replace("a%25b%20c%2F", "[redacted]")
    assert ("hooks.triggerHookWithToken", "token") in secret
