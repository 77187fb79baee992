"""Requests drawn at random: some that make sense to a method, and some that do not."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote

from hypothesis import strategies as st

from tc_testing._facts import Method, methods, schemas

__all__ = ["RandomRequest", "requests"]

# Few, so that requests meet what earlier ones made.
_SLUG_IDS = ["SN3lVRjTQyeVqtc3qNPa9g", "UvYkJrygTe6LFTNm-uWr3Q"]
_DATES = ["2020-01-01T00:00:00.000Z", "2100-01-01T00:00:00.000Z"]
_ARGUMENTS = {
    "taskId": _SLUG_IDS,
    "taskGroupId": _SLUG_IDS,
    "runId": ["0", "1"],
    "taskQueueId": ["demo/one"],
    "workerPoolId": ["demo/one"],
    "provisionerId": ["demo"],
    "workerType": ["one"],
    "level": ["read-only", "read-write"],
    "indexPath": ["a.b", "a"],
    "namespace": ["a.b", "a"],
}
_QUERY = {"limit": ["1", "2", "1000"], "continuationToken": ["", "x", "MQ", "WyJhIl0="]}
# Waits for work where there is none.
_WAITS = ("queue", "claimWork")
_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


class RandomRequest(NamedTuple):
    """What is sent to one method."""

    method: Method
    path: str
    body: bytes | None


@st.composite
def requests(draw: st.DrawFn) -> RandomRequest:
    """A request to any method: arguments, query and payload are each fitting or not."""
    method = draw(st.sampled_from(methods()))
    path = f"/api/{method.service}/{method.version}{method.route}"
    for name in method.args:
        fitting = st.sampled_from(_ARGUMENTS.get(name, ["x", "demo-ci"]))
        value = draw(st.one_of(fitting, fitting, fitting, st.text(min_size=1, max_size=9).filter(_encodable)))
        path = path.replace(f"<{name}>", quote(value, safe=""))
    query = {
        name: draw(
            st.one_of(st.sampled_from(_QUERY.get(name, ["true", "x"])), st.from_regex(r"\A[ -~]{0,5}\Z"))
        )
        for name in sorted(method.query)
        if draw(st.booleans())
    }
    if query:
        path += "?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    return RandomRequest(method, path, draw(_body(method)))


def _encodable(text: str) -> bool:
    return not re.search("[\ud800-\udfff]", text)


@st.composite
def _body(draw: st.DrawFn, method: Method) -> bytes | None:
    kinds = ["any", "broken", "none"] if method.input else ["none", "none", "any"]
    if method.input and (method.service, method.name) != _WAITS:
        kinds += ["fitting"] * 3
    kind = draw(st.sampled_from(kinds))
    if kind == "none":
        return None
    if kind == "broken":
        return draw(st.binary(max_size=20))
    value = draw(_of(method.input)) if kind == "fitting" and method.input else draw(_anything)
    return json.dumps(value).encode()


@cache
def _of(path: str) -> st.SearchStrategy[Any]:
    """Values that fit a published schema, or nearly so."""
    return _fitting(schemas()[path], path)


def _fitting(schema: dict[str, Any], path: str) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return st.deferred(lambda: _fitting(*_resolve(schema["$ref"], path)))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    for keyword in ("oneOf", "anyOf"):
        if keyword in schema and "type" not in schema:
            return st.one_of([_fitting(branch, path) for branch in schema[keyword]])
    match schema.get("type"):
        case "object":
            return _objects(schema, path)
        case "array":
            return st.lists(_fitting(schema.get("items", {}), path), max_size=2)
        case "string":
            return _texts(schema)
        case "integer":
            return st.integers(schema.get("minimum", 0), min(schema.get("maximum", 9), 9))
        case "number":
            return st.integers(0, 9)
        case "boolean":
            return st.booleans()
        case _:
            return _anything


def _objects(schema: dict[str, Any], path: str) -> st.SearchStrategy[Any]:
    properties = {name: _fitting(inner, path) for name, inner in schema.get("properties", {}).items()}
    required = set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: values for name, values in properties.items() if name in required},
        optional={name: values for name, values in properties.items() if name not in required},
    )


def _texts(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if schema.get("format") == "date-time":
        return st.sampled_from(_DATES)
    if schema.get("format") == "email":
        return st.just("a@example.com")
    if isinstance(pattern := schema.get("pattern"), str):
        if "{8}[Q-T]" in pattern:
            return st.sampled_from(_SLUG_IDS)
        return st.from_regex(pattern).map(_without_line_end)
    longest = min(schema.get("maxLength", 9), 9)
    return st.sampled_from(["x", "demo/one", "a.b"]) | st.text(max_size=longest)


def _without_line_end(text: str) -> str:
    return text.removesuffix("\n")  # which a pattern that ends in $ allows


def _resolve(reference: str, path: str) -> tuple[dict[str, Any], str]:
    place, _, pointer = reference.partition("#")
    target = f"{path.rpartition('/')[0]}/{place}" if place else path
    found: Any = schemas()[target]
    for step in filter(None, pointer.split("/")):
        found = found[step]
    return found, target
