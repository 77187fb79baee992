"""One client and several users of it: threads, processes, event loops."""

from __future__ import annotations

import gc
import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from threading import Barrier, Event
from typing import IO, Any

import anyio
import pytest
from adversity import AsyncClients, Clients, make_clients, well
from authority import Authority
from flavours import AIOHTTP, ASYNCIO, TRIO, Flavour, every_flavour, every_loop
from sample import AsyncSample, Sample
from wire import PATIENCE, Visit, Wire, answer

from tc_core import Retry, TimedOut
from tc_testing import Fault, Relay, random_faults

MANY = 16


def echo(visit: Visit) -> None:
    visit.send(answer(200, {"thing": visit.request.target.rpartition("/")[2]}))


# Threads and tasks --------------------------------------------------------------------------------------------


@every_flavour
async def test_many_users_of_one_client_each_get_their_own_answers_whatever_fails(flavour: Flavour) -> None:
    faults = [
        Fault.refuse(),
        Fault.reset("response"),
        Fault.reset("body", after=3),
        Fault.truncate("headers", after=9),
        Fault.close_after_response(),
        Fault.append(b"and more\r\n\r\n"),
    ]
    with (
        Wire(otherwise=echo) as wire,
        Relay(wire.url, random_faults(Random(4), 0.2, faults)) as relay,
    ):
        async with flavour.make(
            Sample, AsyncSample, relay.url, max_connections=5, retry=Retry(retries=99, delay=0)
        ) as sample:

            async def user(name: int) -> None:
                for number in range(10):
                    thing = f"{name}-{number}"
                    assert await sample.thing(thing) == {"thing": thing}

            await flavour.together(*(partial(user, name) for name in range(MANY)))
            assert relay.applied.total() > 10
        await flavour.wait(lambda: relay.wait_for(lambda: relay.open == 0))


@every_flavour
async def test_many_users_have_one_connection_each_and_keep_it(flavour: Flavour) -> None:
    all_there = Barrier(MANY)

    def together(visit: Visit) -> None:
        all_there.wait(PATIENCE)
        echo(visit)

    with Wire(otherwise=together) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, max_connections=MANY) as sample:

            async def user(name: int) -> None:
                for _ in range(5):
                    assert await sample.thing(str(name)) == {"thing": str(name)}

            await flavour.together(*(partial(user, name) for name in range(MANY)))
    assert wire.accepted == MANY


@every_flavour
async def test_users_who_wait_for_a_connection_in_vain_are_told_at_their_deadline(flavour: Flavour) -> None:
    told = itertools.count(1)
    done = Event()

    def hold(visit: Visit) -> None:
        done.wait(PATIENCE)
        echo(visit)

    with Wire(hold, hold, otherwise=echo) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, max_connections=2) as sample:

            async def holder() -> None:
                assert await sample.thing("held") == {"thing": "held"}

            async def waiter() -> None:
                await flavour.wait(lambda: wire.wait_for_requests(2))
                with pytest.raises(TimedOut) as caught:
                    await sample.with_options(deadline=0.1).thing("late")
                if next(told) == MANY:
                    done.set()
                # A transport that is given need not tell how far it came.
                assert not caught.value.sent or flavour is AIOHTTP

            await flavour.together(holder, holder, *[waiter] * MANY)
            assert await sample.thing("one") == {"thing": "one"}
    assert (wire.accepted, len(wire.requests)) == (2, 3)


# Processes ----------------------------------------------------------------------------------------------------

CHILD_WORKS = """
clients.client()
in_child(clients.client)
clients.client()
"""

CHILD_CLOSES = """
clients.client()
in_child(clients.close)
clients.client()
"""

CALL_UNDER_WAY = """
call = in_thread(clients.client)
wait_for_line()  # the server has got the request
in_child(clients.client)
print("go on", flush=True)
call()
"""

RENEWAL_UNDER_WAY = """
def provider():
    if os.getpid() == parent:
        renewing.set()
        assert forked.wait(30)
    return Credentials("id", "token")

renewing, forked = Event(), Event()
clients = clients.with_options(credentials=provider)
call = in_thread(clients.client)
assert renewing.wait(30)
in_child(lambda: [in_thread(clients.client)() for _ in range(3)])
forked.set()
call()
"""

PROLOGUE = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from adversity import Clients
from tc_core import Credentials

parent = os.getpid()
clients = owner = Clients(sys.argv[1], max_connections=1, deadline=30)

def in_thread(function):
    return ThreadPoolExecutor(1).submit(function).result

def in_child(function):
    child = os.fork()
    if not child:
        try:
            function()
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0, status

def wait_for_line():
    assert sys.stdin.readline()
"""


def run(
    text: str,
    wire: Wire,
    authority: Authority,
    folder: Path,
    talk: Callable[[IO[str], IO[str]], None] | None = None,
) -> None:
    """Run a program that has a client; it must end well and warn of nothing.

    Args:
        talk: given what the program reads, and what it writes.
    """
    search = {"PYTHONPATH": os.pathsep.join(sys.path), "SSL_CERT_FILE": str(authority.write_file(folder))}
    command = [
        sys.executable,
        "-W",
        "error::ResourceWarning",
        "-c",
        f"{PROLOGUE}{text}owner.close()",
        wire.url,
    ]
    with subprocess.Popen(
        command,
        text=True,
        env=os.environ | search,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            if talk is not None:
                assert process.stdin
                assert process.stdout
                talk(process.stdin, process.stdout)
            _, errors = process.communicate(timeout=2 * PATIENCE)
        finally:
            process.kill()  # which does nothing to one that has ended
    # Python 3.12 and later warn of any fork beside threads.
    lines = [line for line in errors.splitlines() if "fork" not in line]
    assert (process.returncode, lines) == (0, [])


forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


@forks
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize(
    ("text", "connections"), [(CHILD_WORKS, [0, 1, 0]), (CHILD_CLOSES, [0, 0])], ids=["calls", "closes"]
)
def test_a_forked_child_works_and_leaves_the_connection_of_its_parent_alone(
    text: str, connections: list[int], tls: bool, authority: Authority, tmp_path: Path
) -> None:
    with Wire(otherwise=well, tls=authority.server() if tls else None) as wire:
        run(text, wire, authority, tmp_path)
    assert [request.connection for request in wire.requests] == connections


@forks
def test_a_child_that_is_forked_while_another_thread_calls_waits_for_nothing(
    authority: Authority, tmp_path: Path
) -> None:
    done = Event()

    def hold(visit: Visit) -> None:
        done.wait(PATIENCE)
        well(visit)

    def talk(stdin: IO[str], stdout: IO[str]) -> None:
        wire.wait_for_requests(1)
        stdin.write("it came\n")
        stdin.flush()
        assert stdout.readline() == "go on\n"
        done.set()

    with Wire(hold, otherwise=well) as wire:
        run(CALL_UNDER_WAY, wire, authority, tmp_path, talk)
    assert [request.connection for request in wire.requests] == [0, 1]


@forks
def test_a_child_that_is_forked_while_another_thread_renews_credentials_waits_for_nothing(
    authority: Authority, tmp_path: Path
) -> None:
    with Wire(otherwise=well) as wire:
        run(RENEWAL_UNDER_WAY, wire, authority, tmp_path)
    assert len(wire.requests) == 4


# Event loops --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "loops", list(itertools.product([ASYNCIO, TRIO], repeat=3)), ids=lambda loops: "-".join(map(str, loops))
)
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_an_async_client_serves_loop_after_loop_and_each_closes_its_connections(
    loops: tuple[Flavour, ...], tls: bool, authority: Authority
) -> None:
    async def use(clients: AsyncClients) -> None:
        async def call() -> None:
            assert await clients.client() == {"ok": True}

        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(call)

    def use_in_each() -> None:
        clients = AsyncClients(wire.url, ssl_context=authority.client() if tls else None)
        for flavour in loops:
            flavour.run(partial(use, clients))
            wire.wait_until_all_closed()

    with Wire(otherwise=well, tls=authority.server() if tls else None) as wire:
        use_in_each()
        gc.collect()  # which would warn of sockets


@every_loop
async def test_a_client_may_be_closed_in_another_loop_than_it_was_used_in(flavour: Flavour) -> None:
    with Wire(otherwise=well) as wire:
        clients: Any = make_clients(flavour, wire.url)

        def elsewhere() -> None:
            ASYNCIO.run(clients.client)

        await anyio.to_thread.run_sync(elsewhere)
        await anyio.to_thread.run_sync(wire.wait_until_all_closed)
        await clients.aclose()
        with pytest.raises(RuntimeError, match="this client is closed"):
            await clients.client()


def test_threads_that_begin_at_the_same_time_make_one_pool() -> None:
    def begin(clients: Clients, together: Barrier) -> None:
        together.wait(PATIENCE)
        assert clients.client() == {"ok": True}

    with Wire(otherwise=well) as wire, ThreadPoolExecutor(MANY) as threads:
        for _ in range(5):
            with Clients(wire.url) as clients:
                together = Barrier(MANY)
                for call in [threads.submit(begin, clients, together) for _ in range(MANY)]:
                    call.result()
            wire.wait_until_all_closed()
