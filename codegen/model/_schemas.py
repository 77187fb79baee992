"""JSON Schema as Taskcluster writes it: finding, following and joining schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import unquote, urldefrag, urljoin

from .._json import is_list, is_object
from ._expressions import Location

Schema: TypeAlias = dict[str, Any]

STRUCTURE = {
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "enum",
    "items",
    "oneOf",
    "patternProperties",
    "properties",
    "type",
}
"""The keywords that say what a value is made of. Others only narrow it down."""

IMPLIED = {
    "object": {"maxProperties", "minProperties", "patternProperties", "properties", "required"},
    "array": {"items", "maxItems", "minItems", "uniqueItems"},
    "string": {"format", "maxLength", "minLength", "pattern"},
    "number": {"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"},
}
"""The types that keywords speak of."""


class UnreadableSchemaError(ValueError):
    """A schema cannot be understood; the message begins with its place."""


class Schemas:
    """Schemas by their names, such as ``queue/v1/task.json``."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def at(self, location: Location) -> Any:
        """Return what stands at a location.

        Raises:
            UnreadableSchemaError: nothing does.
        """
        file, *steps = location
        try:
            schema: Any = self._schemas[file]
            for step in steps:
                schema = schema[int(step)] if is_list(schema) else schema[step]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise UnreadableSchemaError(f"{place(location)}: a $ref leads here, where nothing is") from error
        return schema

    def resolved(self, file: str, schema: Schema) -> Schema:
        """Follow the references of a schema of a file until there are none, and join the parts of its ``allOf``."""
        seen: set[Location] = set()
        while "$ref" in schema:
            target = location_of(file, schema["$ref"])
            if target in seen:
                raise UnreadableSchemaError(f"{place(target)}: refers to itself and to nothing else")
            seen.add(target)
            file, schema = target[0], _anchored(target[0], self.at(target))
        if "allOf" not in schema:
            return schema
        joined = {key: value for key, value in schema.items() if key != "allOf"}
        for part in schema["allOf"]:
            if is_object(part):
                joined = merge(joined, self.resolved(file, part))
        return joined


def location_of(file: str, reference: str) -> Location:
    """Return where a reference that stands in a file leads to."""
    target, fragment = urldefrag(urljoin(f"/schemas/{file}", reference))
    steps = [unquote(step).replace("~1", "/").replace("~0", "~") for step in fragment.split("/")[1:]]
    return (target.removeprefix("/schemas/"), *steps)


def place(location: Location) -> str:
    """Return a location for people to read."""
    file, *steps = location
    return f"schemas/{file}" + "".join(f"/{step}" for step in steps)


def merge(one: Schema, other: Schema) -> Schema:
    """Return the schema of what fits both, where they do not contradict each other."""
    merged = {**one, **other}
    if "properties" in one and "properties" in other:
        merged["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one or "required" in other:
        merged["required"] = sorted({*one.get("required", ()), *other.get("required", ())})
    if one.get("additionalProperties") is False:
        merged["additionalProperties"] = False
    return merged


def only_constrains(schema: Any) -> bool:
    """Say whether a schema says nothing about what a value is made of."""
    return is_object(schema) and not STRUCTURE.intersection(schema)


def has_structure(schema: Schema) -> bool:
    """Say whether a schema says more than the type of a value."""
    return bool((STRUCTURE - {"type"}).intersection(schema))


def is_empty_object(schema: Any) -> bool:
    return is_object(schema) and not schema.get("properties") and schema.get("additionalProperties") is False


def is_null(schema: Any) -> bool:
    return is_object(schema) and schema.get("type") == "null"


def type_of(schema: Schema) -> Any:
    """Return the type that a schema declares, or that its keywords speak of, or None."""
    if "type" in schema:
        return schema["type"]
    if "additionalProperties" in schema:
        return "object"
    return next((kind for kind, keywords in IMPLIED.items() if keywords.intersection(schema)), None)


def _anchored(file: str, schema: Any) -> Any:
    """Make the references of a schema mean the same wherever it stands."""
    if is_list(schema):
        return [_anchored(file, item) for item in schema]
    if not is_object(schema):
        return schema
    copied = {key: _anchored(file, value) for key, value in schema.items()}
    if isinstance(schema.get("$ref"), str):
        copied["$ref"] = urljoin(f"/schemas/{file}", schema["$ref"])
    return copied
