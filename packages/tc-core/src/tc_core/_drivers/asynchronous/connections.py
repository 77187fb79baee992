"""A connection for asyncio and trio, of one request at a time, which stands where httpx's transport has a pool."""

from __future__ import annotations

import ssl
from asyncio import CancelledError
from collections.abc import AsyncIterable, Mapping
from typing import Any, Self

import anyio
import httpcore

from ..http1 import (
    AT_ONCE,
    BODY_READ,
    ENOUGH,
    HEAD_READ,
    WRITE,
    Answer,
    Conversation,
    answer,
    for_http_1,
    timeouts_of,
)
from . import asyncio_streams


class AsyncConnection:
    """A connection for asyncio and trio; ``context`` is None without TLS."""

    def __init__(self, origin: httpcore.Origin, context: ssl.SSLContext | None) -> None:
        self._origin = origin
        self._context = context
        self._stream: httpcore.AsyncNetworkStream | None = None
        self._talk = Conversation()

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent; False when the server has closed it meanwhile."""
        stream = self._stream
        return self._talk.complete and stream is not None and not stream.get_extra_info("is_readable")

    async def handle_async_request(self, request: httpcore.Request) -> Answer:
        """Do as a pool of httpcore does."""
        timeouts = timeouts_of(request)
        if self._stream is None:
            try:
                self._stream = await self._connect(timeouts.get("connect"))
            except UnicodeError as error:  # Python encodes the names of hosts before it looks them up
                raise httpcore.ConnectError(str(error)) from error
        stream, talk = self._stream, Conversation()
        self._talk = talk
        try:
            await _send(request, talk, stream, timeouts)
        except httpcore.WriteError:
            pass  # the server may have said why it hung up
        except httpcore.WriteTimeout:
            if not await _said_why(talk, stream):
                raise
        while (head := talk.head()) is None:
            talk.receive(await stream.read(HEAD_READ, timeouts.get("read")))
        return answer(head, AsyncBody(talk, stream, timeouts), stream)

    async def aclose(self) -> None:
        """Close it, if it was ever opened."""
        if self._stream is not None:
            await self._stream.aclose()

    async def _connect(self, timeout: float | None) -> httpcore.AsyncNetworkStream:
        host = self._origin.host.decode("ascii")
        context = None if self._context is None else for_http_1(self._context)
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


class AsyncBody:
    """The body of an answer. No async generator: one that is left early stays suspended, and trio warns of it."""

    def __init__(
        self, talk: Conversation, stream: httpcore.AsyncNetworkStream, timeouts: Mapping[str, float]
    ) -> None:
        self._talk = talk
        self._stream = stream
        self._timeouts = timeouts

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while (piece := self._talk.piece()) is None:
            self._talk.receive(await self._stream.read(BODY_READ, self._timeouts.get("read")))
        if not piece:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        """Hang up, unless another request may follow."""
        if not self._talk.complete:
            await self._stream.aclose()


async def _send(
    request: httpcore.Request,
    talk: Conversation,
    stream: httpcore.AsyncNetworkStream,
    timeouts: Mapping[str, float],
) -> None:
    unsent = talk.begin(request)
    assert isinstance(request.stream, AsyncIterable)
    async for piece in request.stream:
        unsent += talk.body(piece)
        if len(unsent) >= ENOUGH:
            await _write(unsent, stream, timeouts)
            unsent = b""
    await _write(unsent + talk.end(), stream, timeouts)


async def _write(data: bytes, stream: httpcore.AsyncNetworkStream, timeouts: Mapping[str, float]) -> None:
    # httpcore's streams take the timeout for that of all they are given at once; ours sees to what the peer takes.
    most = len(data) if isinstance(stream, asyncio_streams.Stream) else WRITE
    for at in range(0, len(data), most or 1):
        await stream.write(data[at : at + most], timeouts.get("write"))


async def _said_why(talk: Conversation, stream: httpcore.AsyncNetworkStream) -> bool:
    """Take in what a server says that takes no more of a request; tell whether it says anything."""
    try:
        talk.receive(await stream.read(HEAD_READ, AT_ONCE))
    except (httpcore.ReadError, httpcore.ReadTimeout):
        return False
    return True


def _backend() -> httpcore.AsyncNetworkBackend:
    on_asyncio = anyio.get_cancelled_exc_class() is CancelledError
    backend: Any = httpcore.AnyIOBackend if on_asyncio else httpcore.TrioBackend
    made: httpcore.AsyncNetworkBackend = backend()
    return made
