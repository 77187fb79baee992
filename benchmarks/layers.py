"""Where the CPU time of calls goes, layer by layer, from samples of the running program."""

from __future__ import annotations

import gc
import signal
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from .contenders import ASYNC, SYNC
from .rounds import Work
from .site import Site
from .works.concurrent import tasks
from .works.one_by_one import calls

SECONDS = 10.0
INTERVAL = 0.001
BATCH = 500

# A sample belongs to the innermost frame whose file has one of these in its path.
LAYERS = {
    "/tc_core/_drivers/sync/streams.py": "sockets",
    "/tc_core/_drivers/asynchronous/asyncio_streams.py": "sockets",
    "/httpcore/_backends/": "sockets",
    "/anyio/": "anyio",
    "/asyncio/": "asyncio",
    "/httpcore/": "httpcore",
    "/h11/": "h11",
    "/httpx/": "httpx",
    "/aiohttp/": "aiohttp",
    "/mohawk/": "mohawk",
    "/json/": "JSON",
    "/tc_core/": "ours",
    "/tc_queue/": "ours",
}


def profiles(site: Site) -> Iterator[tuple[str, list[Sequence[str]], list[Sequence[str]]]]:
    """Give for each work a title, a table of layers, and one of the functions that take most."""
    yield _profile("Signed GET, sync", calls(SYNC["ours"], site.plain, "get"))
    yield _profile("Signed PUT, sync", calls(SYNC["ours"], site.plain, "put"))
    yield _profile("Signed GET, async, 50 in flight", tasks(ASYNC["ours"], site.plain, 50))


def _profile(title: str, work: Work) -> tuple[str, list[Sequence[str]], list[Sequence[str]]]:
    work(BATCH)
    by_layer: Counter[str] = Counter()
    by_function: Counter[tuple[str, str]] = Counter()
    count, cpu = 0, 0.0
    with _sampling(by_layer, by_function), _timing_collector() as spent:
        while cpu < SECONDS:
            began = time.process_time()
            work(BATCH)
            cpu += time.process_time() - began
            count += BATCH
    a_call = 1e6 * cpu / count
    collecting = 1e6 * sum(spent) / count
    title = f"{title}: {a_call:.0f} µs, {collecting:.0f} of them in the garbage collector"
    return title, [*_layer_lines(by_layer, a_call)], [*_function_lines(by_function, a_call)]


def _layer_lines(by_layer: Counter[str], a_call: float) -> Iterator[Sequence[str]]:
    yield ("layer", "share", "µs")
    total = by_layer.total()
    for layer, samples in by_layer.most_common():
        yield (layer, f"{samples / total:.0%}", f"{a_call * samples / total:.1f}")


def _function_lines(by_function: Counter[tuple[str, str]], a_call: float) -> Iterator[Sequence[str]]:
    yield ("function, without what it calls in Python", "layer", "µs")
    total = by_function.total()
    for (layer, function), samples in by_function.most_common(30):
        yield (function, layer, f"{a_call * samples / total:.1f}")


@contextmanager
def _sampling(by_layer: Counter[str], by_function: Counter[tuple[str, str]]) -> Generator[None]:
    """Count where the program is, at even steps of its CPU time. Far less of a burden than tracing every call."""

    def take(_: int, frame: FrameType | None) -> None:
        layer = _layer(frame)
        by_layer[layer] += 1
        if frame is not None:
            by_function[layer, frame.f_code.co_qualname] += 1

    signal.signal(signal.SIGPROF, take)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@contextmanager
def _timing_collector() -> Generator[list[float]]:
    spent: list[float] = []

    def note(phase: str, _: dict[str, int]) -> None:
        now = time.process_time()
        spent.append(-now if phase == "start" else now)

    gc.callbacks.append(note)
    try:
        yield spent
    finally:
        gc.callbacks.remove(note)


def _layer(frame: FrameType | None) -> str:
    while frame is not None:
        path = frame.f_code.co_filename.replace("\\", "/")
        for part, layer in LAYERS.items():
            if part in path:
                return layer
        frame = frame.f_back
    return "the loop around the calls"
