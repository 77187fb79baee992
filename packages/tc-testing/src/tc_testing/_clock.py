"""The server's clock, which tests can move forward."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

__all__ = ["Clock"]


class Clock:
    """The time by which a local Taskcluster measures deadlines, expiries, certificates and bewits.

    It follows the wall clock, ahead of it by what `advance` was asked for. The timestamp in a Hawk header is
    not measured by it: a client signs by the wall clock, and moving this one must not lock it out.
    """

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The server's time, aware, in UTC."""
        return datetime.now(UTC) + self._ahead

    def time(self) -> float:
        """The server's time in seconds since 1970."""
        return time.time() + self._ahead.total_seconds()

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Move the server's time forward by the sum of the arguments.

        Raises:
            ValueError: that is less than nothing; time that has passed does not come back.
        """
        step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if step < timedelta():
            raise ValueError(f"the clock only moves forward, not by {step.total_seconds():g} seconds")
        self._ahead += step
