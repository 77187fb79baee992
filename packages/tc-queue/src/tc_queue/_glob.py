"""Patterns for the names of artifacts, which look like paths."""

from __future__ import annotations

import re


def compile_glob(pattern: object) -> re.Pattern[str]:
    """Return what matches the names that a pattern means.

    ``*`` and ``?`` stand for anything but a slash, ``[...]`` for one of some characters, ``**`` for any number
    of folders.

    Raises:
        TypeError: the pattern is no str.
        ValueError: it is empty.
    """
    if not isinstance(pattern, str):
        raise TypeError(f"pattern: {type(pattern).__name__}; pass a str such as 'public/**'")
    if not pattern:
        raise ValueError("pattern: is empty; pass 'public/**', or '**' for all artifacts")
    return re.compile("".join(_translated(piece) for piece in _PIECES.findall(pattern)), re.DOTALL)


_PIECES = re.compile(r"(?<![^/])\*\*/|\*\*|\*|\?|\[!?\]?[^\]/]*\]|.", re.DOTALL)


def _translated(piece: str) -> str:
    match piece:
        case "**/":
            return "(?:.*/)?"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
        case _ if len(piece) > 1:
            negated, characters = piece[1] == "!", piece[1:-1].removeprefix("!")
            return f"(?!/)[{'^' if negated else ''}{_escaped(characters)}]"
        case _:
            return re.escape(piece)


def _escaped(characters: str) -> str:
    # The hyphen of a range stays what it is.
    return re.sub(r"([\\\[\]^&~|])", r"\\\1", characters)
