"""What a JSON value can be, before it is decided whether it is read (an answer) or written (an input)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

Location: TypeAlias = tuple[str, ...]
"""Where a schema stands: the name of its file, then the keys that lead to it."""


@dataclass(frozen=True)
class Scalar:
    """A value of a built-in type: "str", "int", "float", "bool" or "None"."""

    name: str


@dataclass(frozen=True)
class DateTime:
    """A date as text."""


@dataclass(frozen=True)
class Literal:
    """One of a few values. The types are kept beside them, as True and 1 are equal."""

    values: tuple[tuple[str, str | int | bool], ...]

    @classmethod
    def of(cls, *values: str | int | bool) -> Literal:
        return cls(tuple((type(value).__name__, value) for value in values))


@dataclass(frozen=True)
class Array:
    item: Expression


@dataclass(frozen=True)
class Map:
    """An object with any keys."""

    value: Expression


@dataclass(frozen=True)
class Union:
    members: tuple[Expression, ...]


@dataclass(frozen=True)
class Reference:
    """Something with a name of its own."""

    location: Location


@dataclass(frozen=True)
class Anything:
    """The schema says no more. Where it stands tells nothing about the value, so it is left out of comparisons."""

    location: Location = field(default=(), compare=False)


@dataclass(frozen=True)
class Nothing:
    """No value can be."""


Expression: TypeAlias = Scalar | DateTime | Literal | Array | Map | Union | Reference | Anything | Nothing


def union(members: Iterable[Expression]) -> Expression:
    """Join alternatives: flat, without repetition, and without a literal that a wider type covers."""
    flat: list[Expression] = []
    for member in members:
        flat += member.members if isinstance(member, Union) else [member]
    for member in flat:
        if isinstance(member, Anything):
            return member
    scalars = {member.name for member in flat if isinstance(member, Scalar)}
    if any(isinstance(member, DateTime) for member in flat):
        scalars.add("str")
        flat = [member for member in flat if member != Scalar("str")]
    values: list[tuple[str, str | int | bool]] = []
    others: list[Expression] = []
    for member in flat:
        if isinstance(member, Literal):
            values += [value for value in member.values if value[0] not in scalars and value not in values]
        elif not isinstance(member, Nothing) and member not in others:
            others.append(member)
    joined = [*([Literal(tuple(values))] if values else []), *others]
    joined.sort(key=lambda member: member == Scalar("None"))
    if len(joined) == 1:
        return joined[0]
    return Union(tuple(joined)) if joined else Nothing()


def parts(expression: Expression) -> Iterator[Expression]:
    """Walk over an expression and all that it is made of, without following references."""
    yield expression
    match expression:
        case Array(item):
            yield from parts(item)
        case Map(value):
            yield from parts(value)
        case Union(members):
            for member in members:
                yield from parts(member)
        case _:
            pass
