"""The driver for asyncio and trio."""

from __future__ import annotations

import inspect
import ssl
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import httpx

from ..._credentials import Credentials
from ..._errors import TaskclusterError, TimedOut
from ..._flow import Authorize, Flow, Send, Step, logger
from ..._response import Response
from ..._source import CredentialSource
from ..body import BodyReader
from ..exchange import FAILURES, Exchange, read_headers
from ..http1 import IDLE_SECONDS
from ..pools import Origin, Pools
from .endings import at_end
from .transports import AsyncTransport, new_async_transport, reusable

_asking: ContextVar[tuple[object, ...]] = ContextVar("_asking", default=())
"""The askings of providers that this task works for, or once did: it would wait for ever for those to end."""


class AsyncDriver:
    """Does the steps of flows, each in the task that awaits it."""

    def __init__(
        self,
        *,
        origin: str,
        scheme: str,
        host: str,
        port: int,
        max_connections: int,
        ssl_context: ssl.SSLContext | None,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self._given = transport
        self._origin = httpx.URL(origin)
        self._ssl_context = ssl_context
        self._max_connections = max_connections
        self._pool = self._pool_to(scheme, host, port)
        self._storages = Pools(self._pool_to)

    async def run(self, flow: Flow) -> Response:
        """Do a flow's steps to its end, and return its answer."""
        try:
            step = next(flow)
            while True:
                try:
                    result = await self._do(step)
                except Exception as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            response: Response = end.value
            return response

    async def credentials(self, step: Authorize) -> Credentials | None:
        """Ask the provider, once for all the tasks that wait."""
        # Not fail_after: the provider may raise a TimeoutError of its own.
        with anyio.move_on_after(step.remaining):
            return await self._renewed(step)
        raise TimedOut("the deadline passed while the credentials were renewed", sent=False)

    @asynccontextmanager
    async def connection(self, origin: Origin) -> AsyncGenerator[httpx.AsyncBaseTransport]:
        """Lend a transport to a storage."""
        if self._given is not None:
            yield self._given
            return
        pool, unused = self._storages.get(origin)
        for each in unused:
            await each.aclose()
        slots = await pool.wait()
        try:
            transport = await pool.take()
            try:
                yield transport
            except BaseException:
                await _close(transport)
                raise
            await pool.keep(transport)
        finally:
            slots.release()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()
        for pool in self._storages.clear():
            await pool.aclose()
        if self._given is not None:
            await self._given.aclose()

    def _pool_to(self, scheme: str, host: str, port: int) -> AsyncPool:
        def make() -> AsyncTransport:
            return new_async_transport(scheme, host, port, self._ssl_context)

        return AsyncPool(make, self._max_connections)

    async def _renewed(self, step: Authorize) -> Credentials | None:
        source, clock = step.session.source, step.session.options.clock
        if source.asking in _asking.get():
            raise RuntimeError(
                "credentials: the provider called the client that asks it; give it its own client"
            )
        async with self._lock_of(source):
            if source.provider is None or not source.due(clock(), step.rejected):
                return source.current
            source.asking = object()
            before = _asking.set((*_asking.get(), source.asking))
            try:
                value = source.provider()
                return source.accept(await value if inspect.isawaitable(value) else value, clock())
            except Exception as error:
                old = source.keep(clock(), step.rejected)
                if old is None:
                    raise
                logger.warning(
                    "the credentials provider failed (%s); going on with the old ones", type(error).__name__
                )
                return old
            finally:
                _asking.reset(before)
                source.asking = None

    @staticmethod
    def _lock_of(source: CredentialSource) -> anyio.Lock:
        # A lock of one event loop is of no use in the next.
        loop = anyio.lowlevel.current_token()
        if source.lock is None or source.lock[0] != loop:
            source.lock = (loop, anyio.Lock())
        lock: anyio.Lock = source.lock[1]
        return lock

    async def _do(self, step: Step) -> Any:
        if isinstance(step, Send):
            return await self._send(step)
        if isinstance(step, Authorize):
            return await self.credentials(step)
        return await anyio.sleep(step.seconds)

    async def _send(self, step: Send) -> Response:
        # Not told of the deadline: what ended at that very moment by itself, too, would be cancelled twice.
        exchange = Exchange(step, self._origin, None)
        if step.remaining is None:
            return await self._exchange(exchange)
        with anyio.move_on_after(step.remaining):
            return await self._exchange(exchange)
        # Not every transport that is given asks for the timeouts, by which is known how far it came.
        sent = exchange.sent or self._given is not None
        raise TimedOut(f"{exchange.name}: the deadline passed", sent=sent)

    async def _exchange(self, exchange: Exchange) -> Response:
        if self._given is not None:
            exchange.load()
            return await _send_through(self._given, exchange)
        slots = await self._pool.wait()
        try:
            transport = await self._pool.take()
            try:
                response = await _send_through(transport, exchange)
            except BaseException:
                await _close(transport)
                raise
            await self._pool.keep(transport)
            return response
        finally:
            slots.release()


class AsyncPool:
    """Transports of one connection each: last in, first out, so that busy ones stay warm and the others age."""

    def __init__(self, make: Callable[[], AsyncTransport], limit: int) -> None:
        self._make = make
        self._limit = limit
        self._closed = False
        self._begin(None)

    def _begin(self, loop: object) -> None:
        self._loop = loop
        # Not those of the loop before: its calls may end, and free theirs, long after it.
        self._slots = anyio.Semaphore(self._limit, fast_acquire=True)
        self._idle: deque[tuple[float, AsyncTransport]] = deque()
        self._at_end = at_end(partial(_close_all, self._idle))

    async def wait(self) -> anyio.Semaphore:
        """Wait until a transport may be taken; return where the place is given back."""
        loop = anyio.lowlevel.current_token()
        if loop != self._loop:
            # Connections belong to the event loop that opened them.
            self._begin(loop)
            await anext(self._at_end)
        slots = self._slots
        await slots.acquire()
        return slots

    async def take(self) -> AsyncTransport:
        """Return a transport that nobody else uses."""
        while self._idle:
            since, transport = self._idle.pop()
            if time.monotonic() - since < IDLE_SECONDS and reusable(transport):
                return transport
            await _close(transport)
        return self._make()

    async def keep(self, transport: AsyncTransport) -> None:
        """Keep a transport, whose answer has been read to its end, for the next call."""
        now = time.monotonic()
        if self._closed:
            await _close(transport)
            return
        self._idle.append((now, transport))
        # While one is being closed, other tasks may take all the others.
        while self._idle and now - self._idle[0][0] > IDLE_SECONDS:
            await _close(self._idle.popleft()[1])

    async def aclose(self) -> None:
        """Close the idle transports now, and the busy ones when they come back."""
        self._closed = True
        if anyio.lowlevel.current_token() != self._loop:
            self._idle.clear()  # only a loop that is gone without shutting down left some, and none can close them
        await _close_all(self._idle)
        await self._at_end.aclose()


async def _send_through(transport: httpx.AsyncBaseTransport, exchange: Exchange) -> Response:
    try:
        answer = await transport.handle_async_request(exchange.request)
        try:
            headers = read_headers(answer)
            reader = exchange.reader(headers)
            await _feed(reader, answer)
            return Response(answer.status_code, headers, reader.finish())
        finally:
            await answer.aclose()
    except FAILURES as error:
        raise exchange.failure(error) from error


async def _feed(reader: BodyReader, answer: httpx.Response) -> None:
    assert isinstance(answer.stream, httpx.AsyncByteStream)
    pieces = aiter(answer.stream)
    try:
        async for data in pieces:
            reader.feed(data)
    except TaskclusterError:
        # httpcore's generators are suspended now, which trio warns about; reading on when closed ends them.
        await answer.aclose()
        with suppress(Exception):
            async for _ in pieces:
                pass
        raise


async def _close_all(idle: deque[tuple[float, AsyncTransport]]) -> None:
    while idle:
        await _close(idle.pop()[1])


async def _close(transport: httpx.AsyncBaseTransport) -> None:
    # Also in a task that is being cancelled, or the socket would stay open.
    with anyio.CancelScope(shield=True):
        await transport.aclose()
