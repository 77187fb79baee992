"""A connection for threads, of one request at a time, which stands where httpx's transport has a pool."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator, Mapping

import httpcore

from ..http1 import AT_ONCE, BODY_READ, ENOUGH, HEAD_READ, Answer, Conversation, answer, timeouts_of
from .streams import Stream, connect


class Connection:
    """A connection for threads; ``context`` is None without TLS."""

    def __init__(self, origin: httpcore.Origin, context: ssl.SSLContext | None) -> None:
        self._origin = origin
        self._context = context
        self._stream: Stream | None = None
        self._talk = Conversation()
        self._given_up = False

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent; False when the server has closed it meanwhile."""
        return self._talk.complete and self._stream is not None and not self._stream.readable

    def handle_request(self, request: httpcore.Request) -> Answer:
        """Do as a pool of httpcore does."""
        timeouts = timeouts_of(request)
        if self._stream is None:
            self._stream = connect(
                self._origin.host, self._origin.port, self._context, timeouts.get("connect")
            )
        if self._given_up:
            raise httpcore.ReadError("the connection was given up")
        stream, talk = self._stream, Conversation()
        self._talk = talk
        try:
            _send(request, talk, stream, timeouts)
        except httpcore.WriteError:
            pass  # the server may have said why it hung up
        except httpcore.WriteTimeout:
            if not _said_why(talk, stream):
                raise
        while (head := talk.head()) is None:
            talk.receive(stream.read(HEAD_READ, timeouts.get("read")))
        return answer(head, Body(talk, stream, timeouts), stream)

    def give_up(self) -> None:
        """Wake a thread that waits for the other end, by an error."""
        self._given_up = True
        if self._stream is not None:
            self._stream.hang_up()

    def close(self) -> None:
        """Close it, if it was ever opened."""
        if self._stream is not None:
            self._stream.close()


class Body:
    """The body of an answer."""

    def __init__(self, talk: Conversation, stream: Stream, timeouts: Mapping[str, float]) -> None:
        self._talk = talk
        self._stream = stream
        self._timeouts = timeouts

    def __iter__(self) -> Iterator[bytes]:
        while (piece := self._talk.piece()) != b"":
            if piece is None:
                self._talk.receive(self._stream.read(BODY_READ, self._timeouts.get("read")))
            else:
                yield piece

    def close(self) -> None:
        """Hang up, unless another request may follow."""
        if not self._talk.complete:
            self._stream.close()


def _send(
    request: httpcore.Request, talk: Conversation, stream: Stream, timeouts: Mapping[str, float]
) -> None:
    unsent = talk.begin(request)
    assert isinstance(request.stream, Iterable)
    for piece in request.stream:
        unsent += talk.body(piece)
        if len(unsent) >= ENOUGH:
            stream.write(unsent, timeouts.get("write"))
            unsent = b""
    stream.write(unsent + talk.end(), timeouts.get("write"))


def _said_why(talk: Conversation, stream: Stream) -> bool:
    """Take in what a server says that takes no more of a request; tell whether it says anything."""
    try:
        talk.receive(stream.read(HEAD_READ, AT_ONCE))
    except (httpcore.ReadError, httpcore.ReadTimeout):
        return False
    return True
