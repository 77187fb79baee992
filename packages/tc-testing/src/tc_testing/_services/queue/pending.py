"""The runs of one task queue: those that wait for a worker, and those that a worker has."""

from __future__ import annotations

import heapq
from typing import TypeAlias

from .bell import Bell

__all__ = ["RunKey", "TaskQueueRuns"]

RunKey: TypeAlias = "tuple[str, int]"  # task id and run id


class TaskQueueRuns:
    """The runs of one task queue that are pending or running, each with the date on which it became that.

    The most urgent is taken first, and among equals the one that has waited longest.
    """

    def __init__(self) -> None:
        self.pending: dict[RunKey, str] = {}
        self.claimed: dict[RunKey, str] = {}
        self.bell = Bell()  # rings when a run becomes pending
        # A heap in which a run may stand more than once; only the entry in `_places` counts.
        self._heap: list[tuple[int, int, RunKey]] = []
        self._places: dict[RunKey, tuple[int, int, RunKey]] = {}
        self._arrivals = 0

    def add(self, key: RunKey, urgency: int, date: str) -> None:
        """Let a run wait. `urgency` is 0 for the most urgent."""
        self._arrivals += 1
        self.pending[key] = date
        self._place(key, urgency, self._arrivals)
        self.bell.ring()

    def reprioritize(self, key: RunKey, urgency: int) -> None:
        """Give a run that waits another urgency; its place among those that have it depends on its age."""
        if key in self._places:
            self._place(key, urgency, self._places[key][1])

    def next(self) -> RunKey | None:
        """The run whose turn it is, None if none waits."""
        while self._heap:
            place = self._heap[0]
            if self._places.get(place[2]) == place:
                return place[2]
            heapq.heappop(self._heap)
        return None

    def claim(self, key: RunKey, date: str) -> None:
        """A worker has the run now."""
        self.drop(key)
        self.claimed[key] = date

    def drop(self, key: RunKey) -> None:
        """Forget a run that is resolved."""
        self.pending.pop(key, None)
        self.claimed.pop(key, None)
        self._places.pop(key, None)

    def _place(self, key: RunKey, urgency: int, arrival: int) -> None:
        self._places[key] = (urgency, arrival, key)
        heapq.heappush(self._heap, self._places[key])
