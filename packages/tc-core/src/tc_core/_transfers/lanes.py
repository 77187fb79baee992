"""Threads that work on blocks, one after the other, while the next ones arrive."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

from .._interrupts import Slots, Worker

_DEPTH = 4
"""Blocks that may wait."""


class Lane:
    """A thread that calls a function with each block it is given. The first error ends the work.

    Args:
        name: of the thread.
        function: what is called.
    """

    def __init__(self, name: str, function: Callable[[bytes], None]) -> None:
        self._name = name
        self._function = function
        self._worker: Worker | None = None
        self._error: BaseException | None = None
        self._begin()

    def offer(self, block: bytes) -> bool:
        """Give a block if that is possible without waiting; tell whether it was."""
        return self._put(block, 0)

    def put(self, block: bytes) -> None:
        """Give a block; wait if the thread is far behind."""
        self._put(block, None)

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
        self._end()

    def _begin(self) -> None:
        self._room = Slots(_DEPTH)
        self._blocks: SimpleQueue[bytes | None] = SimpleQueue()

    def _put(self, block: bytes, patience: float | None) -> bool:
        if self._error is not None:
            raise self._error
        if self._worker is None:
            self._begin()
            self._worker = Worker(self._name, self._work)
            self._worker.start()
        if not self._room.take(patience):
            return False
        self._blocks.put(block)
        return True

    def _end(self) -> None:
        if self._worker is not None:
            self._blocks.put(None)
            self._worker.join()
            self._worker = None

    def _work(self) -> None:
        while (block := self._blocks.get()) is not None:
            if self._error is None:
                try:
                    self._function(block)
                except BaseException as error:
                    self._error = error
            self._room.free.put(None)
