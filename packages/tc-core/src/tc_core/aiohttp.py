"""A transport on aiohttp, for event loops that make many calls at once. It needs the extra ``tc-core[aiohttp]``."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from functools import lru_cache
from typing import Any, NamedTuple

import httpx

try:
    import aiohttp
    import yarl
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "tc_core.aiohttp needs the package aiohttp; install tc-core[aiohttp]", name=error.name
    ) from None

from ._core import positive
from ._drivers.asynchronous.aiohttp_exchanges import Attempt, Request
from ._drivers.asynchronous.endings import at_end
from ._drivers.http1 import IDLE_SECONDS
from ._drivers.network import proxy_to, tls_context

__all__ = ["AiohttpTransport"]

_LONGEST_HEADER = 64 * 1024
"""Bytes. aiohttp by itself stops at 8 KB, and signed URLs may be longer."""


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Carries the calls of an async client by aiohttp instead of httpx: with less CPU time, and on asyncio only.

    ::

        async with AsyncQueue(root_url, transport=AiohttpTransport()) as queue:
            await queue.task(task_id)

    It takes the place of the client's own connections, so that the client's ``max_connections`` and
    ``ssl_context`` say nothing; these are given here. Closing the client closes it.

    Args:
        max_connections: most requests that are under way at once; calls beyond wait, as long as their deadline
            allows.
        ssl_context: for another CA or a client certificate; default is one context for the process, made from
            SSL_CERT_FILE, SSL_CERT_DIR or certifi.

    Raises:
        ModuleNotFoundError: by the import: aiohttp is not installed; the message says what to install.
        ValueError, TypeError: an argument is malformed; the message names it.
    """

    def __init__(self, *, max_connections: int = 100, ssl_context: ssl.SSLContext | None = None) -> None:
        self._max_connections = positive("max_connections", max_connections)
        self._ssl_context = ssl_context
        self._way_to = lru_cache(maxsize=64)(self._find_way)
        self._pools: dict[asyncio.AbstractEventLoop | None, _Pool] = {}
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return its answer with the body still to be read."""
        pool = self._pools.get(_running_loop()) or await self._new_pool()
        url = request.url
        way = self._way_to(url.raw_scheme, url.netloc)
        target: bytes = request.extensions.get("target") or url.raw_path
        # All of it as the path: a query that is empty yarl would leave out.
        whole = way.origin.with_path(target.decode("ascii"), encoded=True)
        await pool.enter()
        return await Attempt(request, pool.leave).make(pool.session, whole, way.headers, way.options)

    async def aclose(self) -> None:
        """Close all connections, those of requests that are under way when these are done."""
        self._closed = True
        here = _running_loop()
        for loop, pool in list(self._pools.items()):
            if loop is here or (loop and loop.is_closed()):
                del self._pools[loop]
                await pool.let_go()

    async def _new_pool(self) -> _Pool:
        loop = _running_loop()
        if loop is None:
            raise RuntimeError("AiohttpTransport: works on asyncio only; leave out transport= on trio")
        if self._closed:
            raise RuntimeError("this transport is closed; make a new one")
        gone = [self._pools.pop(each) for each in list(self._pools) if each and each.is_closed()]
        pool = self._pools[loop] = _Pool(self._max_connections)
        await pool.open()
        for each in gone:
            await each.let_go()
        return pool

    def _find_way(self, raw_scheme: bytes, netloc: bytes) -> _Way:
        scheme = raw_scheme.decode("ascii")
        origin = yarl.URL(f"{scheme}://{netloc.decode('ascii')}", encoded=True)
        options: dict[str, Any] = {}
        headers: list[tuple[str, str]] = []
        proxy = proxy_to(scheme, origin.host_subcomponent or "", origin.port or 0)
        if proxy is not None:
            if proxy.url.scheme not in ("http", "https"):
                raise ValueError(
                    f"{scheme}_proxy: aiohttp knows no {proxy.url.scheme} proxies; make the client without "
                    "transport= and install httpx[socks], or name a proxy that speaks HTTP"
                )
            options["proxy"] = yarl.URL(str(proxy.url), encoded=True)
            if proxy.raw_auth is not None:
                # Not in the URL, which aiohttp shows in its errors.
                words = [("Proxy-Authorization", f"Basic {b64encode(b':'.join(proxy.raw_auth)).decode()}")]
                if scheme == "https":
                    options["proxy_headers"] = words
                else:
                    headers = words
        if scheme == "https" or (proxy is not None and proxy.url.scheme == "https"):
            options["ssl"] = context = tls_context(self._ssl_context)
            context.set_alpn_protocols(["http/1.1"])
        return _Way(origin, headers, options)


class _Way(NamedTuple):
    """How an origin is reached.

    Attributes:
        headers: that its requests bear in addition.
        options: for aiohttp.
    """

    origin: yarl.URL
    headers: list[tuple[str, str]]
    options: dict[str, Any]


class _Pool:
    """The connections that belong to one event loop."""

    def __init__(self, limit: int) -> None:
        self.session = aiohttp.ClientSession(
            # Its own limit would count the wait for a connection as time that it takes to connect.
            connector=aiohttp.TCPConnector(
                limit=0, keepalive_timeout=IDLE_SECONDS, resolver=aiohttp.ThreadedResolver()
            ),
            request_class=Request,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
        )
        self._places = asyncio.Semaphore(limit)
        # The requests that are under way or wait, and the transport, until it brings no more.
        self._users = 1
        self._at_end = at_end(self.session.close)

    async def open(self) -> None:
        """Have the event loop close the session when it ends."""
        await anext(self._at_end)

    async def enter(self) -> None:
        """Wait until another request may be under way."""
        self._users += 1
        try:
            await self._places.acquire()
        except BaseException:
            await self.let_go()
            raise

    async def leave(self) -> None:
        """Say that a request is over."""
        self._places.release()
        await self.let_go()

    async def let_go(self) -> None:
        """Say that one of the users is gone; with the last of them the session closes."""
        self._users -= 1
        if not self._users:
            await self._at_end.aclose()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
