"""Worker threads for what may block, of which none outlives the call it works for."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

import anyio.to_thread

from ..._interrupts import Latch

T = TypeVar("T")


async def in_thread(function: Callable[[], T]) -> T:
    """Call a function in a worker thread; when cancelled, wait until the function is done all the same.

    anyio's shield holds off its own cancel scopes, but not asyncio's `Task.cancel`, with which Ctrl-C begins: the
    function would go on with files and threads that are just being let go of.
    """
    work = _Work(function)
    try:
        return await anyio.to_thread.run_sync(work)
    except BaseException:
        work.abandon()
        raise


class _Work(Generic[T]):
    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._lock = Lock()
        self._abandoned = False
        self._done: Latch | None = None

    def __call__(self) -> T:
        with self._lock:
            if self._abandoned:
                raise RuntimeError("nobody waits for it any more")
            self._done = Latch()
        try:
            return self._function()
        finally:
            self._done.set()

    def abandon(self) -> None:
        with self._lock:
            self._abandoned = True
        if self._done is not None:
            self._done.wait()
