"""What will happen by itself: claims that expire, deadlines that pass, hooks that are due."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from ._clock import Clock

__all__ = ["Agenda"]

_Happen: TypeAlias = "Callable[[datetime], None]"


class Agenda:
    """Events by the date on which they are due.

    Nothing waits for a date: what time has brought about is made up for with `settle`, in order, when somebody
    next asks for something.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: list[
            tuple[datetime, int, _Happen]
        ] = []  # a heap; the number keeps the order of equal dates
        self._count = 0

    def at(self, when: datetime, happen: _Happen) -> None:
        """Have `happen` called with `when` once that has come."""
        self._count += 1
        heapq.heappush(self._due, (when, self._count, happen))

    def settle(self) -> None:
        """Let happen what was due, each at its time by the clock."""
        now = self._clock.now()
        while self._due and self._due[0][0] <= now:
            when, _, happen = heapq.heappop(self._due)
            with self._clock.at(when):
                happen(when)

    @property
    def next_due(self) -> datetime | None:
        """When the next event is due."""
        return self._due[0][0] if self._due else None
