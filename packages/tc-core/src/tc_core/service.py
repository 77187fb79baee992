"""What the packages of the services are built from. Users of a service need only the names in its own package."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, cast, overload

from ._client import AsyncClient, Client
from ._core import AsyncCore, Core
from ._deprecated import deprecated
from ._endpoint import NOTHING, Endpoint, PathArgument, QueryArgument
from ._handle import AsyncHandle, Handle
from ._later import later
from ._options import AsyncClientOptions, ClientOptions
from ._pages import AsyncItems, AsyncPages, PageWalk

if TYPE_CHECKING:
    from ._transfers.steps import Transfer
    from ._transfers.terms import Terms

T = TypeVar("T")


class Service(Handle):
    """A service of a deployment.

    Made from a root URL and options it has connections of its own, which `close` closes; made from a `Client`
    it shares those, and `close` does nothing.

    Raises:
        TypeError: options are given beside a client; ``client.with_options`` is for these.
        ValueError: an argument is malformed; the message names it.
    """

    @overload
    def __init__(self, client: Client, /) -> None: ...

    @overload
    def __init__(self, root_url: str, /, **options: Unpack[ClientOptions]) -> None: ...

    def __init__(self, client: Client | str | None = None, /, **options: Any) -> None:
        if client is None:
            raise _nothing_given()
        if isinstance(client, AsyncClient):
            raise TypeError(f"client: is an AsyncClient; use Async{type(self).__name__}")
        if isinstance(client, Client):
            _refuse_options(options)
            self._hold(client._core, owner=False)
        else:
            self._hold(Core.build(client, options), owner=True)

    def _call(
        self,
        endpoint: Endpoint[T],
        args: tuple[PathArgument, ...] = (),
        query: Mapping[str, QueryArgument] | None = None,
        payload: object = NOTHING,
    ) -> T:
        call = endpoint.call(args, query, payload)
        return endpoint.read(self._core.execute(call, self._agent))

    def _url(
        self,
        endpoint: Endpoint[Any],
        args: tuple[PathArgument, ...] = (),
        query: Mapping[str, QueryArgument] | None = None,
    ) -> str:
        return self._core.session.url(endpoint.resource(args, query))

    def _signed_url(
        self,
        endpoint: Endpoint[Any],
        args: tuple[PathArgument, ...] = (),
        query: Mapping[str, QueryArgument] | None = None,
        *,
        ttl: float,
    ) -> str:
        resource = endpoint.resource(args, query)
        return self._core.session.signed_url(resource, self._core.credentials(), ttl)

    def _pages(
        self,
        endpoint: Endpoint[T],
        args: tuple[PathArgument, ...] = (),
        query: Mapping[str, QueryArgument] | None = None,
        payload: object = NOTHING,
        key: str | None = None,
    ) -> Iterator[T]:
        endpoint.call(args, query, payload)  # A bad argument is told here, not where the walk begins.
        return self._walk(endpoint, args, payload, PageWalk(endpoint.method, query, key))

    def _items(
        self,
        endpoint: Endpoint[Any],
        key: str,
        args: tuple[PathArgument, ...] = (),
        query: Mapping[str, QueryArgument] | None = None,
        payload: object = NOTHING,
    ) -> Iterator[Any]:
        return _items_of(self._pages(endpoint, args, query, payload, key), key)

    def _transfer(self, begin: Callable[[Terms], Transfer[T]]) -> T:
        return self._core.transfer(begin, self._agent)

    def _walk(
        self,
        endpoint: Endpoint[T],
        args: tuple[PathArgument, ...],
        payload: object,
        walk: PageWalk,
    ) -> Iterator[T]:
        while walk.more:
            page = self._call(endpoint, args, walk.query, payload)
            walk.check(page)
            yield page
            walk.advance(cast(Mapping[str, Any], page))
            del page  # before the next one is there: who keeps none needs the memory of one


class AsyncService(AsyncHandle):
    """`Service` for asyncio and trio: the same names, errors and behaviour, with calls awaited.

    Raises:
        TypeError: options are given beside a client; ``client.with_options`` is for these.
        ValueError: an argument is malformed; the message names it.
    """

    @overload
    def __init__(self, client: AsyncClient, /) -> None: ...

    @overload
    def __init__(self, root_url: str, /, **options: Unpack[AsyncClientOptions]) -> None: ...

    def __init__(self, client: AsyncClient | str | None = None, /, **options: Any) -> None:
        if client is None:
            raise _nothing_given()
        if isinstance(client, Client):
            raise TypeError(f"client: is a Client; use {type(self).__name__.removeprefix('Async')}")
        if isinstance(client, AsyncClient):
            _refuse_options(options)
            self._hold(client._core, owner=False)
        else:
            self._hold(AsyncCore.build(client, options), owner=True)

    async def _call(
        self,
        endpoint: Endpoint[T],
        args: tuple[PathArgument, ...] = (),
        query: Mapping[str, QueryArgument] | None = None,
        payload: object = NOTHING,
    ) -> T:
        call = endpoint.call(args, query, payload)
        return endpoint.read(await self._core.execute(call, self._agent))

    def _url(
        self,
        endpoint: Endpoint[Any],
        args: tuple[PathArgument, ...] = (),
        query: Mapping[str, QueryArgument] | None = None,
    ) -> str:
        return self._core.session.url(endpoint.resource(args, query))

    async def _signed_url(
        self,
        endpoint: Endpoint[Any],
        args: tuple[PathArgument, ...] = (),
        query: Mapping[str, QueryArgument] | None = None,
        *,
        ttl: float,
    ) -> str:
        resource = endpoint.resource(args, query)
        return self._core.session.signed_url(resource, await self._core.credentials(), ttl)

    def _pages(
        self,
        endpoint: Endpoint[T],
        args: tuple[PathArgument, ...] = (),
        query: Mapping[str, QueryArgument] | None = None,
        payload: object = NOTHING,
        key: str | None = None,
    ) -> AsyncIterator[T]:
        endpoint.call(args, query, payload)  # A bad argument is told here, not where the walk begins.
        walk = PageWalk(endpoint.method, query, key)
        return AsyncPages(walk, lambda query: self._call(endpoint, args, query, payload))

    def _items(
        self,
        endpoint: Endpoint[Any],
        key: str,
        args: tuple[PathArgument, ...] = (),
        query: Mapping[str, QueryArgument] | None = None,
        payload: object = NOTHING,
    ) -> AsyncIterator[Any]:
        return AsyncItems(self._pages(endpoint, args, query, payload, key), key)

    async def _transfer(self, begin: Callable[[Terms], Transfer[T]]) -> T:
        return await self._core.transfer(begin, self._agent)


def _items_of(pages: Iterator[Any], key: str) -> Iterator[Any]:
    for page in pages:
        items = page[key]
        del page  # see `Service._walk`
        yield from items
        del items


def _nothing_given() -> TypeError:
    return TypeError(
        "root_url: is missing or None; pass it, or a client, as the first argument, without a name"
    )


def _refuse_options(options: dict[str, Any]) -> None:
    if options:
        raise TypeError(
            f"{min(options)}: a service on a shared client has its options; use client.with_options(...)"
        )


__all__ = [
    "NOTHING",
    "AsyncService",
    "Endpoint",
    "PathArgument",
    "QueryArgument",
    "Service",
    "deprecated",
    "later",
]
