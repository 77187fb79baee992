"""One run: every contestant in every round, in rotated order, each in a process of its own."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection

Figures = Mapping[str, float]
"""What one contestant took in one round: ``cpu`` and ``wall`` seconds a call, and what else a work measures."""

Work = Callable[[int], Figures]
"""Does so many calls, and returns figures other than the time it took."""

Sample = Callable[[], Figures]
Contestant = Callable[[], AbstractContextManager[Sample]]

BATCH_SECONDS = 0.2
"""How long a contestant runs in a round, where a row does not fix the number of calls."""

CREWS = 3
"""How often the processes are replaced in a row: where one's memory happens to lie makes some per cent."""


@dataclass(frozen=True)
class Row:
    """One line of comparison.

    Attributes:
        name: what goals call it.
        title: what readers see.
        contestants: by name; the first is what the others are shown relative to.
        rounds: of each crew in a full run.
    """

    name: str
    title: str
    contestants: Mapping[str, Contestant]
    rounds: int = 5


Measured = Mapping[str, list[Figures]]
"""What each contestant of a row took, round by round."""


def measure(row: Row, *, quick: bool = False) -> Measured:
    """Run a row."""
    figures: dict[str, list[Figures]] = {name: [] for name in row.contestants}
    for _ in range(1 if quick else CREWS):
        with ExitStack() as running:
            samples = {name: running.enter_context(start()) for name, start in row.contestants.items()}
            names = list(samples)
            for turn in range(min(row.rounds, 3) if quick else row.rounds):
                first = turn % len(names)
                for name in names[first:] + names[:first]:
                    figures[name].append(samples[name]())
    return figures


def worker(make: Callable[[], Work], *, calls: int | None = None, multiple: int = 1) -> Contestant:
    """Measure a work in a process that holds nothing else.

    Args:
        make: picklable; called there.
        calls: made in a round; default as many as fit into `BATCH_SECONDS`.
        multiple: of which the number of calls is to be one.
    """
    return partial(_running, make, calls, multiple)


def program(code: str) -> Contestant:
    """Measure what a new interpreter takes for ``code``, CPU and memory, each round anew.

    PYTHON_OF_PROGRAMS may name the interpreter of a smaller environment.
    """
    return partial(_repeated, _PROGRAM.format(code=code))


def fixed(figures: Figures) -> Contestant:
    """Give what was not measured but worked out."""
    return lambda: nullcontext(lambda: figures)


@contextmanager
def _running(make: Callable[[], Work], calls: int | None, multiple: int) -> Generator[Sample]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, make), daemon=True)
    process.start()
    theirs.close()
    try:
        count = calls or multiple
        _ask(ours, count)  # Connects, and loads what loads late.
        while calls is None and (seconds := _ask(ours, count)["wall"] * count) < BATCH_SECONDS:
            # At most doubled, since the first calls are slower than later ones.
            wanted = min(2 * count, count * BATCH_SECONDS / seconds)
            count = max(count + multiple, round(wanted / multiple) * multiple)
        yield lambda: _ask(ours, count)
    finally:
        # Without leave: what it would do at its end, such as complain of sessions left open, is not measured.
        process.kill()
        process.join()


@contextmanager
def _repeated(code: str) -> Generator[Sample]:
    python = os.environ.get("PYTHON_OF_PROGRAMS", sys.executable)

    def sample() -> Figures:
        ran = subprocess.run([python, "-c", code], stdout=subprocess.PIPE, check=True, text=True)
        figures: Figures = json.loads(ran.stdout)
        return figures

    sample()  # Compiles the modules and fills the caches of the file system.
    yield sample


_PROGRAM = """\
import time
began = time.process_time()
{code}
cpu = time.process_time() - began
# Not resource.getrusage: its figure is at least that of the process which started this one.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print('{{"cpu": %f, "memory": %d}}' % (cpu, int(status["VmHWM"].split()[0]) * 1024))
"""


def _ask(connection: Connection, count: int) -> Figures:
    connection.send(count)
    figures: Figures | Exception = connection.recv()
    if isinstance(figures, Exception):
        raise figures
    return figures


def _serve(connection: Connection, make: Callable[[], Work]) -> None:
    try:
        work = make()
        while True:
            connection.send(_timed(work, connection.recv()))
    except Exception as error:
        connection.send(RuntimeError(f"{make}: {type(error).__name__}: {error}"))


def _timed(work: Work, count: int) -> Figures:
    wall, cpu = time.perf_counter(), time.process_time()
    figures = work(count)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"cpu": cpu / count, "wall": wall / count, **figures}
