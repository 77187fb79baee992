"""The driver for threads."""

from __future__ import annotations

import inspect
import ssl
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from ..._credentials import Credentials
from ..._errors import TimedOut
from ..._flow import Authorize, Flow, Send, Step, logger
from ..._forks import Turn, renew_in_children
from ..._interrupts import Slots
from ..._response import Response
from ..exchange import FAILURES, Exchange, read_headers
from ..http1 import IDLE_SECONDS
from ..pools import Origin, Pools
from .transports import Transport, new_transport, reusable

_MOST = 65_535
"""Connections to one host, for each of which a port is needed."""


class Driver:
    """Does the steps of flows, each in the thread that calls it."""

    def __init__(
        self,
        *,
        origin: str,
        scheme: str,
        host: str,
        port: int,
        max_connections: int,
        ssl_context: ssl.SSLContext | None,
        transport: httpx.BaseTransport | None,
    ) -> None:
        self._given = transport
        self._origin = httpx.URL(origin)
        self._ssl_context = ssl_context
        self._max_connections = max_connections
        self._pool = self._pool_to(scheme, host, port)
        self._storages = Pools(self._pool_to)

    def run(self, flow: Flow) -> Response:
        """Do a flow's steps to its end, and return its answer."""
        try:
            step = next(flow)
            while True:
                try:
                    result = self._do(step)
                except Exception as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            response: Response = end.value
            return response

    def credentials(self, step: Authorize) -> Credentials | None:
        """Ask the provider, once for all the threads that wait."""
        source, clock = step.session.source, step.session.options.clock
        turn: Turn = source.lock
        if turn.is_mine:
            raise RuntimeError(
                "credentials: the provider called the client that asks it; give it its own client"
            )
        if not turn.take(step.remaining):
            raise TimedOut("the deadline passed while another call was renewing the credentials", sent=False)
        try:
            if source.provider is None or not source.due(clock(), step.rejected):
                return source.current
            try:
                return source.accept(_no_awaitable(source.provider()), clock())
            except Exception as error:
                old = source.keep(clock(), step.rejected)
                if old is None:
                    raise
                logger.warning(
                    "the credentials provider failed (%s); going on with the old ones", type(error).__name__
                )
                return old
        finally:
            turn.holder = None
            turn.slots.free.put(None)

    @contextmanager
    def connection(self, origin: Origin, patience: float | None) -> Generator[httpx.BaseTransport]:
        """Lend a transport to a storage; wait at most ``patience`` seconds for one."""
        if self._given is not None:
            yield self._given
            return
        pool, unused = self._storages.get(origin)
        for each in unused:
            each.close()
        slots = pool.wait(patience)
        try:
            transport = pool.take()
            try:
                yield transport
            except BaseException:
                transport.close()
                raise
            pool.keep(transport)
        finally:
            slots.free.put(None)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()
        for pool in self._storages.clear():
            pool.close()
        if self._given is not None:
            self._given.close()

    def _pool_to(self, scheme: str, host: str, port: int) -> Pool:
        def make() -> Transport:
            return new_transport(scheme, host, port, self._ssl_context)

        return Pool(make, self._max_connections)

    def _do(self, step: Step) -> Any:
        if isinstance(step, Send):
            return self._send(step)
        if isinstance(step, Authorize):
            return self.credentials(step)
        return time.sleep(step.seconds)

    def _send(self, step: Send) -> Response:
        until = None if step.remaining is None else time.monotonic() + step.remaining
        exchange = Exchange(step, self._origin, until)
        if self._given is not None:
            exchange.load()
            return _send_through(self._given, exchange)
        slots = self._pool.wait(step.remaining)
        try:
            transport = self._pool.take()
            try:
                response = _send_through(transport, exchange)
            except BaseException:
                transport.close()
                raise
            self._pool.keep(transport)
            return response
        finally:
            slots.free.put(None)


class Pool:
    """Transports of one connection each: last in, first out, so that busy ones stay warm and the others age."""

    def __init__(self, make: Callable[[], Transport], limit: int) -> None:
        self._make = make
        self._limit = limit
        self._closed = False
        self._slots = Slots(min(limit, _MOST))
        # No lock around it: appending and popping are one step each, which an interrupt cannot leave half done.
        self._idle: deque[tuple[float, Transport]] = deque()
        renew_in_children(self)

    def after_fork(self) -> None:
        """Leave the connections to the parent. To close a copy of a socket does nothing to the connection."""
        self._slots = Slots(min(self._limit, _MOST))
        self._close_idle()

    def wait(self, patience: float | None) -> Slots:
        """Wait until a transport may be taken, at most ``patience`` seconds; return where the place is given back."""
        slots = self._slots
        if not slots.take(patience):
            raise TimedOut(f"no connection became free; max_connections is {self._limit}", sent=False)
        return slots

    def take(self) -> Transport:
        """Return a transport that nobody else uses."""
        with suppress(IndexError):  # when there is none, or other threads have taken the last
            while True:
                since, transport = self._idle.pop()
                if time.monotonic() - since < IDLE_SECONDS and reusable(transport):
                    return transport
                transport.close()
        return self._make()

    def keep(self, transport: Transport) -> None:
        """Keep a transport, whose answer has been read to its end, for the next call."""
        now = time.monotonic()
        self._idle.append((now, transport))
        self._close_idle(None if self._closed else now - IDLE_SECONDS)

    def close(self) -> None:
        """Close the idle transports now, and the busy ones when they come back."""
        self._closed = True
        self._close_idle()

    def _close_idle(self, since: float | None = None) -> None:
        """Close all idle transports, or those that have been idle since before then."""
        with suppress(IndexError):  # when other threads have taken the last
            while since is None or self._idle[0][0] < since:
                self._idle.popleft()[1].close()


def _send_through(transport: httpx.BaseTransport, exchange: Exchange) -> Response:
    try:
        answer = transport.handle_request(exchange.request)
        try:
            headers = read_headers(answer)
            reader = exchange.reader(headers)
            assert isinstance(answer.stream, httpx.SyncByteStream)
            for data in answer.stream:
                reader.feed(data)
                exchange.check_deadline()
            return Response(answer.status_code, headers, reader.finish())
        finally:
            answer.close()
    except FAILURES as error:
        raise exchange.failure(error) from error


def _no_awaitable(value: object) -> object:
    if inspect.iscoroutine(value):
        value.close()
        raise TypeError("credentials: an async provider needs an Async client; pass a plain function")
    return value
