"""Calls that are given up at each place where they wait: the pool stays usable, and no socket is left behind.

With one connection at most, a place in the pool that is not given back would keep the next call from being made.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import signal
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from functools import partial
from typing import Any, Literal, cast

import anyio
import pytest
import trio
from adversity import ACTIONS, Action, AsyncClients, Clients, make_clients, well
from authority import Authority
from ctrl_c import Pressed, at_every_place
from flavours import AIOHTTP, ASYNCIO, SYNC, TRIO, Facade, Flavour, every_loop
from wire import PATIENCE, Wire, answer

from tc_core import Retry
from tc_testing import Relay

PUT, WALK = ACTIONS[1], ACTIONS[-1]

Before = Literal["new", "kept", "died"]
"""Whether a call has to connect: at first, not at all, or because its kept connection is dead."""

each_place = pytest.mark.parametrize(
    ("action", "tls", "before"),
    [
        (WALK, False, "new"),
        (PUT, False, "kept"),
        (PUT, False, "died"),
        (PUT, True, "new"),
        (PUT, True, "kept"),
        (PUT, True, "died"),
    ],
    ids=["walk, new", "kept", "died", "TLS, new", "TLS, kept", "TLS, died"],
)


class Stepped:
    """Awaits something, and acts when it suspends for the n-th time, counted from 0."""

    def __init__(self, awaitable: Awaitable[Any], step: int, act: Callable[[], object]) -> None:
        self._awaitable = awaitable
        self._step = step
        self._act = act
        self.reached = False

    def __await__(self) -> Generator[Any, Any, Any]:
        inner = self._awaitable.__await__()
        go_on: Callable[[], Any] = partial(inner.send, None)
        for step in itertools.count():
            try:
                trap = go_on()
            except StopIteration as end:
                return end.value
            if step == self._step:
                self.reached = True
                self._act()
            try:
                go_on = partial(inner.send, (yield trap))
            except BaseException as error:
                go_on = partial(inner.throw, error)
        raise AssertionError


@every_loop
@each_place
async def test_a_call_may_be_cancelled_wherever_it_waits(
    flavour: Flavour, action: Action, tls: bool, before: Before, authority: Authority
) -> None:
    with Wire(otherwise=well, tls=authority.server() if tls else None) as wire, Relay(wire.url) as relay:
        options: dict[str, Any] = {"ssl_context": authority.client() if tls else None, "max_connections": 1}
        step, reached = 0, True
        while reached:
            async with make_clients(flavour, relay.url, **options) as clients:
                if before != "new":
                    await clients.client()
                if before == "died":
                    wire.drop_connections()
                    await flavour.wait(lambda: relay.wait_for(lambda: relay.open == 0))
                scope = anyio.CancelScope()
                stepped = Stepped(action.do(clients), step, scope.cancel)
                with scope:
                    assert await stepped == action.value
                with anyio.fail_after(PATIENCE):
                    assert await clients.client() == {"ok": True}
                await flavour.wait(lambda: relay.wait_for(lambda: relay.open == 1))
            await flavour.wait(lambda: relay.wait_for(lambda: relay.open == 0))
            step, reached = step + 1, stepped.reached
        assert step > 1
    gc.collect()


def cancel_task() -> None:
    """Cancel the task that runs. Unlike a cancel scope it is told so once only."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


@pytest.mark.parametrize("flavour", [ASYNCIO, AIOHTTP], ids=str)
@each_place
def test_an_asyncio_task_may_be_cancelled_wherever_it_waits(
    flavour: Flavour, action: Action, tls: bool, before: Before, authority: Authority
) -> None:
    async def run() -> None:
        step, reached = 0, True
        while reached:
            async with make_clients(flavour, relay.url, **options) as clients:
                if before != "new":
                    await clients.client()
                if before == "died":
                    wire.drop_connections()
                    await asyncio.to_thread(relay.wait_for, lambda: relay.open == 0)
                stepped = Stepped(action.do(clients), step, cancel_task)
                task = asyncio.ensure_future(stepped)
                [outcome] = await asyncio.gather(task, return_exceptions=True)
                assert isinstance(outcome, asyncio.CancelledError) or outcome == action.value
                async with asyncio.timeout(PATIENCE):
                    assert await clients.client() == {"ok": True}
                await asyncio.to_thread(relay.wait_for, lambda: relay.open == 1)
            await asyncio.to_thread(relay.wait_for, lambda: relay.open == 0)
            step, reached = step + 1, stepped.reached
        assert step > 1

    with Wire(otherwise=well, tls=authority.server() if tls else None) as wire, Relay(wire.url) as relay:
        options: dict[str, Any] = {"ssl_context": authority.client() if tls else None, "max_connections": 1}
        asyncio.run(run())
    gc.collect()


@every_loop
async def test_a_retry_may_be_cancelled_wherever_it_waits(flavour: Flavour) -> None:
    with Wire(otherwise=answer(500)) as wire:
        step, reached = 0, True
        while reached:
            async with make_clients(
                flavour, wire.url, max_connections=1, retry=Retry(retries=2, delay=0.0001)
            ) as clients:
                scope = anyio.CancelScope()
                stepped = Stepped(ACTIONS[0].do(clients), step, scope.cancel)
                with scope, pytest.raises(Exception, match="500"):
                    await stepped
                with anyio.fail_after(PATIENCE), pytest.raises(Exception, match="500"):
                    await clients.client()
            await flavour.wait(wire.wait_until_all_closed)
            step, reached = step + 1, stepped.reached
        assert step > 1
    gc.collect()


@trio.lowlevel.enable_ki_protection
def interrupt() -> None:
    """Press Ctrl-C. Trio delivers it where the main task waits next, and asyncio cancels the main task."""
    signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("flavour", [ASYNCIO, TRIO, AIOHTTP], ids=str)
@pytest.mark.parametrize("kept", [False, True], ids=["new connection", "kept connection"])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_ctrl_c_may_come_wherever_an_async_call_waits(
    flavour: Flavour, tls: bool, kept: bool, authority: Authority
) -> None:
    with Wire(otherwise=well, tls=authority.server() if tls else None) as wire, Relay(wire.url) as relay:
        options: dict[str, Any] = {"ssl_context": authority.client() if tls else None, "max_connections": 1}
        step, reached = 0, True
        while reached:
            clients = make_clients(flavour, relay.url, **options)
            stepped = Stepped(WALK.do(clients), step, interrupt)
            try:
                flavour.run(partial(run_interrupted, clients, kept, stepped))
            except* KeyboardInterrupt:  # in a group, where trio itself runs more than one task
                pass
            relay.wait_for(lambda: relay.open == 0)
            flavour.run(partial(run_again, clients))
            relay.wait_for(lambda: relay.open == 0)
            step, reached = step + 1, stepped.reached
        assert step > 1
    gc.collect()


async def run_interrupted(clients: AsyncClients, kept: bool, stepped: Stepped) -> None:
    if kept:
        await clients.client()
    await stepped


async def run_again(clients: AsyncClients) -> None:
    async with clients:
        with anyio.fail_after(PATIENCE):
            assert await WALK.do(clients) == WALK.value


# Python's own socket.create_connection leaves a socket to the garbage collector then, which closes it at once.
@pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
@each_place
def test_ctrl_c_may_come_wherever_a_sync_call_waits(
    action: Action, tls: bool, before: Before, authority: Authority
) -> None:
    with Wire(otherwise=well, tls=authority.server() if tls else None) as wire, Relay(wire.url) as relay:
        options: dict[str, Any] = {"ssl_context": authority.client() if tls else None, "max_connections": 1}

        def make_one(pressed: Pressed) -> None:
            with Clients(relay.url, **options) as clients:
                if before != "new":
                    clients.client()
                if before == "died":
                    wire.drop_connections()
                    relay.wait_for(lambda: relay.open == 0)
                facade = cast(AsyncClients, Facade(clients, AsyncClients))
                with suppress(KeyboardInterrupt), pressed:
                    SYNC.run(partial(action.do, facade))
                assert clients.with_options(deadline=PATIENCE).client() == {"ok": True}
                relay.wait_for(lambda: relay.open == 1)
            relay.wait_for(lambda: relay.open == 0)

        # By TLS each takes long, and there is nothing of our own in it but where it waits.
        assert at_every_place(make_one, waiting=tls) > 1
    gc.collect()
