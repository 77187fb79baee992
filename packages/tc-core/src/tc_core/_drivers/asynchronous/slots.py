"""Waiting for a place among so many."""

from __future__ import annotations

from collections import deque

import anyio


class AsyncSlots:
    """Places for so many tasks of one event loop at once, in the order in which they came.

    Args:
        number: of places.
    """

    def __init__(self, number: int) -> None:
        self._unused = number
        self._waiting: deque[anyio.Event] = deque()

    async def take(self) -> None:
        """Wait for a place."""
        if self._unused:
            self._unused -= 1
            return
        turn = anyio.Event()
        self._waiting.append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self.free()
            else:
                self._waiting.remove(turn)
            raise

    def free(self) -> None:
        """Give a place back, to the task that has waited longest."""
        if self._waiting:
            # It is theirs from now on, or the next call of the task that frees it would be before them.
            self._waiting.popleft().set()
        else:
            self._unused += 1
