"""Connections of one request at a time, which stand where httpx's transports have a pool.

httpcore speaks HTTP on them. To connect is left to its backends too, and what is here stays out of its way then.
"""

from __future__ import annotations

import ssl
from asyncio import CancelledError
from contextlib import suppress
from typing import Any

import anyio
import httpcore

from . import asyncio_streams
from .deadlines import DeadlineBackend, left

IDLE_SECONDS = 60.0
"""How long an unused connection is kept."""

_ENOUGH = 64 * 1024
"""Bytes that are sent at once instead of being kept for more to come."""


class Connection:
    """A connection for threads; ``context`` is None without TLS."""

    def __init__(self, origin: httpcore.Origin, context: ssl.SSLContext | None) -> None:
        self._origin = origin
        self._context = context
        self._http: httpcore.HTTP11Connection | None = None

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent; False when the server has closed it meanwhile."""
        return self._http is not None and self._http.is_idle() and not self._http.has_expired()

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        """Do as a pool of httpcore does."""
        if self._http is None:
            stream = Stream(self._connect(_connect_timeout(request)))
            self._http = httpcore.HTTP11Connection(self._origin, stream, IDLE_SECONDS)
        return self._http.handle_request(request)

    def close(self) -> None:
        """Close it, if it was ever opened."""
        if self._http is not None:
            self._http.close()

    def _connect(self, timeout: float | None) -> httpcore.NetworkStream:
        host = self._origin.host.decode("ascii")
        stream = DeadlineBackend().connect_tcp(host, self._origin.port, timeout)
        if self._context is None:
            return stream
        try:
            return stream.start_tls(_for_http_1(self._context), host, timeout)
        except BaseException:
            stream.close()
            raise


class AsyncConnection:
    """A connection for asyncio and trio; ``context`` is None without TLS."""

    def __init__(self, origin: httpcore.Origin, context: ssl.SSLContext | None) -> None:
        self._origin = origin
        self._context = context
        self._http: httpcore.AsyncHTTP11Connection | None = None

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent; False when the server has closed it meanwhile."""
        return self._http is not None and self._http.is_idle() and not self._http.has_expired()

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Do as a pool of httpcore does."""
        if self._http is None:
            stream = await self._connect(_connect_timeout(request))
            self._http = httpcore.AsyncHTTP11Connection(self._origin, stream, IDLE_SECONDS)
        return await self._http.handle_async_request(request)

    async def aclose(self) -> None:
        """Close it, if it was ever opened."""
        if self._http is not None:
            await self._http.aclose()

    async def _connect(self, timeout: float | None) -> httpcore.AsyncNetworkStream:
        host = self._origin.host.decode("ascii")
        context = None if self._context is None else _for_http_1(self._context)
        if asyncio_streams.suits_this_loop():
            return await asyncio_streams.connect(host, self._origin.port, context, timeout)
        stream = await _backend().connect_tcp(host, self._origin.port, timeout)
        if context is None:
            return stream
        try:
            return await stream.start_tls(context, host, timeout)
        except BaseException:
            # httpcore forgets it when cancelled, and an event loop that watches the socket would keep it.
            with anyio.CancelScope(shield=True):
                await stream.aclose()
            raise


class Stream(httpcore.NetworkStream):
    """Sends head and body of a request in one piece, and tells the socket its timeout only when that changes.

    The stream that it is made from makes two system calls of the former and two more of the latter for a request.
    """

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._socket = stream.get_extra_info("socket")
        self._timeout: float | None = -1.0
        self._write_timeout: float | None = None
        self._unsent = b""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        # As in httpcore, a failure to send is no reason not to read: the server may have said why it hung up.
        with suppress(httpcore.WriteError):
            self._flush()
        try:
            self._set_timeout(left(timeout, httpcore.ReadTimeout))
            data: bytes = self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._write_timeout = timeout
        self._unsent = self._unsent + buffer if self._unsent else buffer
        if len(self._unsent) >= _ENOUGH:
            self._flush()

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _flush(self) -> None:
        if not self._unsent:
            return
        data, self._unsent = memoryview(self._unsent), b""
        try:
            # Not sendall: its timeout is for all of the data. TLS would take all of it at once, too.
            while data:
                self._set_timeout(left(self._write_timeout, httpcore.WriteTimeout))
                data = data[self._socket.send(data[:_ENOUGH]) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def _set_timeout(self, timeout: float | None) -> None:
        if timeout != self._timeout:
            self._socket.settimeout(timeout)
            self._timeout = timeout


def _connect_timeout(request: Any) -> float | None:
    seconds: float | None = request.extensions["timeout"].get("connect")
    return seconds


def _for_http_1(context: ssl.SSLContext) -> ssl.SSLContext:
    context.set_alpn_protocols(["http/1.1"])
    return context


def _backend() -> httpcore.AsyncNetworkBackend:
    on_asyncio = anyio.get_cancelled_exc_class() is CancelledError
    backend: Any = httpcore.AnyIOBackend if on_asyncio else httpcore.TrioBackend
    made: httpcore.AsyncNetworkBackend = backend()
    return made
