"""Cutting a list into pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from ._errors import internal_error

__all__ = ["page"]

T = TypeVar("T")
_LONGEST = 1000


def page(items: Sequence[T], query: Mapping[str, str]) -> tuple[Sequence[T], dict[str, Any]]:
    """The items of the page that `query` asks for, and what the answer says about the next page.

    The second is `{"continuationToken": …}`, empty on the last page, to be merged into the answer. A token that
    is not ours means the first page, as in the services. So does a limit of 0 being an internal error.
    """
    limit = min(int(query.get("limit", _LONGEST)), _LONGEST)
    if limit == 0:
        raise internal_error()
    start = _read_token(query.get("continuationToken", ""))
    end = start + limit
    more = {"continuationToken": _write_token(end)} if end < len(items) else {}
    return items[start:end], more


def _write_token(start: int) -> str:
    return base64.urlsafe_b64encode(f"from:{start}".encode()).decode().rstrip("=")


def _read_token(token: str) -> int:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        return max(int(text.removeprefix("from:")), 0)
    except (binascii.Error, ValueError):
        return 0
