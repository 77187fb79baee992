"""Reading from and writing to sockets, for threads."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

import httpcore

from ..http1 import ENOUGH
from .deadlines import left


class Stream(httpcore.NetworkStream):
    """Tells the socket its timeout only when that changes: the stream it is made from would at each step."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._socket = stream.get_extra_info("socket")
        self._timeout: float | None = -1.0

    @property
    def readable(self) -> bool:
        """Whether something came that nobody waits for, or the server hung up."""
        return bool(self._stream.get_extra_info("is_readable"))

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._set_timeout(left(timeout, httpcore.ReadTimeout))
            data: bytes = self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        data = memoryview(buffer)
        try:
            # Not sendall: its timeout is for all of the data. TLS would take all of it at once, too.
            while data:
                self._set_timeout(left(timeout, httpcore.WriteTimeout))
                data = data[self._socket.send(data[:ENOUGH]) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def hang_up(self) -> None:
        """End the connection, also for another thread that is waiting for it."""
        shut_down(self._socket)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _set_timeout(self, timeout: float | None) -> None:
        if timeout != self._timeout:
            self._socket.settimeout(timeout)
            self._timeout = timeout


def shut_down(connected: socket.socket) -> None:
    """End the connection of a socket, also for a thread that is reading from it or writing to it."""
    with suppress(OSError):
        # Not that of SSLSocket, which would also take its TLS away from under the reader.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
