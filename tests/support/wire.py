"""An HTTP server on a loopback socket that says exactly what a test tells it to, and records what it is sent.

A script is one step for each request, in the order in which they arrive, whatever the connection::

    with Wire(answer(500), reset, answer(200, {"ok": True})) as wire:
        ...  # calls to wire.url
    assert len(wire.requests) == 3
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
from collections import deque
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from types import TracebackType
from typing import NamedTuple

from loopback import PATIENCE, LoopbackServer


class Received(NamedTuple):
    """A request as it came.

    Attributes:
        head: request line and header lines, in the bytes that were sent.
        body: what followed them.
        connection: which connection it came on, counted from 0.
    """

    head: bytes
    body: bytes
    connection: int

    @property
    def verb(self) -> str:
        return self._line[0]

    @property
    def target(self) -> str:
        """Path and query, or for a proxy the whole URL."""
        return self._line[1]

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in lower case, and values."""
        lines = self.head.decode("ascii").split("\r\n")[1:]
        pairs = (line.split(": ", 1) for line in lines if line)
        return {name.lower(): value for name, value in pairs}

    @property
    def _line(self) -> list[str]:
        return self.head.decode("ascii").split("\r\n", 1)[0].split(" ")


class Visit:
    """One request, and the means to answer it."""

    def __init__(self, connection: socket.socket, request: Received) -> None:
        self._connection = connection
        self.request = request

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def hang_up(self) -> None:
        """Close the connection in good order."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """Close the connection as a crashed peer does."""
        _reset(self._connection)

    def stall(self) -> None:
        """Say nothing more until the client hangs up or the server closes."""
        while self._connection.recv(65536):
            pass


Step = bytes | Callable[[Visit], None]


class Unread:
    """A step that does not wait for the request: the connection is reset as soon as it is accepted."""

    def __call__(self, visit: Visit) -> None:
        visit.reset()


reset_at_once = Unread()


def reset(visit: Visit) -> None:
    """Read the request, and reset the connection."""
    visit.reset()


def hang_up(visit: Visit) -> None:
    """Read the request, and close the connection without a word."""
    visit.hang_up()


def stall(visit: Visit) -> None:
    """Read the request, and say nothing."""
    visit.stall()


def answer(
    status: int = 200,
    body: object = b"{}",
    headers: Mapping[str, str] | None = None,
    *,
    length: int | None = None,
) -> bytes:
    """Write an answer out.

    Args:
        status: HTTP status code.
        body: bytes as they are, or a value to be written as JSON.
        headers: in addition to Content-Length.
        length: Content-Length, where it is to be a lie.
    """
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if status != 204:
        lines.append(f"Content-Length: {len(content) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode() + content


def error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> bytes:
    """Write an error out as Taskcluster's services do."""
    body: dict[str, object] = {
        "code": code,
        "message": message,
        "requestInfo": {"method": "anything", "payload": {}},
    }
    return answer(status, body, {"Content-Type": "application/json", **(headers or {})})


def then(data: bytes, end: Callable[[Visit], None]) -> Callable[[Visit], None]:
    """Send ``data``, and go on with ``end``: `hang_up`, `reset` or `stall`."""

    def step(visit: Visit) -> None:
        visit.send(data)
        end(visit)

    return step


class Wire(LoopbackServer):
    """The server.

    Args:
        script: what is done for each request in turn.
        otherwise: what is done for each request beyond the script; without it such a request is an error.
        tls: for a server that speaks TLS.

    Attributes:
        requests: what was received, in order.
        secured: the TLS connections, in the order in which their handshakes ended well.
    """

    def __init__(
        self, *script: Step, otherwise: Step | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._script = deque(script)
        self._otherwise = otherwise
        self._tls = tls
        self._unexpected: list[str] = []
        self.requests: list[Received] = []
        self.secured: list[ssl.SSLSocket] = []
        super().__init__("wire")

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def script(self, *steps: Step) -> None:
        """Add steps to the script: some say where the server itself is."""
        with self._changed:
            self._script.extend(steps)

    def wait_for_requests(self, number: int) -> None:
        """Wait until so many have been received."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.requests) >= number, PATIENCE)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if error is None:
            assert not self._unexpected, f"not in the script: {self._unexpected}"

    def _prepared(self, connection: socket.socket) -> socket.socket:
        if self._tls is None:
            return connection
        return self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)

    def _serve(self, connection: socket.socket, number: int) -> None:
        if isinstance(connection, ssl.SSLSocket):
            connection.do_handshake()
            self.secured.append(connection)
        if not self._reset_unread(connection):
            while (request := _read(connection, number)) is not None:
                self._answer(Visit(connection, request))

    def _reset_unread(self, connection: socket.socket) -> bool:
        with self._changed:
            if not self._script or not isinstance(self._script[0], Unread):
                return False
            self._script.popleft()
        _reset(connection)
        return True

    def _answer(self, visit: Visit) -> None:
        with self._changed:
            self.requests.append(visit.request)
            self._changed.notify_all()
            step = self._script.popleft() if self._script else self._otherwise
            if step is None:
                self._unexpected.append(f"{visit.request.verb} {visit.request.target}")
        if step is None:
            visit.hang_up()
        elif isinstance(step, bytes):
            visit.send(step)
        else:
            step(visit)


@contextmanager
def refusing() -> Generator[str, None, None]:
    """Give the URL of a port that is taken, so that nobody else gets it, and refuses connections."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def _read(connection: socket.socket, number: int) -> Received | None:
    """Read one request; None if the client hung up before it was complete."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65536)):
            return None
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    length = int(Received(head, b"", number).headers.get("content-length", "0"))
    while len(body) < length:
        if not (more := connection.recv(65536)):
            return None
        body += more
    return Received(head, body, number)


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
