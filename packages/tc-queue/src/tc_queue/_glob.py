"""Patterns for the names of artifacts, which look like paths."""

from __future__ import annotations

import re


def compile_glob(pattern: object) -> re.Pattern[str]:
    """Return what matches the names that a pattern means.

    ``*`` and ``?`` stand for anything but a slash, ``[...]`` for one of some characters, ``**`` for any number
    of folders.

    Raises:
        TypeError: the pattern is no str.
        ValueError: it is empty, or has a range that is.
    """
    if not isinstance(pattern, str):
        raise TypeError(f"pattern: {type(pattern).__name__}; pass a str such as 'public/**'")
    if not pattern:
        raise ValueError("pattern: is empty; pass 'public/**', or '**' for all artifacts")
    return re.compile("".join(_translated(piece) for piece in _PIECES.findall(pattern)), re.DOTALL)


# As in a shell, a bracket right behind the opening one stands for itself; a set that is not closed is no set.
_PIECES = re.compile(r"(?<![^/])\*\*/|\*\*|\*|\?|\[!?+(?:\][^\]/]*|[^\]/]+)\]|.", re.DOTALL)


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
            return f"(?!/)[{'^' if negated else ''}{_set(characters)}]"
        case _:
            return re.escape(piece)


def _set(characters: str) -> str:
    parts: list[str] = []
    while characters:
        if len(characters) > 2 and characters[1] == "-":
            first, last = characters[0], characters[2]
            if first > last:
                raise ValueError(f"pattern: has the range '{first}-{last}', which is empty; turn it round")
            parts.append(f"{re.escape(first)}-{re.escape(last)}")
            characters = characters[3:]
        else:
            parts.append(re.escape(characters[0]))
            characters = characters[1:]
    return "".join(parts)
