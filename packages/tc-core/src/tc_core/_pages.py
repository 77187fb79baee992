"""Walking the pages of a list, without I/O."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, Generic, Self, TypeVar, cast

from ._endpoint import QueryArgument
from ._errors import TaskclusterError

T = TypeVar("T")


class PageWalk:
    """Which page comes next. A page may be empty and still not be the last.

    Args:
        method: that gives the pages, for errors.
        query: for the first page.
        key: of the items in a page, for a walk that is to yield them.
    """

    def __init__(
        self, method: str, query: Mapping[str, QueryArgument] | None, key: str | None = None
    ) -> None:
        self._method = method
        self._key = key
        self._query = dict(query or {})
        self._seen: set[Any] = {self._query.get("continuationToken")}
        self.more = True

    @property
    def query(self) -> Mapping[str, QueryArgument]:
        """The query for the next page."""
        return self._query

    def check(self, page: object) -> None:
        """See that an answer is a page: something before the service may have answered in its place.

        Raises:
            TaskclusterError: it is none.
        """
        fields = cast(dict[str, object], page) if isinstance(page, dict) else None
        if fields is None:
            problem = "not an object"
        elif not isinstance(fields.get("continuationToken"), str | None):
            problem = "its continuation token is no text"
        elif self._key is not None and not isinstance(fields.get(self._key), list):
            problem = f"it has no list of {self._key}"
        else:
            return
        raise TaskclusterError(f"{self._method}: the answer is no page ({problem}); the walk stops")

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
        page = await self._fetch(self._walk.query)
        self._walk.check(page)
        self._page = page
        return page


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
