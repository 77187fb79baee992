"""Tasks made in a local Taskcluster: in a process of its own, and in a thread beside its client, as tests have it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any

from ..answers import TASK
from ..rounds import Row, Work, fixed, worker
from ..site import Site

CALLS_A_SECOND = 400
CALLS_A_ROUND = 500

# What is tied to another deployment or to the past.
_ELSEWHERE = ("taskGroupId", "dependencies", "created", "deadline", "expires")


def rows(_: Site) -> Iterator[Row]:
    with _served() as variables:
        yield Row(
            "local",
            "createTask of a 2 KB task, signed, one by one, against a local Taskcluster",
            {
                f"{CALLS_A_SECOND} a second": fixed({"wall": 1 / CALLS_A_SECOND}),
                "in a process of its own": worker(partial(served, variables), calls=CALLS_A_ROUND),
                "in a thread beside the client": worker(beside, calls=CALLS_A_ROUND),
            },
        )


def served(variables: dict[str, str]) -> Work:
    """Make tasks in the one that `tc-testing serve` runs."""
    os.environ.update(variables)
    return _tasks()


def beside() -> Work:
    """Make tasks in one in a thread of this process."""
    from tc_testing import LocalTaskcluster

    server = LocalTaskcluster()
    server.__enter__()  # the process is killed when it is done
    os.environ.update(server.environ)
    return _tasks()


def _tasks() -> Work:
    from tc_core import from_now, slug_id
    from tc_queue import Queue

    queue = Queue.from_env()
    task: Any = {name: value for name, value in TASK.items() if name not in _ELSEWHERE}

    def work(count: int) -> dict[str, float]:
        task.update(created=from_now("0 seconds"), deadline=from_now("1 hour"))
        for _ in range(count):
            queue.createTask(slug_id(), task)
        return {}

    return work


@contextmanager
def _served() -> Generator[dict[str, str]]:
    """Run `tc-testing serve`; give the variables that it prints."""
    command = [sys.executable, "-m", "tc_testing", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            exports = [shlex.split(line)[1] for line in islice(server.stdout or (), 3)]
            yield dict(export.split("=", 1) for export in exports)
        finally:
            server.terminate()
