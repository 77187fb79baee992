"""An HTTP proxy on a loopback socket that makes tunnels, all of them to one server."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Self

from loopback import PATIENCE


class Proxy:
    """The proxy.

    Args:
        to: port of the server that every tunnel leads to, whatever its name.

    Attributes:
        requests: the heads of the requests for a tunnel.
    """

    def __init__(self, to: int) -> None:
        self.requests: list[bytes] = []
        self._to = to
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [Thread(target=self._listen, name="proxy")]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A connection without a request is what ends it.
        socket.create_connection(("127.0.0.1", self.port)).close()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a connection through the proxy is still open"
        self._listener.close()

    def _listen(self) -> None:
        while True:
            client, _ = self._listener.accept()
            head = b""
            while b"\r\n\r\n" not in head and (more := client.recv(65536)):
                head += more
            if not head:
                client.close()
                return
            self.requests.append(head)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            tunnel = Thread(target=_serve, args=(client, self._to), name="tunnel")
            self._threads.append(tunnel)
            tunnel.start()


def _serve(client: socket.socket, port: int) -> None:
    with client, socket.create_connection(("127.0.0.1", port)) as server:
        back = Thread(target=_forward, args=(server, client), name="tunnel-back")
        back.start()
        _forward(client, server)
        back.join()


def _forward(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
