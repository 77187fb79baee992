"""What sync and async exchanges have in common: the httpx request, and httpx's errors as ours."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Protocol, Self

import httpx

from .._errors import TimedOut, TransportError, redact
from .._flow import Send
from .body import BodyReader
from .timeouts import Timeouts, timeouts

FAILURES = (httpx.HTTPError, httpx.StreamError, ssl.SSLError)
"""What a transport of httpx may raise; through a tunnel under asyncio an alert of the peer's TLS comes as it is."""

_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)

_LONGEST_REASON = 300
"""Characters."""


class Named(Protocol):
    """A request of a call or of a transfer, as far as messages about it go."""

    @property
    def name(self) -> str: ...


class Exchange:
    """One request on its way.

    Args:
        origin: of the deployment, parsed once for all requests.
        until: monotonic time at which the call's deadline passes, or None if the driver keeps it by cancelling.
    """

    def __init__(self, step: Send, origin: httpx.URL, until: float | None) -> None:
        request = step.request
        self._sent: Named = request
        self._until = until
        # In these forms httpx takes over what it is given. Of text it would have to parse every bit.
        self.request = httpx.Request(
            request.verb,
            _with_target(origin, request.target),
            headers=[(name.encode(), value.encode()) for name, value in request.headers.items()],
            stream=_Body(request.body) if request.body else _NO_BODY,
            extensions={"timeout": timeouts(step.timeout, step.remaining, until)},
        )

    @property
    def name(self) -> str:
        """Verb and URL, fit for messages."""
        return self._sent.name

    @property
    def sent(self) -> bool:
        """Whether some of the request may have gone out. Only with a deadline it is known if not."""
        times = self.request.extensions["timeout"]
        return not isinstance(times, Timeouts) or times.sent

    def load(self) -> None:
        """Bring the request into the state in which httpx.Client hands it to a transport: with its content known."""
        body = self.request.stream
        self.request.read()
        self.request.stream = body

    def reader(self, headers: dict[str, str]) -> BodyReader:
        """Return what is to be fed with the answer's body."""
        return BodyReader(headers.get("content-encoding", ""))

    def check_deadline(self) -> None:
        """Raise TimedOut if the time is up; a body that trickles in would never hit a read timeout."""
        if self._until is not None and time.monotonic() > self._until:
            raise TimedOut(f"{self.name}: the deadline passed inside the answer")

    def failure(self, error: Exception) -> TransportError:
        """Translate one of `FAILURES`, which is to be the cause and keeps nothing of what was sent."""
        sent = not isinstance(error, _NOT_SENT)
        _forget_what_was_sent(error)
        what = _reason(error)
        if isinstance(error, httpx.TimeoutException):
            return TimedOut(
                f"{self.name}: no progress within the timeout ({type(error).__name__})", sent=sent
            )
        return TransportError(f"{self.name}: {what}", sent=sent)


def read_headers(answer: httpx.Response) -> dict[str, str]:
    """Return an answer's headers, with names in lower case, and repeated ones joined."""
    raw = answer.headers.raw
    try:
        return _joined(raw, "utf-8")
    except UnicodeDecodeError:
        return _joined(raw, "iso-8859-1")


def _joined(raw: Iterable[tuple[bytes, bytes]], encoding: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode(encoding).lower(), value.decode(encoding)
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _with_target(origin: httpx.URL, target: str) -> httpx.URL:
    """Return the URL of ``target``, which is encoded already, so that the very bytes that are signed are sent."""
    path, mark, query = target.partition("?")
    url = httpx.URL(origin)
    parts = origin._uri_reference  # pyright: ignore[reportPrivateUsage]
    url._uri_reference = parts._replace(path=path, query=query if mark else None)  # pyright: ignore[reportPrivateUsage]
    return url


def _reason(error: BaseException) -> str:
    # Some errors of httpx say nothing, and the one that led to them does.
    return next((text for each in _chain(error) if (text := str(each))), type(error).__name__)


def _forget_what_was_sent(error: BaseException) -> None:
    for each in _chain(error):
        # Those of a failed write have the head of the request at hand, and some reports show local variables.
        each.__traceback__ = None
        # h11 quotes a line that it cannot read, however long that is, and a server may repeat the request in it.
        if len(each.args) == 1:
            each.args = (redact(str(each))[:_LONGEST_REASON],)


def _chain(error: BaseException) -> Iterator[BaseException]:
    each: BaseException | None = error
    while each is not None:
        yield each
        each = each.__cause__ or each.__context__


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in one piece, or none. httpx's is an async generator: trio warns of one that is left half read."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        return iter((self._data,) if self._data else ())

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _AsyncPieces(iter(self))


class _AsyncPieces:
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            return piece
        raise StopAsyncIteration


_NO_BODY = _Body(b"")
