"""HTTP/1.1 by h11, without I/O: the bytes of a request, and what the bytes of an answer mean."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import h11
import httpcore

IDLE_SECONDS = 60.0
"""How long an unused connection is kept."""

ENOUGH = 64 * 1024
"""Bytes that are sent at once instead of being kept for more to come."""

WRITE = 256 * 1024
"""Most bytes of a write, which has one timeout: a longer one costs the same, and a slow peer must take it in time."""

HEAD_READ = 64 * 1024
"""Most bytes of the first reads. Most answers are whole with one."""

BODY_READ = 256 * 1024
"""Most bytes of each further read: it costs about the same whatever it brings."""

AT_ONCE = 0.01
"""Seconds that are enough for what has arrived already."""

_LONGEST_HEAD = 100 * 1024
"""Bytes."""

_END = h11.EndOfMessage()

Head = h11.Response
T = TypeVar("T")


class Conversation:
    """One request and its answer. What goes wrong is an error of httpcore's."""

    def __init__(self) -> None:
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)

    @property
    def complete(self) -> bool:
        """Whether both sides are done and keep the connection, and nothing came behind the answer, not even its end."""
        talk = self._h11
        return talk.our_state is talk.their_state is h11.DONE and not any(talk.trailing_data)

    def begin(self, request: httpcore.Request) -> bytes:
        """Return the head of the request."""
        return _of_httpcore(self._begin, request)

    def body(self, piece: bytes) -> bytes:
        """Return a piece of the request's body as it is to be sent."""
        return _of_httpcore(self._send, h11.Data(data=piece))

    def end(self) -> bytes:
        """Return what ends the request."""
        return _of_httpcore(self._send, _END)

    def receive(self, data: bytes) -> None:
        """Take in what the server sent; nothing when it hung up."""
        if not data and self._h11.their_state is h11.SEND_RESPONSE:
            raise httpcore.RemoteProtocolError("the server hung up without an answer")
        self._h11.receive_data(data)

    def head(self) -> Head | None:
        """Return the head of the answer, or None if more has to be received for it."""
        while isinstance(event := _of_httpcore(self._h11.next_event), h11.InformationalResponse):
            pass
        return event if isinstance(event, Head) else None

    def piece(self) -> bytes | None:
        """Return a piece of the answer's body, an empty one at its end, or None if more has to be received."""
        event = _of_httpcore(self._h11.next_event)
        if isinstance(event, h11.Data):
            return event.data
        return None if event is h11.NEED_DATA else b""

    def _begin(self, request: httpcore.Request) -> bytes:
        return self._send(
            h11.Request(method=request.method, target=request.url.target, headers=request.headers)
        )

    def _send(self, event: h11.Event) -> bytes:
        return self._h11.send(event) or b""


def _of_httpcore(do: Callable[..., T], *args: object) -> T:
    try:
        return do(*args)
    except h11.RemoteProtocolError as error:
        raise httpcore.RemoteProtocolError(str(error)) from error
    except h11.LocalProtocolError as error:
        raise httpcore.LocalProtocolError(str(error)) from error


class Answer(NamedTuple):
    """What httpx's transports ask of the answer of a pool."""

    status: int
    headers: list[tuple[bytes, bytes]]
    stream: object
    extensions: dict[str, object]


def answer(head: Head, body: object, stream: object) -> Answer:
    """Put together an answer that comes through ``stream``."""
    extensions = {
        "http_version": b"HTTP/" + head.http_version,
        "reason_phrase": head.reason,
        "network_stream": stream,
    }
    return Answer(head.status_code, head.headers.raw_items(), body, extensions)


def timeouts_of(request: Any) -> Mapping[str, float]:
    """Return the seconds for each part of an exchange, which are to be asked for when the part begins."""
    timeouts: Mapping[str, float] = request.extensions["timeout"]
    return timeouts


def for_http_1(context: ssl.SSLContext) -> ssl.SSLContext:
    """Have the context, which may be shared with others, ask for nothing newer."""
    context.set_alpn_protocols(["http/1.1"])
    return context
