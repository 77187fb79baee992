"""Connecting, reading and writing for threads."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import httpcore

from ..http1 import WRITE, for_http_1
from ..sockets import is_readable
from .addresses import at_first_address
from .deadlines import left


def connect(host: bytes, port: int, context: ssl.SSLContext | None, timeout: float | None) -> Stream:
    """Connect; with a context, by TLS. ``host`` is in ASCII, so that Python need not load what encodes others."""
    connected = at_first_address(host, port, partial(_connected_socket, timeout))
    try:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is None:
            return Stream(connected)
        connected.settimeout(left(timeout, httpcore.ConnectTimeout))
        with _errors_of_connecting():
            return Stream(for_http_1(context).wrap_socket(connected, server_hostname=host))
    except BaseException:
        connected.close()
        raise


def _connected_socket(timeout: float | None, family: int, address: Any) -> socket.socket:
    seconds = left(timeout, httpcore.ConnectTimeout)
    with _errors_of_connecting():
        candidate = socket.socket(family, socket.SOCK_STREAM)
        try:
            candidate.settimeout(seconds)
            candidate.connect(address)
            return candidate
        except BaseException:
            candidate.close()
            raise


@contextmanager
def _errors_of_connecting() -> Generator[None]:
    try:
        yield
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(str(error)) from error
    except OSError as error:  # of which TLS's are
        raise httpcore.ConnectError(str(error)) from error


class Stream(httpcore.NetworkStream):
    """A connected socket."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    @property
    def readable(self) -> bool:
        """Whether something came that nobody waits for, or the server hung up."""
        return is_readable(self._socket)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._socket.settimeout(left(timeout, httpcore.ReadTimeout))
            data = self._socket.recv(max_bytes)
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
                self._socket.settimeout(left(timeout, httpcore.WriteTimeout))
                data = data[self._socket.send(data[:WRITE]) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def hang_up(self) -> None:
        """End the connection, also for another thread that is waiting for it."""
        shut_down(self._socket)

    def close(self) -> None:
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        return self._socket if info == "socket" else None


def shut_down(connected: socket.socket) -> None:
    """End the connection of a socket, also for a thread that is reading from it or writing to it."""
    with suppress(OSError):
        # Not that of SSLSocket, which would also take its TLS away from under the reader.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
