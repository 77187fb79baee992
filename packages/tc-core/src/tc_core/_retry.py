"""When to try again, and how long to wait before."""

from __future__ import annotations

import math

from ._errors import APIError, TaskclusterError, TransportError
from ._frozen import Frozen

_ANSWER_LOST = (502, 504)


class Retry(Frozen):
    """How a client retries.

    Transport errors, 5xx and 429 are retried, each time signed afresh; other answers never are.

    Attributes:
        retries: tries after the first one.
        delay: seconds before the first retry; doubled for each further one.
        jitter: share by which a delay is changed at random, up or down, so that clients spread.
        max_delay: longest delay in seconds.
        max_retry_after: longest ``Retry-After`` that is waited for, in seconds; a longer one ends the call.
        unrepeatable: also retry methods that act once more when repeated (such as ``notify.email``) after
            their answer was lost.
    """

    __slots__ = ("delay", "jitter", "max_delay", "max_retry_after", "retries", "unrepeatable")

    retries: int
    delay: float
    jitter: float
    max_delay: float
    max_retry_after: float
    unrepeatable: bool

    def __init__(
        self,
        *,
        retries: int = 5,
        delay: float = 0.1,
        jitter: float = 0.25,
        max_delay: float = 30.0,
        max_retry_after: float = 60.0,
        unrepeatable: bool = False,
    ) -> None:
        if not isinstance(retries, int) or isinstance(retries, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"retries: {type(retries).__name__}; pass a whole number")
        numbers: dict[str, object] = {
            "retries": retries,
            "delay": delay,
            "jitter": jitter,
            "max_delay": max_delay,
            "max_retry_after": max_retry_after,
        }
        for name, value in numbers.items():
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise TypeError(f"{name}: {type(value).__name__}; pass a number")
            if not value >= 0 or math.isinf(value):
                raise ValueError(f"{name}: is {value}; must be a finite number, 0 or more")
        if jitter > 1:
            raise ValueError(f"jitter: is {jitter}; must be at most 1")
        if not isinstance(unrepeatable, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"unrepeatable: {type(unrepeatable).__name__}; pass True or False")
        self._set(**numbers, unrepeatable=unrepeatable)

    def wait(
        self, failure: TaskclusterError, tried: int, *, repeatable: bool = True, jitter: float = 0.0
    ) -> float | None:
        """Return the seconds to wait before another try, or None where there is to be none.

        Args:
            failure: what the latest try ended with.
            tried: number of tries so far.
            repeatable: whether the service may safely get the request twice.
            jitter: random number from -1 to 1.
        """
        if tried > self.retries or not self._retriable(failure, repeatable or self.unrepeatable):
            return None
        # The exponent is bounded: 2.0**1024 is an OverflowError.
        doubled: float = self.delay * 2.0 ** min(tried - 1, 64)
        backoff = min(doubled * (1 + self.jitter * jitter), self.max_delay)
        asked = failure.retry_after if isinstance(failure, APIError) else None
        if asked is None:
            return backoff
        return max(asked, backoff) if asked <= self.max_retry_after else None

    @staticmethod
    def _retriable(failure: TaskclusterError, repeatable: bool) -> bool:
        if isinstance(failure, TransportError):
            return repeatable or not failure.sent
        if not isinstance(failure, APIError):
            return False
        # A gateway's error leaves open whether the service has acted.
        lost = failure.status in _ANSWER_LOST
        return (failure.status >= 500 or failure.status == 429) and (repeatable or not lost)
