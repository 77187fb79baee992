"""Takes the words out of a schema. They belong to others; ours are in codegen/docs."""

from __future__ import annotations

from typing import Any

from .._json import is_list, is_object

PROSE = {"$comment", "description", "examples", "title"}
OF_SCHEMAS = {"definitions", "dependencies", "patternProperties", "properties"}
IN_LIST = {"allOf", "anyOf", "oneOf"}
ONE = {
    "additionalItems",
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
}


def without_prose(schema: Any) -> Any:
    """Return a schema without titles and descriptions, its keys sorted.

    A property may be called "title" and a default may be an object with a description: only positions
    that hold a schema lose anything.
    """
    if is_list(schema):
        return [without_prose(item) for item in schema]
    if not is_object(schema):
        return schema
    return {key: _kept(key, schema[key]) for key in sorted(schema) if key not in PROSE}


def _kept(keyword: str, value: Any) -> Any:
    if keyword in OF_SCHEMAS:
        return {name: _kept_dependency(value[name]) for name in sorted(value)}
    if keyword in IN_LIST or keyword in ONE:
        return without_prose(value)
    return value


def _kept_dependency(value: Any) -> Any:
    # The keyword `dependencies` may hold lists of property names in the place of schemas.
    return without_prose(value) if is_object(value) else value
