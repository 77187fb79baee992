"""The places where a type is `Any`, and the nodes of schemas that it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .._json import is_object
from ._expressions import Anything, Expression, Location, parts
from ._schemas import Schemas, UnreadableSchemaError, place
from ._shapes import Alias
from ._types import TypeTable


@dataclass(frozen=True)
class Untyped:
    """A node that says too little for a type.

    Args:
        node: where it is, such as ``schemas/queue/v1/task.json/properties/extra``.
        says: all that it says, as JSON; None where there is no schema.
        stands: what has `Any` in its type for it.
    """

    node: str
    says: str | None
    stands: tuple[str, ...]


def untyped(
    schemas: Schemas, types: TypeTable, others: Iterable[tuple[str, Expression | None]]
) -> tuple[Untyped, ...]:
    """Find all nodes that give `Any` in a package.

    Args:
        schemas: what the types were made from.
        types: its named types.
        others: expressions that have no names, such as arguments, each with what it is the type of.
    """
    found: dict[Location, list[str]] = {}
    for name, expression in (*_of_types(types), *others):
        for part in parts(expression) if expression else ():
            if isinstance(part, Anything) and name not in (names := found.setdefault(part.location, [])):
                names.append(name)
    return tuple(Untyped(place(at), _says(schemas, at), tuple(names)) for at, names in sorted(found.items()))


def _of_types(types: TypeTable) -> Iterator[tuple[str, Expression | None]]:
    for form in types.forms:
        if isinstance(form.shape, Alias):
            yield form.name, form.shape.type
            continue
        for key in form.shape.keys:
            yield f"{form.name}[{json.dumps(key.name)}]", key.type
        if form.input:
            # Only what is sent has a type that says so: `Name | Mapping[str, Any]`.
            yield f"other keys of {form.name}", form.shape.extra


def _says(schemas: Schemas, location: Location) -> str | None:
    try:
        node: Any = schemas.at(location)
    except UnreadableSchemaError:
        return None
    if is_object(node):
        node = {keyword: value for keyword, value in node.items() if keyword not in ("$id", "$schema")}
    return json.dumps(node, ensure_ascii=False, sort_keys=True)
