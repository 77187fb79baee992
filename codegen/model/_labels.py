"""The words that names of types are made of: the file of a schema, and the way to it."""

from __future__ import annotations

from typing import Any

from .._json import is_list, is_object
from ._expressions import Location
from ._names import camel
from ._schemas import Schema, Schemas, is_null

WORDS = {"items": "item", "additionalProperties": "value"}


def label(schemas: Schemas, location: Location) -> tuple[str, ...]:
    """Return the words for what stands at a location."""
    file, *rest = location
    words = [file.rpartition("/")[2].removesuffix(".json")]
    schema: Any = schemas.at((file,))
    steps = iter(rest)
    for step in steps:
        schema = _child(schema, step)
        if step in ("oneOf", "anyOf"):
            number = next(steps)
            words.append(_word_of_alternative(schemas, file, schema, number, root=len(words) == 1))
            schema = schemas.resolved(file, _child(schema, number) or {})
        elif step in ("definitions", "properties"):
            words.append(next(steps))
            schema = _child(schema, words[-1])
        elif step == "patternProperties":
            words.append("value")
            schema = _child(schema, next(steps))
        elif step == "type":
            words += ["value"] if len(words) == 1 else []
            next(steps)
        else:
            words.append(WORDS.get(step, step))
    return tuple(words)


def _child(schema: Any, step: str) -> Any:
    """Take one step down; None where a schema inherits what it does not write itself."""
    if is_list(schema):
        return schema[int(step)]
    return schema.get(step) if is_object(schema) else None


def _word_of_alternative(schemas: Schemas, file: str, alternatives: Any, number: str, *, root: bool) -> str:
    if not is_list(alternatives):
        return number
    if sum(not is_null(alternative) for alternative in alternatives) == 1:
        # What is alone but for a null is called like the whole, which has no name but at the root of a file.
        return "value" if root else ""
    objects = [schemas.resolved(file, item) if is_object(item) else {} for item in alternatives]
    return _told_apart(objects)[int(number)]


def _told_apart(objects: list[Schema]) -> list[str]:
    """Tell alternatives apart by the one key that says which it is, else by the keys they need."""
    records = [item for item in objects if item.get("properties")]
    candidates = (
        [name for name in records[0]["properties"] if name in records[0].get("required", ())]
        if records
        else []
    )
    for name in candidates:
        words = [_discriminator(item, name) for item in objects]
        if _differ(words, objects):
            return words
    words = ["".join(camel(name) for name in item.get("required", ())) for item in objects]
    if _differ(words, objects):
        return words
    return [str(number) for number in range(1, len(objects) + 1)]


def _discriminator(schema: Schema, name: str) -> str:
    about = schema.get("properties", {}).get(name, {})
    values = [about["const"]] if "const" in about else about.get("enum", [])
    return camel(values[0]) if values and isinstance(values[0], str) else ""


def _differ(words: list[str], objects: list[Schema]) -> bool:
    needed = [word for word, item in zip(words, objects, strict=True) if item.get("properties")]
    return bool(needed) and all(needed) and len(set(needed)) == len(needed)
