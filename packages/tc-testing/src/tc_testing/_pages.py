"""Cutting a list into pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ._errors import APIError, internal_error
from ._json import is_array, read, write

__all__ = ["page", "page_after"]

T = TypeVar("T")
_LONGEST = 1000


def page(items: Sequence[T], query: Mapping[str, str]) -> tuple[Sequence[T], dict[str, Any]]:
    """The items of the page that `query` asks for, and what the answer says about the next page.

    The second is `{"continuationToken": …}`, empty on the last page, to be merged into the answer. A token that
    is not ours means the first page, as in the services. So does a limit of 0 being an internal error.
    """
    start = _read_token(query.get("continuationToken", ""))
    end = start + _limit(query)
    more = {"continuationToken": _write_token(end)} if end < len(items) else {}
    return items[start:end], more


def page_after(
    items: Sequence[T], place: Callable[[T], Sequence[str]], query: Mapping[str, str]
) -> tuple[Sequence[T], dict[str, Any]]:
    """Do what `page` does, for items that come and go while somebody walks through the pages.

    `items` are in the order of what `place` says of each; a token holds the place of the last item shown. One
    that is not ours is an error. Raises APIError 400.
    """
    limit = _limit(query)
    if token := query.get("continuationToken"):
        after = _read_place(token)
        items = [item for item in items if list(place(item)) > after]
    cut = items[:limit]
    more = {"continuationToken": _write_place(place(cut[-1]))} if len(items) > limit else {}
    return cut, more


def _limit(query: Mapping[str, str]) -> int:
    # Python does not read numbers of thousands of digits; so many are enough to tell.
    digits = query.get("limit", str(_LONGEST)).lstrip("0")[:5]
    if not digits:
        raise internal_error()
    return min(int(digits), _LONGEST)


def _write_place(place: Sequence[str]) -> str:
    return base64.b64encode(write(list(place))).decode()


def _read_place(token: str) -> list[str]:
    try:
        place = read(base64.b64decode(token, validate=True))
    except ValueError:  # which binascii.Error is too
        place = None
    if not is_array(place) or not all(isinstance(part, str) for part in place):
        raise APIError("InputError", "Invalid continuationToken")
    return place


def _write_token(start: int) -> str:
    return base64.urlsafe_b64encode(f"from:{start}".encode()).decode().rstrip("=")


def _read_token(token: str) -> int:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        return max(int(text.removeprefix("from:")), 0)
    except (binascii.Error, ValueError):
        return 0
