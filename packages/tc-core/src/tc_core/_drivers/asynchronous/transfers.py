"""The driver of transfers for asyncio and trio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import anyio
import httpx

from ..._errors import TimedOut
from ..._flow import Sleep
from ..._transfers.steps import Answer, Ask, Exchange, Incoming, Outgoing, Step, Together, Transfer, Work
from ..data import DataExchange, head, origin_of
from ..exchange import FAILURES
from .driver import AsyncDriver
from .threads import in_thread

T = TypeVar("T")


class AsyncTransfers:
    """Does the steps of transfers on the connections of a driver; what may block, in worker threads."""

    def __init__(self, driver: AsyncDriver) -> None:
        self._driver = driver

    async def run(self, transfer: Transfer[T]) -> T:
        """Do a transfer's steps to its end, and return its result."""
        try:
            step = next(transfer)
            while True:
                try:
                    result = [await self._do(step)]
                except Exception as error:
                    step = transfer.throw(error)
                else:
                    # Not kept: some reports show local variables, and this may well be a URL with its signature.
                    step = transfer.send(result.pop())
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            # When cancelled too it lets go of its files and threads at once, not when the last traceback is gone.
            transfer.close()

    async def _do(self, step: Step) -> Any:
        match step:
            case Exchange():
                with anyio.move_on_after(step.remaining):
                    return await self._exchange(step)
                raise TimedOut(f"{step.request.name}: the deadline passed")
            case Ask(service, call, remaining):
                return await call(service if remaining is None else service.with_options(deadline=remaining))
            case Work(function):
                return await in_thread(function)
            case Sleep(seconds):
                return await anyio.sleep(seconds)
            case Together(transfers, limit):
                return await self._together(transfers, limit)

    async def _exchange(self, step: Exchange) -> tuple[Answer, Incoming]:
        body = None if step.body is None else _Body(step.body, step.tell)
        exchange = DataExchange(step, None, body)
        async with self._driver.connection(origin_of(step.request.url)) as transport:
            try:
                answer = await transport.handle_async_request(exchange.request)
                try:
                    return await _take_in(answer, step)
                finally:
                    with anyio.CancelScope(shield=True):
                        await answer.aclose()
            except FAILURES as error:
                raise exchange.failure(error) from error

    async def _together(self, transfers: Sequence[Transfer[Any]], limit: int) -> list[Any]:
        results: list[Any] = [None] * len(transfers)
        failures: list[Exception] = []
        waiting = iter(enumerate(transfers))

        async def work() -> None:
            try:
                for index, transfer in waiting:
                    results[index] = await self.run(transfer)
            except Exception as error:
                failures.append(error)
                group.cancel_scope.cancel()

        async with anyio.create_task_group() as group:
            for _ in range(min(limit, len(transfers))):
                group.start_soon(work)
        for failure in failures:
            raise failure
        return results


async def _take_in(answer: httpx.Response, step: Exchange) -> tuple[Answer, Incoming]:
    top = head(answer)
    incoming = step.receive(top)
    assert isinstance(answer.stream, httpx.AsyncByteStream)
    pieces = aiter(answer.stream)
    try:
        async for data in pieces:
            if incoming.add(data):
                if not incoming.offer():
                    await in_thread(incoming.pass_on)
                step.tell()
            if incoming.full:
                await _abandon(answer, pieces)
                return top, incoming
    except FAILURES:
        # What did arrive need not be sent again.
        await in_thread(incoming.settle)
        raise
    except BaseException:
        await _abandon(answer, pieces)
        raise
    await in_thread(incoming.end)
    step.tell()
    return top, incoming


async def _abandon(answer: httpx.Response, pieces: AsyncIterator[bytes]) -> None:
    """End httpcore's generators: trio warns about those that stay suspended, and reading on when closed ends them."""
    with anyio.CancelScope(shield=True):
        await answer.aclose()
        with suppress(Exception):
            async for _ in pieces:
                pass


class _Body(httpx.AsyncByteStream):
    # No async generator: one that is left early stays suspended, and trio warns about that.
    def __init__(self, outgoing: Outgoing, tell: Callable[[], None]) -> None:
        self._outgoing = outgoing
        self._tell = tell
        self._began = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._began:
            self._tell()
        self._began = True
        block: bytes = await in_thread(self._outgoing.read)
        if not block:
            raise StopAsyncIteration
        return block
