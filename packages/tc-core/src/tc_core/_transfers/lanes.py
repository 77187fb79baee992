"""Threads that work on blocks, one after the other, while the next ones arrive."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Event, Thread

_DEPTH = 4
"""Blocks that may wait."""

_TO_START = 5.0
"""Seconds that a thread may take for it."""


class Lane:
    """A thread that calls a function with each block it is given. The first error ends the work.

    Args:
        name: of the thread.
        function: what is called.
    """

    def __init__(self, name: str, function: Callable[[bytes], None]) -> None:
        self._name = name
        self._function = function
        self._thread: Thread | None = None
        self._blocks: Queue[bytes | None] = Queue(_DEPTH)
        self._told_to_end = False
        self._ended = Event()
        self._error: BaseException | None = None

    def offer(self, block: bytes) -> bool:
        """Give a block if that is possible without waiting; tell whether it was."""
        self._ready()
        try:
            self._blocks.put_nowait(block)
        except Full:
            return False
        return True

    def put(self, block: bytes) -> None:
        """Give a block; wait if the thread is far behind."""
        self._ready()
        self._blocks.put(block)

    def settle(self) -> None:
        """Wait until all blocks are done, and end the thread. More blocks begin another one.

        Raises:
            Exception: what the function raised.
        """
        self._end()
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """End the thread after the block it is at."""
        with suppress(Empty):
            while True:
                self._blocks.get_nowait()
        self._told_to_end = False
        self._end()

    def _end(self) -> None:
        if self._thread is None:
            return
        if not self._told_to_end:
            self._blocks.put(None)
            self._told_to_end = True
        # Not `join` at first: if Ctrl-C comes inside, CPython 3.11 takes the thread for ended. And if it came while
        # the thread was starting, the thread may never run.
        if self._ended.wait(None if self._thread.ident else _TO_START):
            self._thread.join()
        self._thread = None

    def _ready(self) -> None:
        if self._error is not None:
            raise self._error
        if self._thread is None:
            self._blocks = Queue(_DEPTH)
            self._told_to_end = False
            self._ended.clear()
            self._thread = Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while (block := self._blocks.get()) is not None:
            if self._error is None:
                try:
                    self._function(block)
                except BaseException as error:
                    self._error = error
        self._ended.set()
