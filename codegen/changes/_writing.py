"""How types are written in sentences, and whether one takes the place of another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..model import Anything, Expression, Literal, Service, Union
from ..render import Annotations


@dataclass(frozen=True)
class Types:
    """The types of a service, under names that both sides of a comparison understand.

    Args:
        service: the service.
        renamed: new names of types that are called otherwise on the other side.
    """

    service: Service
    renamed: Mapping[str, str]

    def write(self, expression: Expression, *, input: bool) -> str:
        """Return a type as users would write it."""
        text = Annotations(self.service.types).write(expression, input=input)
        return re.sub(r"\w+", lambda word: self.renamed.get(word[0], word[0]), text)

    def choices(self, expression: Expression, *, input: bool) -> frozenset[str]:
        """Return the alternatives of a type, each in words of its own."""
        match expression:
            case Union(members):
                return frozenset[str]().union(*(self.choices(member, input=input) for member in members))
            case Literal(values):
                return frozenset(self.write(Literal((value,)), input=input) for value in values)
            case _:
                return frozenset({self.write(expression, input=input)})


def covers(one: tuple[Types, Expression], other: tuple[Types, Expression], *, input: bool) -> bool:
    """Say whether the first type has room for all that the second has."""
    types, expression = one
    if isinstance(expression, Anything):
        return True
    others, inner = other
    found, sought = types.choices(expression, input=input), others.choices(inner, input=input)
    return all(
        choice in found or (choice.startswith("Literal[") and _kind(choice) in found) for choice in sought
    )


def _kind(literal: str) -> str:
    value = literal.removeprefix("Literal[").removesuffix("]")
    return "str" if value.startswith('"') else "bool" if value in ("True", "False") else "int"


def listed(names: Iterable[str], joined: str = "and") -> str:
    """Return names as code in a sentence, such as "`a`, `b` and `c`"."""
    quoted = [f"`{name}`" for name in names]
    return f" {joined} ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else "".join(quoted)
