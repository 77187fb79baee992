"""Checks that schemas have the form that the rest of the generator takes for granted."""

from __future__ import annotations

from typing import Any

from .._json import is_list, is_object
from ._errors import UnreadableReferenceError

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
BY_NAME = ("definitions", "patternProperties", "properties")
IN_LIST = ("allOf", "anyOf", "oneOf")
ONE = ("additionalProperties", "not")


def check_schema(place: str, schema: Any) -> None:
    """Refuse a schema that is no schema.

    Args:
        place: its file and the way to it, such as ``schemas/queue/v1/task.json/properties/extra``.
        schema: what stands there.

    Raises:
        UnreadableReferenceError: something in it is malformed; the message begins with its place.
    """
    if isinstance(schema, bool):
        return
    if not is_object(schema):
        raise UnreadableReferenceError(f"{place}: is no schema, but {_shown(schema)}")
    for keyword in BY_NAME:
        for name, inner in _object(place, schema, keyword).items():
            check_schema(f"{place}/{keyword}/{name}", inner)
    for keyword in IN_LIST:
        if keyword in schema:
            for number, inner in enumerate(_list(place, schema, keyword)):
                check_schema(f"{place}/{keyword}/{number}", inner)
    for keyword in ONE:
        if keyword in schema:
            check_schema(f"{place}/{keyword}", schema[keyword])
    items = schema.get("items", True)
    for step, inner in enumerate(items) if is_list(items) else [("", items)]:
        check_schema(f"{place}/items/{step}".rstrip("/"), inner)
    _check_values(place, schema)


def _check_values(place: str, schema: dict[str, Any]) -> None:
    _texts(place, schema, "required")
    if "enum" in schema:
        _list(place, schema, "enum")
    if not isinstance(schema.get("$ref", ""), str):
        raise UnreadableReferenceError(f"{place}/$ref: is no text, but {_shown(schema['$ref'])}")
    kinds = schema["type"] if is_list(schema.get("type")) else [schema.get("type", "object")]
    for kind in kinds:
        if kind not in TYPES:
            raise UnreadableReferenceError(
                f"{place}/type: is {_shown(kind)}, which JSON Schema does not know"
            )


def _object(place: str, schema: dict[str, Any], keyword: str) -> dict[str, Any]:
    value = schema.get(keyword, {})
    if not is_object(value):
        raise UnreadableReferenceError(f"{place}/{keyword}: is no object, but {_shown(value)}")
    return value


def _list(place: str, schema: dict[str, Any], keyword: str) -> list[Any]:
    value = schema[keyword]
    if not is_list(value) or not value:
        raise UnreadableReferenceError(f"{place}/{keyword}: is no list of something, but {_shown(value)}")
    return value


def _texts(place: str, schema: dict[str, Any], keyword: str) -> None:
    value = schema.get(keyword, [])
    if not is_list(value) or not all(isinstance(item, str) for item in value):
        raise UnreadableReferenceError(f"{place}/{keyword}: is no list of texts, but {_shown(value)}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
