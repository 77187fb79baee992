"""Lays Python out over lines as ruff's formatter does, so that what is generated needs no second pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

WIDTH = 110


@dataclass(frozen=True)
class Bracket:
    """Something in brackets that may be broken after its commas: ``head`` ends with the opening one."""

    head: str
    items: tuple[Piece, ...]
    tail: str


Piece: TypeAlias = "str | Bracket"


def tuple_of(items: Sequence[str], head: str = "") -> Piece:
    """Return a tuple, with the comma that one item needs."""
    return f"{head}({items[0]},)" if len(items) == 1 else Bracket(f"{head}(", tuple(items), ")")


def flat(piece: Piece) -> str:
    """Return a piece on one line."""
    if isinstance(piece, str):
        return piece
    return piece.head + ", ".join(flat(item) for item in piece.items) + piece.tail


def lay_out(piece: Piece, indent: int, *, after: str = "") -> str:
    """Return a piece over as many lines as it needs.

    Args:
        piece: what is laid out.
        indent: spaces before it.
        after: what follows it on its last line.
    """
    return "\n".join(_lines(piece, indent, after))


def prefixed(prefix: str, piece: Piece) -> Piece:
    """Return a piece with a text before it."""
    return prefix + piece if isinstance(piece, str) else Bracket(prefix + piece.head, piece.items, piece.tail)


def assignment(head: str, piece: Piece) -> str:
    """Return the assignment of a piece, with each alternative of a long union on a line of its own."""
    if isinstance(piece, Bracket) or len(head) + len(piece) <= WIDTH:
        return lay_out(prefixed(head, piece), 0)
    if len(piece) + 4 <= WIDTH:
        return f"{head}(\n    {piece}\n)"
    alternatives = "\n    | ".join(piece.split(" | "))
    return f"{head}(\n    {alternatives}\n)"


def _lines(piece: Piece, indent: int, after: str) -> Iterator[str]:
    line = " " * indent + flat(piece) + after
    if isinstance(piece, str) or len(line) <= WIDTH or not piece.items:
        yield line
        return
    yield " " * indent + piece.head
    body = " " * (indent + 4) + ", ".join(flat(item) for item in piece.items)
    alone = len(piece.items) == 1
    if len(body) <= WIDTH and not (alone and _is_definition(piece)):
        yield body
    elif alone and not _is_definition(piece) and not _takes_comma(piece):
        yield from _lines(piece.items[0], indent + 4, "")
    else:
        for item in piece.items:
            yield from _lines(item, indent + 4, "" if item == "/" else ",")
    yield " " * indent + piece.tail + after


def _is_definition(piece: Bracket) -> bool:
    return "def " in piece.head


def _takes_comma(piece: Bracket) -> bool:
    return not piece.head.endswith("[")
