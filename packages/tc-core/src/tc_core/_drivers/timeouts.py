"""How long the parts of an exchange may take."""

from __future__ import annotations

import time
from typing import Any

_PARTS = ("connect", "read", "write", "pool")

_SHORTEST = 0.001
"""Sockets take a timeout of 0 seconds for a wish not to wait at all."""


class Patience(float):
    """Seconds that one operation on a socket may take, of which none may go on after ``until``, a monotonic time.

    httpcore asks once how long each read of a header or a body may take. What trickles in takes many reads.
    """

    def __new__(cls, seconds: float, until: float) -> Patience:
        return super().__new__(cls, seconds)

    def __init__(self, seconds: float, until: float) -> None:
        self.until = until


class Timeouts(dict[str, float]):
    """Seconds for each part of an exchange, which httpcore asks for when the part begins.

    So each is told what is left until then, and a stall in one part leaves less for the next.

    Attributes:
        sent: whether a part has begun in which the request goes out.
    """

    def __init__(self, timeout: float, until: float | None) -> None:
        super().__init__(dict.fromkeys(_PARTS, timeout))
        self._until = until
        self.sent = False

    def get(self, part: str, default: Any = None, /) -> Any:
        self.sent = self.sent or part in ("write", "read")
        seconds = super().get(part, default)
        if self._until is None or seconds is None:
            return seconds
        return Patience(min(seconds, max(self._until - time.monotonic(), _SHORTEST)), self._until)


def timeouts(timeout: float, remaining: float | None, until: float | None) -> dict[str, float]:
    """Return the seconds for each part; in a plain dict where there is no deadline, and so nothing ``remaining``."""
    return dict.fromkeys(_PARTS, timeout) if remaining is None else Timeouts(timeout, until)
