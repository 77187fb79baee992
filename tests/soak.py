"""Many calls through a relay that makes faults: descriptors, threads and memory must stay flat, and answers right.

``nox -s soak`` runs it, on Linux. Server and relay are another process, so that only the clients are measured; in
the phase ``local`` it is a local Taskcluster that is, in this process, reset again and again as pytest does it. That
it would notice a leak is shown by ``nox -s soak -- --plant memory``, which must fail.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import gc
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median
from threading import Event, Lock, Thread
from typing import Any, ClassVar, NamedTuple

import anyio

from tc_core import Client, Credentials, Retry, slug_id
from tc_testing import Fault, LocalTaskcluster, Relay, random_faults

sys.path.insert(0, str(Path(__file__).parent / "support"))

from sample import AsyncSample, Sample

FAULTS = (
    Fault.refuse(),
    Fault.reset("request", after=40),
    Fault.reset("response"),
    Fault.reset("headers", after=7),
    Fault.reset("body", after=3),
    Fault.truncate("response"),
    Fault.truncate("headers", after=7),
    Fault.truncate("body", after=3),
    Fault.stall("response"),
    Fault.stall("body", after=3),
    Fault.corrupt("response", after=2),
    Fault.append(b"more than was announced\r\n\r\n"),
    Fault.close_after_response(),
)
PROBABILITY = 0.05

USERS = 16
IN_FLIGHT = 50
SAMPLES = 100
CALLS_BETWEEN_RESETS = 250
SLACK = {"blocks": 1_500, "heap": 1_000, "memory": 5_000}
"""By how much something may grow from the second fifth of a phase to the last.

What is held varies with what is under way. Memory that was given back stays with the process in pieces, of which there
are more at first, so that the whole is a coarse measure, and `heap` the fine one.
"""

TASK: dict[str, Any] = {
    "taskQueueId": "soak/one",
    "payload": {"command": ["x" * 1000]},
    "metadata": {
        "name": "n",
        "description": "d",
        "owner": "o@example.com",
        "source": "https://example.com",
    },
}
OPTIONS: dict[str, Any] = {
    "credentials": Credentials("soak", "an-access-token"),
    "retry": Retry(retries=30, delay=0.001, max_delay=0.05),
    "timeout": 1.0,
}


# The other process --------------------------------------------------------------------------------------------


class Server(asyncio.Protocol):
    """Answers with what it was asked for."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._data = b""

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end]
            _, _, length = head.lower().partition(b"content-length: ")
            size = end + 4 + int(length.split(b"\r\n", 1)[0] or 0)
            if len(self._data) < size:
                return
            self._data = self._data[size:]
            self._answer(head.split(b" ", 2)[1].decode())

    def _answer(self, target: str) -> None:
        path, _, query = target.partition("?")
        value: dict[str, Any] = {"thing": path.rpartition("/")[2], "fill": "x" * 1000}
        if path.endswith("/things"):
            value = (
                {"things": [2]} if "continuationToken" in query else {"things": [1], "continuationToken": "t"}
            )
        body = json.dumps(value).encode()
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def serve() -> None:
    """Print the URL of the relay, and when the input ends, what it did."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(Server, "127.0.0.1", 0))
    Thread(target=loop.run_forever, daemon=True).start()
    port = server.sockets[0].getsockname()[1]
    with Relay(f"http://127.0.0.1:{port}", random_faults(Random(1), PROBABILITY, FAULTS)) as relay:
        print(relay.url, flush=True)
        for _ in sys.stdin:
            relay.wait_for(lambda: relay.open == 0)
            made = sum(count for fault, count in relay.applied.items() if fault.action != "pass")
            print(json.dumps({"requests": relay.requests, "faults": made}), flush=True)


class Site:
    """The other process, as the clients see it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin
        assert process.stdout
        self._ask, self._read = process.stdin, process.stdout
        self.url = self._read.readline().strip()

    def figures(self) -> dict[str, int]:
        """Wait until no connection is open, and say how many requests and faults there were."""
        self._ask.write("\n")
        self._ask.flush()
        found: dict[str, int] = json.loads(self._read.readline())
        return found


@contextmanager
def site() -> Generator[Site]:
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Site(process)


# What is measured ---------------------------------------------------------------------------------------------


LIBC: Any = ctypes.CDLL(None)
M_ARENA_MAX = -8


class Mallinfo(ctypes.Structure):
    """What mallinfo2 of the C library says: sizes in bytes, of which those in use matter here."""

    _names = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks")
    _fields_: ClassVar = [(name, ctypes.c_size_t) for name in (*_names, "keepcost")]

    hblkhd: int
    uordblks: int


def heap_in_use() -> int:
    """Return the kilobytes in use of the C library's heap; 0 where that does not tell."""
    mallinfo: Any = getattr(LIBC, "mallinfo2", None)
    if mallinfo is None:
        return 0
    mallinfo.restype = Mallinfo
    info: Mallinfo = mallinfo()
    return (info.uordblks + info.hblkhd) // 1024


class Reading(NamedTuple):
    """What this process holds: descriptors, threads, memory.

    Attributes:
        blocks: of memory in use by Python.
        heap: kilobytes in use of the C library's heap, where larger blocks are, and what is not Python's.
        memory: kilobytes in all, including what was given back and is kept for the next use.
    """

    descriptors: int
    threads: int
    blocks: int
    heap: int
    memory: int

    @classmethod
    def now(cls) -> Reading:
        gc.collect()
        lines = Path("/proc/self/status").read_text().splitlines()
        status = dict(line.split(":", 1) for line in lines)
        descriptors, memory = len(os.listdir("/proc/self/fd")), int(status["VmRSS"].split()[0])
        threads = int(status["Threads"])
        return cls(descriptors, threads, sys.getallocatedblocks(), heap_in_use(), memory)

    def __str__(self) -> str:
        return (
            f"{self.descriptors:4} descriptors {self.threads:3} threads {self.blocks:7} blocks "
            f"{self.heap:6} kB heap {self.memory:6} kB"
        )


_planted: list[object] = []

PLANTS: dict[str, Callable[[], object]] = {
    "descriptors": lambda: os.dup(0),
    "threads": lambda: Thread(target=Event().wait, daemon=True).start(),
    "blocks": lambda: [object() for _ in range(100)],
    "memory": lambda: bytes(500_000),
}
"""Leaks that make this fail, each made once for `PLANT_EVERY` calls."""

PLANT_EVERY = 300


class Course:
    """The readings of a phase, taken as its calls end."""

    def __init__(self, calls: int, plant: str | None = None) -> None:
        self.calls = calls
        self._plant = PLANTS.get(plant or "")
        self.readings: list[Reading] = []
        self._numbers = itertools.count()
        self._ended = 0
        self._lock = Lock()

    def numbers(self) -> Iterator[int]:
        """Give each of the calls to one of those who ask."""
        return itertools.takewhile(lambda number: number < self.calls, self._numbers)

    def ended(self) -> None:
        """Take note of the end of a call."""
        with self._lock:
            self._ended += 1
            if self._plant and self._ended % PLANT_EVERY == 0:
                _planted.append(self._plant())
            if self._ended % max(1, self.calls // SAMPLES) == 0:
                self.readings.append(Reading.now())

    def growth(self) -> dict[str, tuple[float, float]]:
        """Return what there was of each in the second fifth, and in the last."""
        fifth = len(self.readings) // 5
        parts = self.readings[fifth : 2 * fifth], self.readings[-fifth:]

        def of(name: str) -> tuple[float, float]:
            value = median if name in SLACK else max
            early, late = (value(getattr(each, name) for each in part) for part in parts)
            return early, late

        return {name: of(name) for name in Reading._fields}

    def problems(self) -> list[str]:
        """Say what was not flat."""
        return [
            f"{name} went from {before:.0f} to {after:.0f}"
            for name, (before, after) in self.growth().items()
            if after > before + SLACK.get(name, before * 0.1 + 2)
        ]


# The clients --------------------------------------------------------------------------------------------------


async def call(sample: AsyncSample, number: int) -> None:
    if number % 20 == 0:
        assert [item async for item in sample.listThings_items()] == [1, 2]
    elif number % 4 == 0:
        assert (await sample.putThing(f"t{number}", {"fill": "x" * 2000}))["thing"] == f"t{number}"
    else:
        assert (await sample.thing(f"t{number}"))["thing"] == f"t{number}"


def call_sync(sample: Sample, number: int) -> None:
    if number % 20 == 0:
        assert list(sample.listThings_items()) == [1, 2]
    elif number % 4 == 0:
        assert sample.putThing(f"t{number}", {"fill": "x" * 2000})["thing"] == f"t{number}"
    else:
        assert sample.thing(f"t{number}")["thing"] == f"t{number}"


def threads(url: str, course: Course) -> None:
    def user() -> None:
        for number in course.numbers():
            call_sync(sample, number)
            course.ended()

    with Sample(url, **OPTIONS, max_connections=USERS) as sample, ThreadPoolExecutor(USERS) as pool:
        for future in [pool.submit(user) for _ in range(USERS)]:
            future.result()


def tasks(backend: str) -> Callable[[str, Course], None]:
    async def run(url: str, course: Course) -> None:
        async def user() -> None:
            for number in course.numbers():
                await call(sample, number)
                course.ended()

        service = AsyncSample(url, **OPTIONS, max_connections=IN_FLIGHT)
        async with service as sample, anyio.create_task_group() as group:
            for _ in range(IN_FLIGHT):
                group.start_soon(user)

    function: Callable[..., Coroutine[Any, Any, None]] = run
    return lambda url, course: anyio.run(function, url, course, backend=backend)


def local(_: str, course: Course) -> None:
    """Make tasks in a local Taskcluster, some to be cancelled, that forgets them from time to time."""
    with LocalTaskcluster() as tc, Client(tc.root_url, credentials=tc.credentials) as client:
        for number in course.numbers():
            path, now = f"api/queue/v1/task/{slug_id()}", tc.clock.now()
            dates = {"created": now, "deadline": now + timedelta(hours=1)}
            client.request("PUT", path, payload=TASK | dates)
            if number % 20 == 0:
                client.request("POST", f"{path}/cancel")
            if number % CALLS_BETWEEN_RESETS == 0:
                tc.reset()
            course.ended()


PHASES: dict[str, Callable[[str, Course], None]] = {
    "threads": threads,
    "asyncio": tasks("asyncio"),
    "trio": tasks("trio"),
    "local": local,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "phases", nargs="*", metavar="PHASE", help=f"only these, of: {', '.join(PHASES)} (default: all)"
    )
    parser.add_argument(
        "--calls",
        type=int,
        default=100_000,
        help="in all that meet faults, a third each of the phases; local makes another third (default: %(default)s)",
    )
    parser.add_argument("--plant", choices=PLANTS, help="leak some of these, which is to be noticed")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve()
        return
    phases = arguments.phases or list(PHASES)
    if hasattr(LIBC, "mallopt"):
        LIBC.mallopt(M_ARENA_MAX, 1)  # the figures of the heap are those of the first arena only
    problems: list[str] = []
    with site() as other:
        base = Reading.now()
        for name in phases:
            course = Course(arguments.calls // 3, arguments.plant)
            began = time.monotonic()
            PHASES[name](other.url, course)
            seconds = time.monotonic() - began
            figures = other.figures()
            rest = Reading.now()
            print(f"{name}: {course.calls} calls, {course.calls / seconds:.0f} a second; so far {figures}")
            for index in range(0, len(course.readings), max(1, len(course.readings) // 10)):
                print(f"  {course.readings[index]}")
            print(f"  afterwards {rest}")
            for what, (early, late) in course.growth().items():
                print(f"  {what}: {early:.0f} in the second fifth, {late:.0f} in the last", flush=True)
            problems += [f"{name}: {problem}" for problem in course.problems()]
            if rest.descriptors > base.descriptors + 2 or rest.threads > base.threads + 1:
                problems.append(f"{name}: before it\n  {base}\nafterwards\n  {rest}")
    sys.exit("\n".join(problems) or None)


if __name__ == "__main__":
    main()
