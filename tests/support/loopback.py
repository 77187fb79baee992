"""What the servers of tests share: a loopback socket, a thread for each connection, and an end that waits for all."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Condition, Thread
from types import TracebackType
from typing import Self

PATIENCE = 30.0
"""Seconds after which a wait gives up. Reached only by a test that fails."""


class LoopbackServer:
    """A server, which accepts as soon as it is made: subclasses have their attributes ready by then.

    Args:
        name: of its threads.

    Attributes:
        accepted: number of connections that clients opened.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = Condition()
        self._closing = False
        self._open: set[socket.socket] = set()
        self.accepted = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._address: tuple[str, int] = self._listener.getsockname()
        self._threads = [Thread(target=self._listen, name=name)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return self._address[1]

    @property
    def open(self) -> int:
        """Number of connections that clients hold."""
        with self._changed:
            return len(self._open)

    def wait_for_open(self, number: int) -> None:
        """Wait until clients hold so many connections."""
        with self._changed:
            held = self._changed.wait_for(lambda: len(self._open) == number, PATIENCE)
            assert held, f"{len(self._open)} are open"

    def wait_until_all_closed(self) -> None:
        """Wait until no client holds a connection any more."""
        self.wait_for_open(0)

    def drop_connections(self) -> None:
        """Hang up on every client."""
        with self._changed:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop, and close every connection."""
        with self._changed:
            self._closing = True
        self.drop_connections()
        # Closing a listener does not wake a thread inside accept on every system; a caller does.
        with suppress(OSError):
            socket.create_connection(self._address).close()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), f"a connection of the {self._name} is stuck"
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # From here on, all runs in threads of its own.

    def _listen(self) -> None:
        while True:
            connection = self._prepared(self._listener.accept()[0])
            with self._changed:
                if self._closing:
                    connection.close()
                    return
                self._open.add(connection)
                number, self.accepted = self.accepted, self.accepted + 1
                thread = Thread(
                    target=self._serve_until_closed, args=(connection, number), name=f"{self._name}-{number}"
                )
                self._threads.append(thread)
            thread.start()

    def _serve_until_closed(self, connection: socket.socket, number: int) -> None:
        # A client that goes away in the middle is what many tests are about.
        with suppress(OSError, EOFError):
            self._serve(connection, number)
        connection.close()
        with self._changed:
            self._open.discard(connection)
            self._changed.notify_all()

    def _prepared(self, connection: socket.socket) -> socket.socket:
        """Make ready what was accepted, without waiting for the client."""
        return connection

    def _serve(self, connection: socket.socket, number: int) -> None:
        """Answer on a connection until the client hangs up."""
        raise NotImplementedError
