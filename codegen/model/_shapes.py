"""Turns schemas into expressions, and finds the things among them that have names of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._json import is_list, is_object
from ._expressions import (
    Anything,
    Array,
    DateTime,
    Expression,
    Literal,
    Location,
    Map,
    Nothing,
    Reference,
    Scalar,
    Union,
    union,
)
from ._labels import label
from ._schemas import (
    Schema,
    Schemas,
    UnreadableSchemaError,
    has_structure,
    is_empty_object,
    location_of,
    merge,
    only_constrains,
    place,
    type_of,
)

SCALARS = {"boolean": "bool", "integer": "int", "null": "None", "number": "float"}


@dataclass(frozen=True)
class Key:
    """One key of a record."""

    name: str
    type: Expression
    required: bool


@dataclass(frozen=True)
class Record:
    """An object whose keys are known. ``extra`` is what other keys hold, None if no others are foreseen."""

    keys: tuple[Key, ...]
    extra: Expression | None = None


@dataclass(frozen=True)
class Alias:
    """Another name for an expression."""

    type: Expression


class Shapes:
    """The named shapes of a set of schemas, found as they are asked for."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self.schemas = Schemas(schemas)
        self._open: set[Location] = set()
        self._recursive: set[Location] = set()
        self.named: dict[Location, Record | Alias] = {}

    def use(self, reference: str, file: str = "") -> Expression:
        """Return what a reference such as ``queue/v1/task.json#/properties/extra`` stands for.

        Args:
            reference: as it stands in a file.
            file: name of that file.

        Raises:
            UnreadableSchemaError: what it leads to cannot be understood.
        """
        location = location_of(file, reference)
        if location in self.named:
            return Reference(location)
        if location in self._open:
            self._recursive.add(location)
            return Reference(location)
        self._open.add(location)
        found = self.expression(location, self.schemas.at(location))
        self._open.discard(location)
        if found == Reference(location):
            if location not in self.named:
                raise UnreadableSchemaError(f"{place(location)}: refers to itself and to nothing else")
        elif location in self._recursive or _is_whole_file(location, found):
            self.named[location] = Alias(found)
            return Reference(location)
        return found

    def expression(self, location: Location, schema: Any) -> Expression:
        """Return what a schema that stands at a location allows."""
        if isinstance(schema, bool):
            return Anything(location) if schema else Nothing()
        if "$ref" in schema:
            # Draft 7 gives no meaning to what stands beside a reference; Taskcluster puts defaults there.
            return self.use(schema["$ref"], location[0])
        schema = self.schemas.resolved(location[0], schema)
        for joined in ("oneOf", "anyOf"):
            if joined in schema:
                return self._alternatives(location, schema, joined)
        if "const" in schema:
            return _constant(schema["const"])
        if "enum" in schema:
            return union(_constant(value) for value in schema["enum"])
        kinds = type_of(schema)
        if is_list(kinds):
            return union(self._of_type((*location, "type", kind), schema, kind) for kind in kinds)
        return self._of_type(location, schema, kinds)

    def label(self, location: Location) -> tuple[str, ...]:
        """Return the words that the name of a shape is made of."""
        return label(self.schemas, location)

    def _of_type(self, location: Location, schema: Schema, kind: str | None) -> Expression:
        match kind:
            case None:
                return Anything(location)
            case "object":
                return self._object(location, schema)
            case "array":
                return self._array(location, schema)
            case "string":
                return DateTime() if schema.get("format") == "date-time" else Scalar("str")
            case _ if kind in SCALARS:
                return Scalar(SCALARS[kind])
            case _:
                raise UnreadableSchemaError(
                    f"{place(location)}: type is {kind!r}, which JSON Schema does not know"
                )

    def _array(self, location: Location, schema: Schema) -> Expression:
        if "items" not in schema:
            return Array(Anything(location))
        items = schema["items"]
        if is_list(items):
            return Array(
                union(self.expression((*location, "items", str(n)), item) for n, item in enumerate(items))
            )
        return Array(self.expression((*location, "items"), items))

    def _object(self, location: Location, schema: Schema) -> Expression:
        properties: Schema = schema.get("properties", {})
        extra = self._extra(location, schema)
        if not properties and extra is not None:
            return Map(extra)
        if not properties and "additionalProperties" not in schema:
            return Map(Anything(location))
        # An object may hold itself, so it has its place before its keys are looked at.
        self.named[location] = Record(())
        required = set(schema.get("required", ()))
        keys = [
            Key(name, self.expression((*location, "properties", name), properties[name]), name in required)
            for name in properties
        ]
        self.named[location] = Record(tuple(key for key in keys if key.type != Nothing()), extra)
        return Reference(location)

    def _extra(self, location: Location, schema: Schema) -> Expression | None:
        """Return what keys hold that are not among the properties; None if the schema does not speak of any."""
        patterns: Schema = schema.get("patternProperties", {})
        found = [
            self.expression((*location, "patternProperties", pattern), value)
            for pattern, value in patterns.items()
        ]
        additional = schema.get("additionalProperties", False)
        if additional is not False:
            found.append(self.expression((*location, "additionalProperties"), additional))
        return union(found) if found else None

    def _alternatives(self, location: Location, schema: Schema, joined: str) -> Expression:
        base = {key: value for key, value in schema.items() if key != joined}
        if all(only_constrains(alternative) for alternative in schema[joined]):
            return self.expression(location, base)
        kept = [
            (number, self._inheriting(location, base, item)) for number, item in enumerate(schema[joined])
        ]
        told = [(number, item) for number, item in kept if not is_empty_object(item)]
        if 0 < len(told) < len(kept):
            # "These keys or none" is written as keys that may be absent: that can be read without a cast.
            kept = [(number, self._all_optional(location, item)) for number, item in told]
        if len(kept) == 1:
            return self.expression(location, kept[0][1])
        found = union(self.expression((*location, joined, str(number)), item) for number, item in kept)
        return self._named_choice(location, found)

    def _inheriting(self, location: Location, base: Schema, alternative: Any) -> Any:
        """Return an alternative with what stands beside the alternatives."""
        if isinstance(alternative, bool):
            return base if alternative else False
        if "$ref" in alternative and not has_structure(base):
            return alternative
        return merge(base, self.schemas.resolved(location[0], alternative))

    def _all_optional(self, location: Location, schema: Any) -> Any:
        return {**self.schemas.resolved(location[0], schema), "required": []} if is_object(schema) else schema

    def _named_choice(self, location: Location, found: Expression) -> Expression:
        """Give a name to a choice between named things, so that users can write its type."""
        if not isinstance(found, Union) or sum(isinstance(member, Reference) for member in found.members) < 2:
            return found
        self.named[location] = Alias(found)
        return Reference(location)


def _is_whole_file(location: Location, found: Expression) -> bool:
    """Say whether it is a whole file, and not just one that refers to another."""
    elsewhere = isinstance(found, Reference) and found.location[0] != location[0]
    return len(location) == 1 and not elsewhere


def _constant(value: Any) -> Expression:
    match value:
        case None:
            return Scalar("None")
        case str() | bool() | int():
            return Literal.of(value)
        case float():
            return Scalar("float")
        case _ if is_list(value):
            return Array(union(_constant(item) for item in value))
        case _:
            return Map(union(_constant(item) for item in value.values()))


def walk(named: Mapping[Location, Record | Alias], location: Location) -> Iterator[Expression]:
    """Give the expressions that a named shape is made of."""
    shape = named[location]
    if isinstance(shape, Alias):
        yield shape.type
        return
    for key in shape.keys:
        yield key.type
    if shape.extra is not None:
        yield shape.extra
