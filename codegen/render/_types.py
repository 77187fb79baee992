"""Writes expressions as annotations."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from ..model import (
    Anything,
    Array,
    DateTime,
    Expression,
    Literal,
    Map,
    Nothing,
    Record,
    Reference,
    Scalar,
    TypeTable,
    Union,
)
from ._layout import Bracket, Piece, flat


@dataclass(frozen=True)
class Annotations:
    """How annotations are written in one module.

    Args:
        types: the named types.
        prefix: what goes before their names.
        name: gives the name under which a builtin or an import is known in the module.
    """

    types: TypeTable
    prefix: str = ""
    name: Callable[[str], str] = lambda name: name

    def write(self, expression: Expression, *, input: bool) -> str:
        """Return an annotation on one line."""
        return flat(self.piece(expression, input=input))

    def piece(self, expression: Expression, *, input: bool) -> Piece:
        """Return an annotation that can be laid out."""
        match expression:
            case Scalar("None"):
                return "None"
            case Scalar(name):
                return self.name(name)
            case DateTime():
                return f"{self.name('str')} | {self.name('datetime')}" if input else self.name("str")
            case Literal(values):
                return Bracket(f"{self.name('Literal')}[", tuple(literal(value) for _, value in values), "]")
            case Array(item):
                return Bracket(
                    f"{self.name('Array' if input else 'list')}[", (self.piece(item, input=input),), "]"
                )
            case Map(value):
                head = f"{self.name('Mapping' if input else 'dict')}["
                return Bracket(head, (self.name("str"), self.piece(value, input=input)), "]")
            case Union(members):
                return " | ".join(dict.fromkeys(self.write(member, input=input) for member in members))
            case Reference(location):
                return self._reference(location, input)
            case Anything():
                return self.name("Any")
            case Nothing():
                return self.name("Never")

    def _reference(self, location: tuple[str, ...], input: bool) -> str:
        written = self.prefix + self.types.name(location, input)
        shape = self.types.shape(location)
        if input and isinstance(shape, Record) and shape.extra is not None:
            # No way to say "and other keys" is known to both type checkers.
            others = self.write(Map(shape.extra), input=True)
            return f"{written} | {others}"
        return written


def literal(value: str | int | bool) -> str:
    """Return a value as Python writes it."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def names_in(annotation: str) -> set[str]:
    """Return the names that an annotation uses."""
    return set(re.findall(r"[A-Za-z_]\w*", re.sub(r'"(?:[^"\\]|\\.)*"', "", annotation)))
