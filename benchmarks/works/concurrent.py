"""Many calls at once: in one event loop, and in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from ..contenders import ASYNC, SYNC, AsyncContender, Contender, load
from ..rounds import Contestant, Row, Work, fixed, worker
from ..site import DELAY, Site, connections

THREADS = 16
CALLS_PER_THREAD = 25
DELAYED_CALLS = 1000
IN_FLIGHT = 50


def rows(site: Site) -> Iterator[Row]:
    yield Row("async", "Signed GET, async", dict(_async_contestants(site.plain)))
    yield Row(
        "async-delayed",
        f"{DELAYED_CALLS:,} signed GETs at 20 ms, {IN_FLIGHT} in flight",
        {
            "ideal": fixed({"wall": DELAY / IN_FLIGHT}),
            **{
                name: worker(partial(tasks, ASYNC[name], site.delayed, IN_FLIGHT), calls=DELAYED_CALLS)
                for name in ("ours", "ours on aiohttp", "official, shared session", "aiohttp, unsigned")
            },
        },
        rounds=3,
    )
    yield Row(
        "threads",
        f"Signed GETs at 20 ms, {THREADS} threads",
        {
            "ideal": fixed({"wall": DELAY / THREADS, "connections": THREADS}),
            **{
                name: worker(partial(threads, SYNC[name], site.delayed), calls=THREADS * CALLS_PER_THREAD)
                for name in ("ours", "official", "httpx, unsigned")
            },
        },
        rounds=3,
    )


def _async_contestants(root_url: str) -> Iterator[tuple[str, Contestant]]:
    for name, in_flight in (
        *((name, IN_FLIGHT) for name in ASYNC),
        *(
            (name, number)
            for number in (1, 200)
            for name in ("ours", "ours on aiohttp", "official, shared session")
        ),
    ):
        make = partial(tasks, ASYNC[name], root_url, in_flight)
        yield f"{name}, {in_flight} in flight", worker(make, multiple=4 * in_flight)


def tasks(contender: str, root_url: str, in_flight: int) -> Work:
    """Make calls of an async contender from so many tasks."""
    runner = asyncio.Runner()

    async def made() -> AsyncContender:
        client: AsyncContender = load(contender)(root_url, in_flight)
        assert "status" in str(await client.status())
        return client

    client = runner.run(made())

    async def some(count: int) -> None:
        for _ in range(count):
            await client.status()

    async def all_of(count: int) -> None:
        # Some tasks make one call more where the number does not divide evenly.
        shares = [count // in_flight + (number < count % in_flight) for number in range(in_flight)]
        await asyncio.gather(*(some(share) for share in shares))

    def work(count: int) -> dict[str, float]:
        runner.run(all_of(count))
        return {}

    return work


def threads(contender: str, root_url: str) -> Work:
    """Make calls of one sync client from many threads; also count the connections opened for them so far."""
    client: Contender = load(contender)(root_url)
    opened = 0

    def some(count: int) -> None:
        for _ in range(count):
            client.status()

    def work(count: int) -> dict[str, float]:
        nonlocal opened
        before = connections(root_url)
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(some, [count // THREADS] * THREADS))
        opened += connections(root_url) - before - 1  # the last one only asked
        return {"connections": opened}

    return work
