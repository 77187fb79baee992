"""Sockets on asyncio's own event loops, for httpcore.

httpcore goes by way of anyio there, whose cancel scope and turn of the event loop at each step cost more than the
rest of the way to the socket.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

import anyio
import httpcore

from ..sockets import is_readable

_HEAD_START = 0.25
"""Seconds."""

_MOST = 256 * 1024
"""Bytes that wait to be read before no more are taken from the socket."""


def suits_this_loop() -> bool:
    """Tell whether this is an event loop of asyncio itself: others, and trio's, are left to httpcore."""
    try:
        return isinstance(asyncio.get_running_loop(), asyncio.BaseEventLoop)
    except RuntimeError:
        return False


async def connect(
    host: str, port: int, context: ssl.SSLContext | None, timeout: float | None
) -> httpcore.AsyncNetworkStream:
    """Connect; with a context, by TLS."""
    try:
        # Not asyncio.timeout, which takes it for its own no longer when a deadline of anyio's ends in the same moment.
        with anyio.fail_after(timeout):
            return Stream(await _opened(host, port, context))
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(str(error)) from error
    except OSError as error:  # of which TLS's are
        raise httpcore.ConnectError(str(error)) from error


async def _opened(host: str, port: int, context: ssl.SSLContext | None) -> Receiver:
    loop = asyncio.get_running_loop()
    connected = await _connected_socket(host, port)
    try:
        _, receiver = await loop.create_connection(Receiver, sock=connected)
    except BaseException:
        await _one_turn()  # in which asyncio closes it
        raise
    if context is None:
        return receiver
    plain = receiver.transport
    try:
        secure = await loop.start_tls(plain, receiver, context, server_hostname=host)
        assert secure is not None
        receiver.transport = secure
        return receiver
    except BaseException:
        plain.abort()
        await _one_turn()
        raise


async def _connected_socket(host: str, port: int) -> socket.socket:
    """Connect to the address that answers first; each has a start over the next one (RFC 8305).

    That of asyncio leaves the socket open when it is cancelled in the turn after it connected.
    """
    sockets: list[socket.socket] = []
    failures: list[OSError] = []

    async def attempt(family: int, address: Any, over: anyio.Event) -> None:
        try:
            sockets.append(await _socket_at(family, address))
        except OSError as error:
            failures.append(error)
            over.set()
        else:
            group.cancel_scope.cancel()

    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    try:
        async with anyio.create_task_group() as group:
            for family, _, _, _, address in found:
                group.start_soon(attempt, family, address, over := anyio.Event())
                with anyio.move_on_after(_HEAD_START):
                    await over.wait()
    except BaseException:
        for each in sockets:
            each.close()
        raise
    for each in sockets[1:]:
        each.close()
    if not sockets:
        raise failures[0]
    return sockets[0]


async def _socket_at(family: int, address: Any) -> socket.socket:
    candidate = socket.socket(family, socket.SOCK_STREAM)
    try:
        candidate.setblocking(False)
        await asyncio.get_running_loop().sock_connect(candidate, address)
        return candidate
    except BaseException:
        candidate.close()
        raise


class Receiver(asyncio.Protocol):
    """What the event loop tells of a connection."""

    transport: asyncio.Transport
    below: asyncio.Transport
    """That of the socket; of TLS, the one under it."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.ended = False
        self.error: Exception | None = None
        self._paused = False
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = self.below = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        if len(self.data) > _MOST and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        _wake(self._reader)

    def eof_received(self) -> None:
        self.ended = True
        _wake(self._reader)

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        self.error = exc
        _wake(self._reader)
        _wake(self._writer)

    def pause_writing(self) -> None:
        self._writer = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        _wake(self._writer)
        self._writer = None

    def take(self, most: int) -> bytes:
        """Return what has arrived, and let more come."""
        data = bytes(self.data[:most])
        del self.data[:most]
        if self._paused and not self.data:
            self._paused = False
            self.transport.resume_reading()
        return data

    async def wait_to_read(self, timeout: float | None) -> None:
        """Wait until there is data, or will be none."""
        while not (self.data or self.ended):
            self._reader = asyncio.get_running_loop().create_future()
            await self._within(timeout, self._reader)

    async def wait_to_write(self, timeout: float | None) -> None:
        """Wait until the socket has taken most of what was written."""
        if self._writer is not None and not self._writer.done():
            await self._within(timeout, self._writer)

    async def _within(self, timeout: float | None, future: asyncio.Future[None]) -> None:
        """Wait for ``future``; asyncio.timeout does the same for four times as much."""
        if timeout is not None:
            self._set_timer(timeout, future)
        try:
            await future
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _set_timer(self, timeout: float, future: asyncio.Future[None]) -> None:
        self._timer = future.get_loop().call_later(timeout, self._expire, timeout, future, self._unsent())

    def _expire(self, timeout: float, future: asyncio.Future[None], unsent: int) -> None:
        if self._unsent() < unsent:
            # The peer is slow, but takes what was written: to asyncio all of it is one write.
            self._set_timer(timeout, future)
        elif not future.done():
            future.set_exception(TimeoutError())

    def _unsent(self) -> int:
        return self.transport.get_write_buffer_size() + self.below.get_write_buffer_size()


class Stream(httpcore.AsyncNetworkStream):
    """A connection as httpcore wants it."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._transport = receiver.transport

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        receiver = self._receiver
        if not receiver.data:
            try:
                await receiver.wait_to_read(timeout)
            except TimeoutError as error:
                raise httpcore.ReadTimeout(str(error)) from error
            if receiver.error is not None and not receiver.data:
                raise httpcore.ReadError(str(receiver.error)) from receiver.error
        return receiver.take(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._transport.is_closing():
            raise httpcore.WriteError("the connection is closed")
        self._transport.write(buffer)
        try:
            await self._receiver.wait_to_write(timeout)
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        if self._receiver.error is not None:
            raise httpcore.WriteError(str(self._receiver.error)) from self._receiver.error

    async def aclose(self) -> None:
        self._transport.abort()
        await _one_turn()

    def get_extra_info(self, info: str) -> Any:
        if info != "is_readable":
            return self._transport.get_extra_info(info)
        receiver = self._receiver
        return bool(receiver.data) or receiver.ended or is_readable(self._transport.get_extra_info("socket"))


async def _one_turn() -> None:
    """Let the event loop do what it does in its next turn, such as closing a socket, also when cancelled."""
    with anyio.CancelScope(shield=True):
        await asyncio.sleep(0)


def _wake(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)
