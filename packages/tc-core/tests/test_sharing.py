"""Who owns connections, who closes them, and how many there are."""

from __future__ import annotations

import asyncio
from threading import Barrier

import anyio
import httpx
import pytest
from flavours import ASYNCIO, TRIO, Flavour, every_flavour, every_loop
from sample import AsyncSample, Sample
from wire import PATIENCE, Visit, Wire, answer, hang_up

from tc_core import AsyncClient, Client, Credentials, Retry
from tc_core._drivers.asynchronous.driver import AsyncPool
from tc_core._drivers.asynchronous.transports import new_async_transport
from tc_core._drivers.sync.transports import give_up, new_transport

OK = answer(200, {"ok": True})
CLOSED = "this client is closed"


class Closable(httpx.MockTransport):
    """A transport that counts how often it is closed."""

    closed = 0

    def __init__(self) -> None:
        super().__init__(lambda _: httpx.Response(200, json={"ok": True}))

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


@every_flavour
async def test_a_service_made_from_a_url_closes_its_connections(flavour: Flavour) -> None:
    with Wire(OK) as wire:
        sample = flavour.make(Sample, AsyncSample, wire.url)
        await sample.thing("one")
        await sample.aclose()
        await flavour.wait(wire.wait_until_all_closed)
        with pytest.raises(RuntimeError, match=CLOSED):
            await sample.thing("one")


@every_flavour
async def test_a_service_made_from_the_environment_closes_its_connections(
    flavour: Flavour, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(OK) as wire:
        monkeypatch.setenv("TASKCLUSTER_ROOT_URL", wire.url)
        async with flavour.make(Sample.from_env, AsyncSample.from_env) as sample:
            await sample.thing("one")
        await flavour.wait(wire.wait_until_all_closed)
        with pytest.raises(RuntimeError, match=CLOSED):
            await sample.thing("one")


@every_flavour
async def test_a_service_on_a_client_never_closes_it(flavour: Flavour) -> None:
    with Wire(OK, OK, OK) as wire:
        async with flavour.make(Client, AsyncClient, wire.url) as client:
            async with flavour.make(Sample, AsyncSample, client) as sample:
                await sample.thing("one")
            await sample.aclose()
            await sample.thing("two")
            await client.request("GET", "api/sample/v1/things/three")
        with pytest.raises(RuntimeError, match=CLOSED):
            await sample.thing("four")
    assert wire.accepted == 1


@every_flavour
async def test_copies_share_connections_and_never_close_them(flavour: Flavour) -> None:
    with Wire(OK, OK, OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            async with sample.with_options(timeout=5) as copy:
                await copy.thing("one")
            await copy.with_options(trace_id="abc").aclose()
            await copy.thing("two")
            await sample.thing("three")
        with pytest.raises(RuntimeError, match=CLOSED):
            await copy.thing("four")
    assert wire.accepted == 1


@every_flavour
async def test_a_copy_has_its_own_options_and_leaves_the_original_as_it_was(flavour: Flavour) -> None:
    with Wire(OK, OK, OK) as wire:
        async with flavour.make(
            Sample, AsyncSample, wire.url, credentials=Credentials("id", "token"), trace_id="first"
        ) as sample:
            copy = sample.with_options(credentials=None, trace_id="second")
            await copy.thing("one")
            await sample.thing("one")
    changed, original = (request.headers for request in wire.requests)
    assert changed["x-taskcluster-trace-id"] == "second"
    assert "authorization" not in changed
    assert original["x-taskcluster-trace-id"] == "first"
    assert 'id="id"' in original["authorization"]


@every_flavour
async def test_closing_without_a_call_and_closing_twice_do_no_harm(flavour: Flavour) -> None:
    client = flavour.make(Client, AsyncClient, "http://127.0.0.1:9")
    await client.aclose()
    await client.aclose()
    with pytest.raises(RuntimeError, match=CLOSED):
        await client.request("GET", "api/ping")


@every_flavour
@pytest.mark.parametrize("calls", [0, 1])
async def test_closing_closes_a_transport_that_was_given_even_without_a_call(
    flavour: Flavour, calls: int
) -> None:
    transport = Closable()
    client = flavour.make(Client, AsyncClient, "http://127.0.0.1:9", transport=transport)
    for _ in range(calls):
        await client.request("GET", "api/ping")
    await client.aclose()
    await client.aclose()
    assert transport.closed == 1


@every_flavour
async def test_calls_one_after_the_other_use_one_connection(flavour: Flavour) -> None:
    with Wire(otherwise=OK) as wire:
        async with flavour.make(Client, AsyncClient, wire.url) as client:
            sample = flavour.make(Sample, AsyncSample, client)
            other = flavour.make(Sample, AsyncSample, client)
            for _ in range(5):
                await sample.thing("one")
                await other.badge()
        wire.wait_until_all_closed()
    assert (wire.accepted, len(wire.requests)) == (1, 10)


@every_flavour
async def test_errors_that_were_read_to_their_end_keep_the_connection(flavour: Flavour) -> None:
    with Wire(answer(500), answer(404), OK) as wire:
        retry = Retry(delay=0)
        async with flavour.make(Sample, AsyncSample, wire.url, retry=retry) as sample:
            with pytest.raises(Exception, match="404"):
                await sample.thing("one")
            await sample.thing("one")
    assert wire.accepted == 1


@every_flavour
async def test_a_server_that_wants_to_close_is_connected_to_again(flavour: Flavour) -> None:
    closing = answer(200, {}, {"Connection": "close"})
    with Wire(closing, closing) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=Retry(retries=0)) as sample:
            await sample.thing("one")
            await sample.thing("two")
        wire.wait_until_all_closed()
    assert wire.accepted == 2


@every_flavour
@pytest.mark.parametrize("calls", [8, 50])
async def test_calls_at_once_have_a_connection_each_and_keep_it(flavour: Flavour, calls: int) -> None:
    all_there = Barrier(calls)

    def when_all_are_there(visit: Visit) -> None:
        all_there.wait(PATIENCE)
        visit.send(answer(200, {"target": visit.request.target}))

    with Wire(otherwise=when_all_are_there) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:

            async def call(number: int) -> str:
                value = await sample.thing(str(number))
                target: str = value["target"]
                return target.rpartition("/")[2]

            for _ in range(2):
                numbers = await flavour.together(*(lambda n=n: call(n) for n in range(calls)))
                assert numbers == [str(number) for number in range(calls)]
        wire.wait_until_all_closed()
    assert wire.accepted == calls


@every_flavour
async def test_no_more_than_max_connections_are_open_and_further_calls_wait(flavour: Flavour) -> None:
    three = Barrier(3)

    def in_threes(visit: Visit) -> None:
        three.wait(PATIENCE)
        visit.send(OK)

    with Wire(otherwise=in_threes) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, max_connections=3) as sample:
            await flavour.together(*(lambda: sample.thing("one") for _ in range(12)))
    assert (wire.accepted, len(wire.requests)) == (3, 12)


@every_loop
async def test_who_waits_for_a_connection_is_before_those_who_come_later(flavour: Flavour) -> None:
    async def thrice(name: str) -> None:
        for _ in range(3):
            await sample.thing(name)

    with Wire(otherwise=OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, max_connections=1) as sample:
            await flavour.together(lambda: thrice("one"), lambda: thrice("two"))
    names = [request.target.rpartition("/")[2] for request in wire.requests]
    assert names in (["one", "two"] * 3, ["two", "one"] * 3)


def test_calls_that_a_loop_left_behind_free_no_place_in_the_next() -> None:
    async def begin() -> anyio.Semaphore:
        return await pool.wait()

    async def go_on() -> None:
        await pool.wait()
        second = asyncio.create_task(pool.wait())
        left.release()
        await anyio.wait_all_tasks_blocked()
        assert not second.done()
        second.cancel()

    pool = AsyncPool(lambda: new_async_transport("http", "127.0.0.1", 9, None), limit=1)
    left = ASYNCIO.run(begin)
    ASYNCIO.run(go_on)


@every_flavour
async def test_connections_that_are_unused_for_long_are_closed(
    flavour: Flavour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tc_core._drivers.sync.driver.IDLE_SECONDS", -1.0)
    monkeypatch.setattr("tc_core._drivers.asynchronous.driver.IDLE_SECONDS", -1.0)
    monkeypatch.setattr("tc_core.aiohttp.IDLE_SECONDS", 0.01)  # when it looks for them again
    with Wire(otherwise=OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            await sample.thing("one")
            await flavour.wait(wire.wait_until_all_closed)
            await flavour.together(*(lambda: sample.thing("two") for _ in range(8)))
            await flavour.wait(wire.wait_until_all_closed)


@every_flavour
async def test_a_connection_that_was_unused_for_long_is_not_used_again(
    flavour: Flavour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tc_core.aiohttp.IDLE_SECONDS", 1e-9)
    with Wire(otherwise=OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            await sample.thing("one")
            monkeypatch.setattr("tc_core._drivers.sync.driver.IDLE_SECONDS", 0.0)
            monkeypatch.setattr("tc_core._drivers.asynchronous.driver.IDLE_SECONDS", 0.0)
            await sample.thing("two")
    assert wire.accepted == 2


@every_flavour
async def test_a_connection_that_was_lost_frees_its_place(flavour: Flavour) -> None:
    with Wire(hang_up, hang_up, hang_up, OK) as wire:
        retry = Retry(delay=0)
        async with flavour.make(Sample, AsyncSample, wire.url, max_connections=1, retry=retry) as sample:
            await sample.thing("one")
    assert wire.accepted == 4


@every_flavour
async def test_a_call_under_way_when_the_client_closes_ends_well_and_leaves_no_connection(
    flavour: Flavour,
) -> None:
    arrived, release = Barrier(2), Barrier(2)

    def held(visit: Visit) -> None:
        arrived.wait(PATIENCE)
        release.wait(PATIENCE)
        visit.send(OK)

    with Wire(held) as wire:
        sample = flavour.make(Sample, AsyncSample, wire.url)

        async def close_in_the_middle() -> None:
            await flavour.wait(lambda: arrived.wait(PATIENCE))
            await sample.aclose()
            await flavour.wait(lambda: release.wait(PATIENCE))

        results = await flavour.together(lambda: sample.thing("one"), close_in_the_middle)
        await flavour.wait(wire.wait_until_all_closed)
    assert results == [{"ok": True}, None]


@every_loop
async def test_a_call_that_waits_for_a_connection_when_the_client_closes_ends_well(flavour: Flavour) -> None:
    arrived, release = Barrier(2), Barrier(2)

    def held(visit: Visit) -> None:
        arrived.wait(PATIENCE)
        release.wait(PATIENCE)
        visit.send(OK)

    with Wire(held, OK) as wire:
        sample = flavour.make(Sample, AsyncSample, wire.url, max_connections=1)

        async def close_in_the_middle() -> None:
            await flavour.wait(lambda: arrived.wait(PATIENCE))
            await sample.aclose()
            await flavour.wait(lambda: release.wait(PATIENCE))

        await flavour.together(lambda: sample.thing("one"), lambda: sample.thing("two"), close_in_the_middle)
        await flavour.wait(wire.wait_until_all_closed)


@pytest.mark.parametrize("first", [ASYNCIO, TRIO], ids=str)
@pytest.mark.parametrize("second", [ASYNCIO, TRIO], ids=str)
def test_an_async_client_serves_one_event_loop_after_the_other(first: Flavour, second: Flavour) -> None:
    async def once() -> None:
        assert await sample.thing("one") == {"ok": True}

    async def last() -> None:
        async with sample:
            await once()

    with Wire(OK, OK) as wire:
        sample = AsyncSample(wire.url)
        first.run(once)
        second.run(last)
    assert wire.accepted == 2


def test_an_async_service_refuses_a_sync_client() -> None:
    client = Client("https://tc.example.com")
    with pytest.raises(TypeError, match=r"^client: .*use Sample$"):
        AsyncSample(client)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]


def test_a_sync_service_refuses_an_async_client() -> None:
    client = AsyncClient("https://tc.example.com")
    with pytest.raises(TypeError, match=r"^client: .*use AsyncSample$"):
        Sample(client)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]


def test_a_connection_that_is_given_up_while_it_is_made_sends_nothing() -> None:
    with Wire() as wire:
        transport = new_transport("http", "127.0.0.1", wire.port, None)
        give_up(transport)
        with pytest.raises(httpx.ReadError, match="given up"):
            transport.handle_request(httpx.Request("GET", wire.url, extensions={"timeout": {}}))
        transport.close()
        wire.wait_until_all_closed()
    assert wire.requests == []
