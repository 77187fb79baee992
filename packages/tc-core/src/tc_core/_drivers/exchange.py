"""What sync and async exchanges have in common: the httpx request, and httpx's errors as ours."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, Self

import httpx

from .._errors import TimedOut, TransportError, redact
from .._flow import Send
from .._response import Response
from .body import BodyReader
from .deadlines import Patience

_SHORTEST = 0.001
"""Sockets take a timeout of 0 seconds for a wish not to wait at all."""

FAILURES = (httpx.HTTPError, httpx.StreamError, ssl.SSLError)
"""What a transport of httpx may raise; under asyncio an alert of the peer's TLS comes as it is."""

_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


class Timeouts(dict[str, float]):
    """Seconds for each part of an exchange, which httpcore asks for when the part begins.

    So each is told what is left until then, and a stall in one part leaves less for the next.
    """

    def __init__(self, timeout: float, until: float | None) -> None:
        super().__init__(dict.fromkeys(("connect", "read", "write", "pool"), timeout))
        self._until = until

    def get(self, part: str, default: Any = None, /) -> Any:
        seconds = super().get(part, default)
        if self._until is None or seconds is None:
            return seconds
        return Patience(min(seconds, max(self._until - time.monotonic(), _SHORTEST)), self._until)


class Exchange:
    """One request on its way; ``until`` is the monotonic time at which the call's deadline passes."""

    def __init__(self, step: Send, until: float | None) -> None:
        self.name = step.request.name
        self._until = until
        self.request = httpx.Request(
            step.request.verb,
            step.request.url,
            headers=step.request.headers,
            content=step.request.body,
            extensions={"timeout": Timeouts(step.timeout, until)},
        )
        if step.request.body:
            self.request.stream = _Body(step.request.body)

    def reader(self, answer: httpx.Response) -> BodyReader:
        """Return what is to be fed with the answer's body."""
        return BodyReader(answer.headers.get("content-encoding", ""))

    def check_deadline(self) -> None:
        """Raise TimedOut if the time is up; a body that trickles in would never hit a read timeout."""
        if self._until is not None and time.monotonic() > self._until:
            raise TimedOut(f"{self.name}: the deadline passed inside the answer")

    def response(self, answer: httpx.Response, reader: BodyReader) -> Response:
        """Return the complete answer."""
        return Response(answer.status_code, dict(answer.headers.items()), reader.finish())

    def failure(self, error: Exception) -> TransportError:
        """Translate one of `FAILURES`, which is to be the cause and keeps nothing of what was sent."""
        sent = not isinstance(error, _NOT_SENT)
        what = _reason(error)
        _forget_frames(error)
        if isinstance(error, httpx.TimeoutException):
            return TimedOut(
                f"{self.name}: no progress within the timeout ({type(error).__name__})", sent=sent
            )
        return TransportError(f"{self.name}: {redact(what)}", sent=sent)


def _reason(error: BaseException) -> str:
    # Some errors of httpx say nothing, and the one that led to them does.
    return next((text for each in _chain(error) if (text := str(each))), type(error).__name__)


def _forget_frames(error: BaseException) -> None:
    # Those of a failed write have the head of the request at hand, and some reports show local variables.
    for each in _chain(error):
        each.__traceback__ = None


def _chain(error: BaseException) -> Iterator[BaseException]:
    each: BaseException | None = error
    while each is not None:
        yield each
        each = each.__cause__ or each.__context__


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in one piece. That of httpx is an async generator: trio warns of one that is left half read."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        return iter((self._data,))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _AsyncPieces(iter((self._data,)))


class _AsyncPieces:
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            return piece
        raise StopAsyncIteration
