"""Calls that are given up: the client stays usable, and no connection is left open.

With one connection at most, a place in the pool that is not given back makes the next call wait for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from threading import Barrier

import anyio
import anyio.to_thread
import pytest
from flavours import ASYNCIO, Flavour, every_flavour, every_loop
from sample import AsyncSample, Sample
from wire import PATIENCE, Step, Visit, Wire, answer, stall, then

from tc_core import Retry, ServerError, TimedOut
from tc_core._drivers.asynchronous.driver import AsyncPool
from tc_core._drivers.asynchronous.transports import new_async_transport

OK = answer(200, {"ok": True})

STALLS: dict[str, Step] = {
    "before the head": stall,
    "inside the head": then(b"HTTP/1.1 200 OK\r\nContent-", stall),
    "inside the body": then(answer(200, b"{", length=9), stall),
}


@every_loop
@pytest.mark.parametrize("fault", STALLS.values(), ids=STALLS)
async def test_a_cancelled_call_closes_its_connection_and_frees_its_place(
    flavour: Flavour, fault: Step
) -> None:
    with Wire(fault, OK) as wire:
        async with AsyncSample(wire.url, max_connections=1) as sample:
            await cancel_when(lambda: sample.thing("one"), lambda: wire.wait_for_requests(1))
            await flavour.wait(wire.wait_until_all_closed)
            assert await sample.thing("two") == {"ok": True}
        await flavour.wait(wire.wait_until_all_closed)


@every_loop
async def test_a_cancelled_call_on_a_kept_connection_closes_it(flavour: Flavour) -> None:
    with Wire(OK, stall, OK) as wire:
        async with AsyncSample(wire.url, max_connections=1) as sample:
            await sample.thing("one")
            await cancel_when(lambda: sample.thing("two"), lambda: wire.wait_for_requests(2))
            assert await sample.thing("three") == {"ok": True}
    assert [request.connection for request in wire.requests] == [0, 0, 1]


@every_loop
async def test_a_cancelled_call_that_waits_for_a_connection_leaves_the_queue(flavour: Flavour) -> None:
    with Wire(stall, OK, OK) as wire:
        async with AsyncSample(wire.url, max_connections=1) as sample:
            async with anyio.create_task_group() as first:
                first.start_soon(sample.thing, "first")
                await flavour.wait(lambda: wire.wait_for_requests(1))
                async with anyio.create_task_group() as second:
                    second.start_soon(sample.thing, "second")
                    await anyio.wait_all_tasks_blocked()
                    second.cancel_scope.cancel()
                first.cancel_scope.cancel()
            await flavour.together(lambda: sample.thing("third"), lambda: sample.thing("fourth"))
    assert [request.target.rpartition("/")[2] for request in wire.requests][1:] in (
        ["third", "fourth"],
        ["fourth", "third"],
    )


def test_a_place_offered_to_a_task_that_is_cancelled_at_once_goes_to_the_next() -> None:
    async def body() -> None:
        pool = AsyncPool(lambda: new_async_transport("http", "127.0.0.1", 9, None), limit=1)
        slots = await pool.wait()
        first, second = asyncio.create_task(pool.wait()), asyncio.create_task(pool.wait())
        await anyio.wait_all_tasks_blocked()
        slots.release()
        first.cancel()  # after it was woken, and before it runs
        await asyncio.wait_for(second, PATIENCE)
        assert first.cancelled()

    ASYNCIO.run(body)


@every_loop
async def test_a_call_can_be_cancelled_between_its_tries(flavour: Flavour) -> None:
    with Wire(answer(500), OK) as wire:
        retry = Retry(delay=3600, max_delay=3600)
        async with AsyncSample(wire.url, max_connections=1, retry=retry) as sample:
            await cancel_when(lambda: sample.thing("one"), lambda: wire.wait_for_requests(1))
            assert await sample.thing("two") == {"ok": True}


@every_loop
async def test_closing_within_a_cancelled_scope_still_closes_all_connections(flavour: Flavour) -> None:
    both = Barrier(2)

    def together(visit: Visit) -> None:
        both.wait(PATIENCE)
        visit.send(OK)

    with Wire(otherwise=together) as wire:
        sample = AsyncSample(wire.url)
        await flavour.together(lambda: sample.thing("one"), lambda: sample.thing("two"))
        with anyio.CancelScope() as scope:
            scope.cancel()
            await sample.aclose()
        await flavour.wait(wire.wait_until_all_closed)
    assert wire.accepted == 2


def test_a_cancelled_asyncio_task_leaves_the_client_usable() -> None:
    async def body() -> None:
        async with AsyncSample(wire.url, max_connections=1) as sample:
            task = asyncio.create_task(sample.thing("one"))
            await asyncio.to_thread(wire.wait_for_requests, 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await sample.thing("two") == {"ok": True}

    with Wire(stall, OK) as wire:
        ASYNCIO.run(body)
        wire.wait_until_all_closed()


@every_loop
async def test_a_timeout_of_the_caller_is_not_taken_for_the_deadline(flavour: Flavour) -> None:
    with Wire(stall, OK) as wire:
        async with AsyncSample(wire.url, max_connections=1, deadline=60) as sample:
            with pytest.raises(TimeoutError) as caught, anyio.fail_after(0.1):
                await sample.thing("one")
            assert not isinstance(caught.value, TimedOut)
            assert await sample.thing("two") == {"ok": True}


@every_flavour
@pytest.mark.parametrize("fault", STALLS.values(), ids=STALLS)
async def test_the_deadline_ends_a_call_and_frees_its_place(flavour: Flavour, fault: Step) -> None:
    with Wire(OK, fault, OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, max_connections=1) as sample:
            await sample.thing("one")
            with pytest.raises(TimedOut) as caught:
                await sample.with_options(deadline=0.2).thing("two")
            assert await sample.thing("three") == {"ok": True}
        await flavour.wait(wire.wait_until_all_closed)
    assert caught.value.sent
    assert len(wire.requests) == 3


@every_flavour
async def test_the_deadline_bounds_the_wait_for_a_connection(flavour: Flavour) -> None:
    with Wire(stall, OK) as wire:
        async with flavour.make(
            Sample, AsyncSample, wire.url, max_connections=1, retry=Retry(retries=0)
        ) as sample:

            async def waits() -> None:
                await flavour.wait(lambda: wire.wait_for_requests(1))
                with pytest.raises(TimedOut):
                    await sample.with_options(deadline=0.05).thing("two")
                wire.drop_connections()

            async def stalls() -> None:
                with pytest.raises(Exception, match="one"):
                    await sample.thing("one")

            await flavour.together(stalls, waits)
            assert await sample.thing("three") == {"ok": True}
    assert len(wire.requests) == 2


@every_flavour
async def test_the_deadline_ends_the_retries(flavour: Flavour) -> None:
    with Wire(otherwise=answer(500)) as wire:
        retry = Retry(retries=10**9, delay=0.001, max_delay=0.001)
        async with flavour.make(Sample, AsyncSample, wire.url, retry=retry, deadline=0.2) as sample:
            with pytest.raises((ServerError, TimedOut)):
                await sample.thing("one")


async def cancel_when(call: Callable[[], Awaitable[object]], event: Callable[[], None]) -> None:
    """Begin a call in a task, and cancel it once ``event``, which blocks a thread, returns."""
    async with anyio.create_task_group() as group:

        async def run() -> None:
            await call()
            raise AssertionError("the call was not cancelled")

        group.start_soon(run)
        await anyio.to_thread.run_sync(event)
        group.cancel_scope.cancel()
