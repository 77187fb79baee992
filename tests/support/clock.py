"""A clock that stands until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime


class Clock:
    """For a client's ``clock``.

    Args:
        now: seconds since 1970.
    """

    def __init__(self, now: float | None = None) -> None:
        # Not the start of a year or an hour: a mistake in a unit must show.
        self.now = datetime(2030, 3, 4, 5, 6, 7, tzinfo=UTC).timestamp() if now is None else now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds
