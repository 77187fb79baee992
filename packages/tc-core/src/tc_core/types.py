"""Types that every Taskcluster client of this family shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, SupportsIndex, TypeAlias, TypeVar, overload

__all__ = ["JSON", "Array", "JSONObject"]

T_co = TypeVar("T_co", covariant=True)

JSON: TypeAlias = dict[str, "JSON"] | list["JSON"] | str | int | float | bool | None
"""Any value that ``json.loads`` can give."""

JSONObject: TypeAlias = dict[str, Any]
"""A JSON object of which no more is known."""


class Array(Protocol[T_co]):
    """A JSON array as an argument: a list or a tuple, and for a type checker never a bare str.

    It is covariant: a ``list[bool]`` goes where an ``Array[int]`` is wanted.
    """

    # No `index` or `count`: their loosely typed argument would let mypy read `[1]` as an `Array[str]`.

    # `str` and `bytes` only take their own kind here, which is what keeps them out.
    def __contains__(self, value: object, /) -> bool: ...
    @overload
    def __getitem__(self, index: SupportsIndex, /) -> T_co: ...
    @overload
    def __getitem__(self, index: slice, /) -> Sequence[T_co]: ...
    def __iter__(self) -> Iterator[T_co]: ...
    def __len__(self) -> int: ...
    def __reversed__(self) -> Iterator[T_co]: ...
