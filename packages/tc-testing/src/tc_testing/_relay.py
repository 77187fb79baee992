"""A TCP relay that makes faults below HTTP between a client and a server: resets, stalls, cut and changed bytes."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import repeat
from random import Random
from threading import Condition, Thread
from types import TracebackType
from typing import Literal, Self, TypeAlias, get_args
from urllib.parse import urlsplit

from ._http1 import InResponse, Message, Place

__all__ = ["Fault", "Relay", "random_faults"]

_HOST = "127.0.0.1"
_CHUNK = 65536

_Send: TypeAlias = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """What a relay does to one request and its response; made with the methods below.

    It happens `after` a number of bytes, counted from a place: the beginning of the `"request"`, the beginning of
    the `"response"`, the end of its status line (`"headers"`), or the end of its headers (`"body"`). Bytes count
    as they travel, those of a chunked body with the sizes of its chunks. A fault beyond the last byte does not
    happen. Faults in a response wait for the server to answer: the request was handled, its answer gets lost.

    Raises ValueError for a place that this fault cannot be at, and a number of bytes below 0.
    """

    action: Literal["pass", "reset", "stall", "hang up", "corrupt", "insert"]
    place: Place
    after: int = 0
    data: bytes = b""

    def __post_init__(self) -> None:
        _one_of(self.place, *get_args(Place))
        if self.after < 0:
            raise ValueError(f"after: is {self.after}; pass a number of bytes, 0 or more")

    @classmethod
    def pass_through(cls) -> Self:
        """Change nothing."""
        return cls("pass", "nowhere")

    @classmethod
    def refuse(cls) -> Self:
        """Reset the next connection as soon as it is accepted; a request on one already open, as it arrives."""
        return cls("reset", "accept")

    @classmethod
    def reset(cls, place: Literal["request", InResponse], after: int = 0) -> Self:
        """Reset the connection, as a peer that crashed does."""
        return cls("reset", _one_of(place, "request", *get_args(InResponse)), after)

    @classmethod
    def stall(cls, place: InResponse, after: int = 0) -> Self:
        """Send nothing more until `Relay.release` is called, the client hangs up, or the relay stops."""
        return cls("stall", _one_of(place, *get_args(InResponse)), after)

    @classmethod
    def truncate(cls, place: InResponse, after: int = 0) -> Self:
        """Close the connection in good order."""
        return cls("hang up", _one_of(place, *get_args(InResponse)), after)

    @classmethod
    def corrupt(cls, place: InResponse, after: int = 0) -> Self:
        """Invert the bits of the next byte."""
        return cls("corrupt", _one_of(place, *get_args(InResponse)), after)

    @classmethod
    def append(cls, data: bytes) -> Self:
        """Send `data` after the response."""
        return cls("insert", "end", data=data)

    @classmethod
    def close_after_response(cls) -> Self:
        """Close a connection that was to be kept alive, without a word, once the response is complete."""
        return cls("hang up", "end")


def _one_of(place: Place, *places: Place) -> Place:
    # Types say so too, but not to a shell.
    if place not in places:
        raise ValueError(f"place: is {place!r}; pass one of {', '.join(places)}")
    return place


_NO_FAULT = Fault.pass_through()


def cut_of(fault: Fault, message: Message, part: bytes) -> int | None:
    """Return where a fault falls in the last part of a message, in bytes from its beginning; None if it does not."""
    mark = message.marks.get(fault.place)
    if mark is None:
        return None
    cut = mark + fault.after - (message.size - len(part))
    return cut if cut < len(part) or (cut == len(part) and fault.action != "corrupt") else None


def altered(fault: Fault, rest: bytes) -> bytes:
    """Return what a fault that ends nothing makes of the bytes that come after it."""
    match fault.action:
        case "corrupt":
            return bytes([rest[0] ^ 0xFF]) + rest[1:]
        case "insert":
            return fault.data + rest
        case _:
            return rest


def random_faults(random: Random, probability: float, faults: Sequence[Fault]) -> Iterator[Fault]:
    """Draw from `faults` with a probability from 0 to 1, else pass through; without end.

    The same seed gives the same sequence. Raises ValueError for another probability, and for no faults.
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"probability: is {probability}; pass a number from 0 to 1")
    if not faults:
        raise ValueError("faults: is empty; pass at least one")
    return (random.choice(faults) if random.random() < probability else _NO_FAULT for _ in repeat(None))


class Relay:
    """Forwards connections to an upstream server byte by byte, but for the faults that it is told to make.

    Each request takes one fault, whatever connection it comes on: first those given to `plan`, then those of
    `faults`; when there are no more, all passes through::

        with LocalTaskcluster() as tc, Relay(tc.root_url) as relay:
            relay.plan(Fault.reset("headers"), Fault.stall("body", after=10))
            ...  # calls to relay.url
            assert relay.requests == 2

    What is not HTTP/1, such as TLS, counts as one request and one response for each connection, without headers
    and without end. A client that shuts down its sending side counts as gone.

    Arguments: upstream, the URL of the server, of which host and port matter; faults, possibly without end.
    Raises ValueError for an upstream that is no HTTP or HTTPS URL.

    Attributes:
        accepted: int, connections accepted so far, those reset at once included.
        open: int, connections open now.
        requests: int, requests that began to arrive.
        stalled: int, responses that stand still now.
        request_bytes: int, bytes forwarded to the server.
        response_bytes: int, bytes sent to clients.
        applied: Counter[Fault], faults made so far.
    """

    def __init__(self, upstream: str, faults: Iterable[Fault] = ()) -> None:
        self._upstream = urlsplit(upstream)
        try:
            default = {"http": 80, "https": 443}[self._upstream.scheme]
            port = self._upstream.port or default
        except (ValueError, KeyError):
            port = 0
        if not (port and self._upstream.hostname):
            raise ValueError(f"upstream: {upstream!r} names no server; pass one as in http://127.0.0.1:80")
        self._address = self._upstream.hostname, port
        self.accepted = self.open = self.requests = self.stalled = 0
        self.request_bytes = self.response_bytes = 0
        self.applied: Counter[Fault] = Counter()
        self._changed = Condition()
        self._planned: deque[Fault] = deque()
        self._faults = iter(faults)
        self._drawn: deque[Fault] = deque()  # the next of `faults`, once it was looked at
        self._loop: asyncio.AbstractEventLoop | None = None

    def __repr__(self) -> str:
        figures = ("accepted", "open", "requests", "stalled", "request_bytes", "response_bytes")
        return f"<Relay {' '.join(f'{name}={getattr(self, name)}' for name in figures)}>"

    @property
    def url(self) -> str:
        """The upstream's URL with host and port of the relay. Raises RuntimeError: it is not running."""
        self._running()
        return self._upstream._replace(netloc=f"{_HOST}:{self._port}").geturl()

    def plan(self, *faults: Fault) -> None:
        """Have the next requests meet these faults, one each, after those planned before."""
        for fault in faults:
            if not isinstance(fault, Fault):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise TypeError(f"faults: {fault!r} is no Fault; pass one such as Fault.refuse()")
        with self._changed:
            self._planned.extend(faults)

    def release(self) -> None:
        """Let the responses that stand still now go on; later ones will stall all the same."""
        self._in_loop(self._let_go)

    @contextmanager
    def refusing(self) -> Generator[None, None, None]:
        """Within a `with` block, refuse connections as a port without a server does; open ones stay open."""
        self._in_loop(self._stop_listening)
        try:
            yield
        finally:
            self._in_loop(self._listen)

    def wait_for(self, condition: Callable[[], bool], timeout: float = 30.0) -> None:
        """Wait until a condition on the figures holds, such as `lambda: relay.open == 0`.

        Raises TimeoutError after `timeout` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(condition, timeout):
                raise TimeoutError(f"waited in vain for {timeout:g} seconds: {self!r}")

    def __enter__(self) -> Self:
        if self._loop is not None:
            raise RuntimeError("this Relay is running already; make another")
        self._listener = _bind(0)
        self._port: int = self._listener.getsockname()[1]
        self._stopped, self._released = asyncio.Event(), asyncio.Event()
        self._loop = asyncio.SelectorEventLoop()  # not every kind of loop can watch a listener
        self._thread = Thread(target=self._run, args=[self._loop], name="tc-testing-relay", daemon=True)
        self._thread.start()
        self._in_loop(self._listen)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._in_loop(self._stopped.set)
        self._thread.join()
        self._loop = None

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("the relay is not running; enter it with a `with` statement")
        return self._loop

    def _in_loop(self, act: Callable[[], None]) -> None:
        async def do() -> None:
            act()

        loop = self._running()
        asyncio.run_coroutine_threadsafe(do(), loop).result()

    # From here on, all runs in the relay's own thread.

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(self._relay())

    async def _relay(self) -> None:
        try:
            async with asyncio.TaskGroup() as self._connections:
                try:
                    await self._stopped.wait()
                finally:
                    asyncio.get_running_loop().remove_reader(self._listener)
                    self._listener.close()
                raise EOFError  # which ends the connections
        except* EOFError:
            pass

    def _listen(self) -> None:
        self._listener.listen(128)
        asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _stop_listening(self) -> None:
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()
        self._listener = _bind(self._port)  # so that nobody else gets the port

    def _let_go(self) -> None:
        self._released.set()
        self._released = asyncio.Event()

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):  # it is gone already
            return
        with self._counting():
            self.accepted += 1
            self.open += 1
        task = self._connections.create_task(self._serve(client))
        task.add_done_callback(lambda _: self._close(client))  # also runs for a task that never began

    def _close(self, client: socket.socket) -> None:
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)  # closing is not enough while a forked child has a copy
        client.close()
        with self._counting():
            self.open -= 1

    async def _serve(self, client: socket.socket) -> None:
        """Relay one connection. EOFError ends it in good order, OSError as a crash does."""
        try:
            if (fault := self._take_fault(on_accept=True)) != _NO_FAULT:
                await self._make(fault)
            with socket.socket(socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET) as upstream:
                for end in (client, upstream):
                    end.setblocking(False)
                    # Else what follows a first small part waits 40 ms for the peer's delayed acknowledgement.
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
                await asyncio.get_running_loop().sock_connect(upstream, self._address)
                exchanges: deque[_Exchange] = deque()
                async with asyncio.TaskGroup() as directions:
                    directions.create_task(self._requests(client, upstream, exchanges))
                    directions.create_task(self._responses(client, upstream, exchanges))
        except* OSError:
            with suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        except* EOFError:
            pass

    async def _requests(
        self, client: socket.socket, upstream: socket.socket, exchanges: deque[_Exchange]
    ) -> None:
        async def send(data: bytes) -> None:
            with self._counting():
                self.request_bytes += len(data)
            # A server that takes no more may still have answered; how it ends is seen where answers come in.
            with suppress(OSError):
                await loop.sock_sendall(upstream, data)

        loop = asyncio.get_running_loop()
        exchange: _Exchange | None = None
        while data := await loop.sock_recv(client, _CHUNK):
            while data:
                if exchange is None or exchange.request.ended:
                    with self._counting():
                        self.requests += 1
                    exchange = _Exchange(self._take_fault())
                    exchanges.append(exchange)
                part, data = exchange.request.split(data)
                await self._forward(part, exchange, exchange.request, send)
        raise EOFError

    async def _responses(
        self, client: socket.socket, upstream: socket.socket, exchanges: deque[_Exchange]
    ) -> None:
        async def send(data: bytes) -> None:
            with self._counting():
                self.response_bytes += len(data)
            await loop.sock_sendall(client, data)

        loop = asyncio.get_running_loop()
        while data := await loop.sock_recv(upstream, _CHUNK):
            while data and exchanges:
                exchange = exchanges[0]
                part, data = exchange.response.split(data)
                if exchange.response.ended:
                    exchanges.popleft()
                await self._forward(part, exchange, exchange.response, send)
            await send(data)  # what nobody asked for
        if exchanges and exchanges[0].response.size:
            exchanges[0].response.end()  # it lasted until the server hung up
            await self._forward(b"", exchanges[0], exchanges[0].response, send)
        raise EOFError

    async def _forward(self, part: bytes, exchange: _Exchange, message: Message, send: _Send) -> None:
        """Send a part of a message, and make the fault of the exchange if it falls into that part."""
        fault = exchange.fault
        if (cut := cut_of(fault, message, part)) is not None:
            exchange.fault = _NO_FAULT
            await send(part[:cut])
            part = await self._make(fault, part[cut:])
        await send(part)

    async def _make(self, fault: Fault, rest: bytes = b"") -> bytes:
        """Make a fault; give what is to be sent in place of `rest`."""
        with self._counting():
            self.applied[fault] += 1
        match fault.action:
            case "reset":
                raise ConnectionResetError
            case "hang up":
                raise EOFError
            case "stall":
                await self._stall()
            case _:
                pass
        return altered(fault, rest)

    async def _stall(self) -> None:
        released = self._released
        with self._counting():
            self.stalled += 1
        try:
            await released.wait()
        finally:
            with self._counting():
                self.stalled -= 1

    @contextmanager
    def _counting(self) -> Generator[None, None, None]:
        with self._changed:
            yield
            self._changed.notify_all()

    def _take_fault(self, *, on_accept: bool = False) -> Fault:
        """Give the next fault; when a connection is accepted, only if it is one for that moment."""
        with self._changed:
            if not self._planned and not self._drawn:
                self._drawn.append(next(self._faults, _NO_FAULT))
            queue = self._planned or self._drawn
            if on_accept and queue[0].place != "accept":
                return _NO_FAULT
            return queue.popleft()


class _Exchange:
    """A request, the response to it, and the fault that they are still to meet."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.request = Message()
        self.response = Message(self.request)


def _bind(port: int) -> socket.socket:
    bound = socket.socket()
    try:
        bound.setblocking(False)
        if os.name == "posix":
            # Without this the port cannot be had again while connections to it are open.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, True)
        bound.bind((_HOST, port))
    except OSError:
        bound.close()
        raise
    return bound
