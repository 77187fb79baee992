"""Keeping a call's deadline in a thread, where nothing can cancel a read, a write or a connection under way."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from ..timeouts import Patience
from .addresses import at_first_address

_PIECE = 65_536


def bound_by_deadlines(transport: httpx.HTTPTransport) -> httpx.HTTPTransport:
    """Have a transport keep to each `Patience` that its requests are given."""
    # httpx does not pass on what httpcore offers for this. Tests with answers that trickle in watch over it.
    inside: Any = transport
    inside._pool._network_backend = DeadlineBackend()
    return transport


def left(timeout: float | None, too_late: type[httpcore.TimeoutException]) -> float | None:
    """Return the seconds of ``timeout`` that a `Patience` leaves; raise ``too_late`` if it leaves none."""
    if not isinstance(timeout, Patience):
        return timeout
    seconds = timeout.until - time.monotonic()
    if seconds <= 0:
        raise too_late("the deadline passed")
    return min(timeout, seconds)


class DeadlineBackend(httpcore.SyncBackend):
    """Makes connections that keep to a `Patience`."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        connect_tcp = super().connect_tcp

        def connect(_: int, address: Any) -> httpcore.NetworkStream:
            seconds = left(timeout, httpcore.ConnectTimeout)
            return DeadlineStream(connect_tcp(address[0], port, seconds, local_address, socket_options))

        return at_first_address(host, port, connect)


class DeadlineStream(httpcore.NetworkStream):
    """A stream that keeps to a `Patience`."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # Piece by piece, since each bit that a slow peer takes begins the timeout anew.
        for at in range(0, len(buffer), _PIECE):
            self._stream.write(buffer[at : at + _PIECE], left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        seconds = left(timeout, httpcore.ConnectTimeout)
        return DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
