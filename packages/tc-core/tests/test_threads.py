"""Work in threads that an asyncio task is cancelled over."""

from __future__ import annotations

import asyncio
import hashlib
import threading

import pytest

from tc_core._drivers.asynchronous.threads import in_thread


async def cancelled_while_it_works() -> list[str]:
    begun = threading.Event()
    digests: list[str] = []

    def work() -> None:
        begun.set()
        while not task.cancelling():
            pass
        digests.append(hashlib.sha256(bytes(50_000_000)).hexdigest())

    task = asyncio.create_task(in_thread(work))
    while not begun.is_set():
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return digests


def test_a_cancelled_task_ends_after_the_work_it_began() -> None:
    assert len(asyncio.run(cancelled_while_it_works())) == 1


async def cancelled_before_it_works() -> list[str]:
    digests: list[str] = []
    task = asyncio.create_task(in_thread(lambda: digests.append("made")))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return digests


def test_work_that_has_not_begun_is_not_waited_for() -> None:
    assert asyncio.run(cancelled_before_it_works()) == []
