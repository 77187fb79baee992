"""The driver of transfers for threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from threading import Lock
from typing import Any, TypeVar

import httpx

from ..._flow import Sleep
from ..._interrupts import Latch, Worker
from ..._transfers.steps import Answer, Ask, Exchange, Incoming, Outgoing, Step, Together, Transfer, Work
from ..data import DataExchange, head, origin_of, socket_of
from ..exchange import FAILURES
from .driver import Driver
from .streams import shut_down
from .transports import give_up

T = TypeVar("T")


class Transfers:
    """Does the steps of transfers on the connections of a driver."""

    def __init__(self, driver: Driver, brake: Brake | None = None) -> None:
        self._driver = driver
        self._brake = brake or Brake()

    def run(self, transfer: Transfer[T]) -> T:
        """Do a transfer's steps to its end, and return its result."""
        try:
            step = next(transfer)
            while True:
                try:
                    self._brake.check()
                    result = [self._do(step)]
                except Exception as error:
                    step = transfer.throw(error)
                else:
                    # Not kept: some reports show local variables, and this may well be a URL with its signature.
                    step = transfer.send(result.pop())
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            # On Ctrl-C too it lets go of its files and threads at once, not when the last traceback is gone.
            transfer.close()

    def _do(self, step: Step) -> Any:
        match step:
            case Exchange():
                return self._exchange(step)
            case Ask(service, call, remaining):
                return call(service if remaining is None else service.with_options(deadline=remaining))
            case Work(function):
                return function()
            case Sleep(seconds):
                return self._brake.sleep(seconds)
            case Together(transfers, limit):
                return self._together(transfers, limit)

    def _exchange(self, step: Exchange) -> tuple[Answer, Incoming]:
        until = None if step.remaining is None else time.monotonic() + step.remaining
        body = None if step.body is None else _Body(step.body, step.tell)
        exchange = DataExchange(step, until, body)
        with self._driver.connection(origin_of(step.request.url), step.remaining) as transport:
            try:
                with self._brake.watch(partial(give_up, transport)):
                    answer = transport.handle_request(exchange.request)
                try:
                    with self._brake.watch(partial(hang_up, answer)):
                        return self._take_in(answer, step, exchange)
                finally:
                    answer.close()
            except FAILURES as error:
                raise exchange.failure(error) from error

    def _take_in(
        self, answer: httpx.Response, step: Exchange, exchange: DataExchange
    ) -> tuple[Answer, Incoming]:
        top = head(answer)
        incoming = step.receive(top)
        assert isinstance(answer.stream, httpx.SyncByteStream)
        try:
            for data in answer.stream:
                if incoming.add(data):
                    incoming.pass_on()
                    step.tell()
                if incoming.full:
                    return top, incoming
                exchange.check_deadline()
        except FAILURES:
            # What did arrive need not be sent again.
            incoming.settle()
            raise
        incoming.end()
        step.tell()
        return top, incoming

    def _together(self, transfers: Sequence[Transfer[Any]], limit: int) -> list[Any]:
        results: list[Any] = [None] * len(transfers)
        ends: SimpleQueue[BaseException | None] = SimpleQueue()
        waiting = iter(enumerate(transfers))
        brake = Brake()

        def work() -> None:
            try:
                for index, transfer in waiting:
                    results[index] = Transfers(self._driver, brake).run(transfer)
            except BaseException as error:
                ends.put(error)
            else:
                ends.put(None)

        workers = [Worker(f"tc-transfer-{number}", work) for number in range(min(limit, len(transfers)))]
        try:
            for worker in workers:
                worker.start()
            for _ in workers:
                if (failure := ends.get()) is not None:
                    raise failure
        finally:
            # Nothing to stop if all went well.
            brake.pull()
            for worker in workers:
                worker.join()
        return results


class Stopped(Exception):
    """Another of the transfers that ran together failed."""


class Brake:
    """Stops transfers that run in other threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pulled = Latch()
        self._stops: set[Callable[[], None]] = set()

    def pull(self) -> None:
        """Let the transfers end at their next step, and wake those that wait for bytes."""
        with self._lock:
            self._pulled.set()
            for stop in self._stops:
                stop()

    def check(self) -> None:
        """Raise Stopped if the brake was pulled."""
        if self._pulled.is_set:
            raise Stopped

    def sleep(self, seconds: float) -> None:
        """Sleep, unless the brake is pulled."""
        self._pulled.wait(seconds)

    @contextmanager
    def watch(self, stop: Callable[[], None]) -> Generator[None]:
        """Call ``stop`` if the brake is pulled meanwhile."""
        with self._lock:
            self._stops.add(stop)
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._stops.discard(stop)


def hang_up(answer: httpx.Response) -> None:
    """End the connection of an answer that is being read."""
    connected = socket_of(answer)
    if connected is not None:
        shut_down(connected)


class _Body(httpx.SyncByteStream):
    def __init__(self, outgoing: Outgoing, tell: Callable[[], None]) -> None:
        self._outgoing = outgoing
        self._tell = tell

    def __iter__(self) -> Iterator[bytes]:
        while block := self._outgoing.read():
            yield block
            self._tell()
