"""Walking the pages of a list, without I/O."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, Generic, Self, TypeVar, cast

from ._endpoint import QueryArgument
from ._errors import TaskclusterError

T = TypeVar("T")


class PageWalk:
    """Which page comes next. A page may be empty and still not be the last."""

    def __init__(self, method: str, query: Mapping[str, QueryArgument] | None) -> None:
        self._method = method
        self._query = dict(query or {})
        self._seen: set[Any] = {self._query.get("continuationToken")}
        self.more = True

    @property
    def query(self) -> Mapping[str, QueryArgument]:
        """The query for the next page."""
        return self._query

    def advance(self, page: Mapping[str, Any]) -> None:
        """Take note of a page.

        Raises:
            TaskclusterError: it leads back to a page that was there already, so that the walk would never end.
        """
        token = page.get("continuationToken")
        self.more = bool(token)
        if self.more and token in self._seen:
            raise TaskclusterError(
                f"{self._method}: the service repeated a continuation token; the walk stops"
            )
        self._seen.add(token)
        self._query["continuationToken"] = token


class AsyncPages(Generic[T]):
    """The pages, each fetched when it is asked for.

    No async generator: one that is left early stays suspended, and trio warns about that.
    """

    def __init__(self, walk: PageWalk, fetch: Callable[[Mapping[str, QueryArgument]], Awaitable[T]]) -> None:
        self._walk = walk
        self._fetch = fetch
        self._page: T | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if self._page is not None:
            self._walk.advance(cast(Mapping[str, Any], self._page))
            self._page = None
        if not self._walk.more:
            raise StopAsyncIteration
        self._page = await self._fetch(self._walk.query)
        return self._page


class AsyncItems:
    """The items of pages."""

    def __init__(self, pages: AsyncIterator[Any], key: str) -> None:
        self._pages = pages
        self._key = key
        self._rest: Iterator[Any] = iter(())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        while True:
            for item in self._rest:
                return item
            page = await anext(self._pages)
            self._rest = iter(page[self._key])
