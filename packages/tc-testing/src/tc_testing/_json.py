"""JSON as the services read and write it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeGuard

__all__ = ["is_array", "is_object", "read", "write"]


def read(content: bytes, *, whole_numbers: Callable[[str], float] = int) -> Any:
    """The value that `content` is the JSON of. Raises ValueError.

    `whole_numbers` makes a number of digits; by default one as long as they are.
    """
    try:
        return json.loads(content, parse_int=whole_numbers, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def write(content: Any) -> bytes:
    """The JSON of `content`, compact, and readable in any language."""
    try:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can carry
        return json.dumps(content, separators=(",", ":")).encode()


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")
