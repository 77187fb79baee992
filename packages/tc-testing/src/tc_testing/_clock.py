"""The server's clock, which tests can move forward."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

__all__ = ["Clock"]


class Clock:
    """The time by which a local Taskcluster measures deadlines, expiries, certificates and bewits.

    It follows the wall clock, ahead of it by what `advance` was asked for.

    Attributes:
        checks_signatures: whether the timestamp in a Hawk header is measured by it too, False at first: a client
            signs by the wall clock, and moving this one must not lock it out. For clients that sign by
            `Clock.time`, set it to True.
    """

    def __init__(self) -> None:
        self.checks_signatures = False
        self._ahead = timedelta()
        self._listeners: list[Callable[[], None]] = []
        # Of the context: whoever else asks meanwhile, a test in its thread, is told the present.
        self._then: ContextVar[datetime | None] = ContextVar("then", default=None)

    def now(self) -> datetime:
        """The server's time, aware, in UTC."""
        return self._then.get() or self.present()

    def time(self) -> float:
        """The server's time in seconds since 1970."""
        then = self._then.get()
        return then.timestamp() if then else time.time() + self._ahead.total_seconds()

    def signing_time(self) -> float:
        """The time by which the timestamps in Hawk headers are measured, in seconds since 1970."""
        return self.time() if self.checks_signatures else time.time()

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Move the server's time forward by the sum of the arguments.

        Raises:
            ValueError: that is less than nothing; time that has passed does not come back.
        """
        step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if step < timedelta():
            raise ValueError(f"the clock only moves forward, not by {step.total_seconds():g} seconds")
        self._ahead += step
        for listener in self._listeners:
            listener()

    def present(self) -> datetime:
        """The server's time, even while something is made up for."""
        return datetime.now(UTC) + self._ahead

    @contextmanager
    def at(self, then: datetime) -> Generator[None]:
        """Let it be `then` for what is done within, which is made up for."""
        token = self._then.set(then)
        try:
            yield
        finally:
            self._then.reset(token)

    def on_advance(self, listener: Callable[[], None]) -> None:
        """Have `listener` called each time the clock was moved, in the thread of whoever moves it."""
        self._listeners.append(listener)
