"""One exchange by aiohttp: a request's way out, its answer, and aiohttp's errors as those of httpx."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import lru_cache
from typing import Any, Self, TypeVar
from weakref import WeakSet

import aiohttp
import anyio
import httpx
import yarl

from ..sockets import is_readable

T = TypeVar("T")

_ADDED = frozenset({"accept", "accept-encoding", "content-type", "user-agent"})
"""Headers that aiohttp adds where they are missing: the last but one to a body, the others always."""

_ALWAYS_ADDED = _ADDED - {"content-type"}

_PIECE = 64 * 1024
"""Bytes of a body that are given to aiohttp at once."""


class Request(aiohttp.ClientRequest):
    """A request of aiohttp's that shows an `Attempt` the connection which it is about to be sent on."""

    attempt: Attempt | None = None

    async def send(self, conn: Any) -> aiohttp.ClientResponse:
        if self.attempt is not None:
            self.attempt.begin(conn.protocol, conn.transport)
        return await super().send(conn)


class Attempt:
    """Sends a request of httpx's once, and gives its answer.

    Args:
        release: called when no connection is needed any more.
    """

    def __init__(self, request: httpx.Request, release: Callable[[], Awaitable[None]]) -> None:
        self._request = request
        self._release = release
        self._timeouts: dict[str, float | None] = request.extensions.get("timeout", {})
        self._length: str | None = None
        self._body: _Pieces | bytes | None = None
        self._protocol: Any = None
        self._transport: Any = None

    async def make(
        self,
        session: aiohttp.ClientSession,
        url: yarl.URL,
        headers: list[tuple[str, str]],
        options: dict[str, Any],
    ) -> httpx.Response:
        """Send the request and wait for the head of the answer, whose body closes the attempt when it is closed.

        Args:
            headers: to be sent in addition to the request's own.
            options: for aiohttp.
        """
        method = self._request.method
        answer: aiohttp.ClientResponse | None = None
        try:
            own = [(name.decode("ascii"), value.decode("utf-8")) for name, value in self._request.headers.raw]
            known = {name.lower(): value for name, value in own}
            if "transfer-encoding" in known:
                raise httpx.LocalProtocolError("a body needs a Content-Length")
            self._length = known.get("content-length")
            if self._length is not None:
                self._body = await self._outgoing(int(self._length))
            answer = await self.translated(
                session.request(
                    method,
                    url,
                    headers=own + headers,
                    data=self._body,
                    allow_redirects=False,
                    # To be told what not to add costs aiohttp some time.
                    skip_auto_headers=None if method == "GET" and known.keys() >= _ALWAYS_ADDED else _ADDED,
                    timeout=_timeout(self._timeouts.get("connect"), self._timeouts.get("read")),
                    middlewares=(self._send,),
                    **options,
                )
            )
            if answer.status < 200:
                raise httpx.RemoteProtocolError(f"the answer has the status {answer.status}")
            if isinstance(self._body, _Pieces):
                await self._body.finish()
        except BaseException:
            await self.close(answer)
            raise
        return _response(self, answer)

    async def translated(self, result: Awaitable[T]) -> T:
        """Await something of aiohttp's, and raise httpx's errors in place of its own."""
        try:
            return await result
        except (aiohttp.ClientError, OSError, ValueError, _LostError) as error:
            failure = self._own_failure() or failure_of(error)
        # Not while aiohttp's error is handled, or it would be the context: it may hold the URL and the signature.
        raise failure

    def begin(self, protocol: Any, transport: asyncio.Transport) -> None:
        """Take note of the connection, unless nothing good is to be expected from it.

        aiohttp asks only whether the event loop knows that it has ended, and not whether something came unasked.
        """
        if protocol not in _kept:
            _kept.add(protocol)
        elif protocol.should_close or is_readable(transport.get_extra_info("socket")):
            raise _NoGoodError
        self._protocol, self._transport = protocol, transport
        if isinstance(self._body, _Pieces):
            self._body.give_up = transport.abort

    def check_end(self) -> None:
        """Raise what is wrong if a body ended with its connection, which aiohttp takes for an end in any case."""
        error = None if self._protocol is None else self._protocol.exception()
        if isinstance(error, aiohttp.ClientOSError):
            raise failure_of(error)

    async def close(self, answer: aiohttp.ClientResponse | None) -> None:
        """Hang up, unless the answer has been received to its end."""
        try:
            if answer is None or answer.connection is not None:
                if self._transport is not None:
                    # aiohttp by itself would wait until the peer has taken what is still to be sent.
                    self._transport.abort()
                if answer is not None:
                    answer.close()
            if isinstance(self._body, _Pieces):
                await self._body.aclose()
        finally:
            await self._release()

    async def _outgoing(self, length: int) -> _Pieces | bytes | None:
        if length <= _PIECE:
            data = await self._request.aread()
            if len(data) != length:
                raise _wrong_length(len(data) > length)
            return data or None
        stream = self._request.stream
        assert isinstance(stream, httpx.AsyncByteStream)
        return _Pieces(aiter(stream), length, self._timeouts.get("write"))

    async def _send(self, request: Any, handler: Any) -> aiohttp.ClientResponse:
        """As a middleware of aiohttp, keep it from sending again by itself what a flow would not, or would count."""
        request.attempt = self
        if self._length is None:
            request.headers.popall("Content-Length", None)  # which aiohttp has added to a DELETE
        while True:
            try:
                answer: aiohttp.ClientResponse = await handler(request)
                return answer
            except _NoGoodError:
                continue  # nothing was sent on it, and it is closed now
            except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
                raise _LostError(error) from None

    def _own_failure(self) -> Exception | None:
        return self._body.error if isinstance(self._body, _Pieces) else None


class _NoGoodError(Exception):
    """A kept connection is not to be used."""


class _LostError(Exception):
    """Holds an error after which aiohttp would send a request again if its method may be repeated."""


_kept: WeakSet[Any] = WeakSet()
"""Connections that a request was sent on."""


class _Pieces:
    """A long body, of which the socket must take each piece within ``timeout`` seconds.

    Attributes:
        error: what ended it early.
        give_up: ends the connection.
    """

    def __init__(self, source: AsyncIterator[bytes], length: int, timeout: float | None) -> None:
        self._source = source
        self._left = length
        self._timeout = timeout
        self._block = memoryview(b"")
        self._task: asyncio.Task[Any] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._all_taken = False
        self.error: Exception | None = None
        self.give_up: Callable[[], None] | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        self._stop_timer()
        self._task = asyncio.current_task()
        if not self._left:
            self._all_taken = True
            raise StopAsyncIteration
        try:
            piece = await self._next_piece()
        except Exception as error:
            self.error = error
            raise
        if self._timeout is not None:
            self._timer = asyncio.get_running_loop().call_later(self._timeout, self._expire)
        return piece

    async def finish(self) -> None:
        """Tell the source, if all of it was sent, that no more is wanted of it: it counts on that."""
        if self._all_taken:
            async for _ in self._source:
                raise _wrong_length(longer=True)

    async def aclose(self) -> None:
        """Let go of the source, once nothing is being read from it any more."""
        self._stop_timer()
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait([self._task])

    async def _next_piece(self) -> bytes:
        while not self._block:
            try:
                self._block = memoryview(await anext(self._source))
            except StopAsyncIteration:
                raise _wrong_length(longer=False) from None
        piece = bytes(self._block[:_PIECE])
        self._block = self._block[_PIECE:]
        self._left -= len(piece)
        if self._left < 0:
            raise _wrong_length(longer=True)
        return piece

    def _expire(self) -> None:
        self.error = httpx.WriteTimeout("the server did not take the request")
        if self.give_up is not None:
            self.give_up()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _wrong_length(longer: bool) -> httpx.LocalProtocolError:
    return httpx.LocalProtocolError(
        f"the body is {'longer' if longer else 'shorter'} than its Content-Length"
    )


def _response(attempt: Attempt, answer: aiohttp.ClientResponse) -> httpx.Response:
    extensions: dict[str, Any] = {}
    if answer.version is not None:  # as in replay
        extensions["http_version"] = b"HTTP/%d.%d" % answer.version
    return httpx.Response(
        answer.status, headers=answer.raw_headers, stream=_Content(attempt, answer), extensions=extensions
    )


class _Content(httpx.AsyncByteStream):
    """The body of an answer."""

    def __init__(self, attempt: Attempt, answer: aiohttp.ClientResponse) -> None:
        self._attempt = attempt
        self._answer = answer

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        data = await self._attempt.translated(self._answer.content.readany())
        if data:
            return data
        headers = self._answer.headers
        if "Content-Length" not in headers and "Transfer-Encoding" not in headers:
            self._attempt.check_end()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        await self._attempt.close(self._answer)


@lru_cache(maxsize=64)
def _timeout(connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, connect=connect, sock_read=read)


def failure_of(error: Exception) -> httpx.TransportError:
    """Return what httpx would raise in place of one of aiohttp's errors, in words that name no URL as theirs do."""
    if isinstance(error, _LostError):
        error = error.args[0]
    kind, text = next((kind, text) for classes, kind, text in _FAILURES if isinstance(error, classes))
    if isinstance(error, aiohttp.ClientHttpProxyError):
        text = f"the proxy makes no tunnel, but answers {error.status}"
    cause = error.__cause__
    if not isinstance(cause, OSError) or isinstance(cause, aiohttp.ClientError):
        return kind(text)
    failure = kind("")  # what the system or TLS says tells more
    failure.__cause__ = cause
    return failure


_FAILURES: list[tuple[Any, type[httpx.TransportError], str]] = [
    # It was not sent,
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout, ""),
    (aiohttp.ClientProxyConnectionError, httpx.ProxyError, ""),
    (aiohttp.ClientHttpProxyError, httpx.ProxyError, ""),
    (aiohttp.ClientConnectorError, httpx.ConnectError, ""),
    (aiohttp.NonHttpUrlClientError, httpx.UnsupportedProtocol, "aiohttp refuses the URL"),
    (ValueError, httpx.LocalProtocolError, "aiohttp refuses the URL, or a header"),
    # or may have been.
    (TimeoutError, httpx.ReadTimeout, ""),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError, "the server hung up before its answer"),
    (aiohttp.ClientPayloadError, httpx.RemoteProtocolError, "the answer is cut short, or malformed"),
    (aiohttp.ClientResponseError, httpx.RemoteProtocolError, "the answer is no valid HTTP"),
    (Exception, httpx.ReadError, "the connection was lost"),
]
"""Errors of aiohttp's, of which the first that fits counts, and what stands for them."""
