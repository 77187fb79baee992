"""What a transfer runs under: the options of its client, one deadline, and its right to try again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .._dates import parse_json_date
from .._errors import APIError, TaskclusterError
from .._flow import DEFAULT_CHANCE, Chance, Deadline, Sleep, logger
from .._session import Session
from ..transfers import OnProgress, Phase
from .incoming import Mismatch
from .places import Place
from .steps import Answer, Ask, DataRequest, Exchange, Incoming, Outgoing, Transfer

T = TypeVar("T")
IncomingT = TypeVar("IncomingT", bound=Incoming)

_STEP = 1024 * 1024
"""Bytes further than ever before that earn a transfer its retries back: a long one may fail often."""

_REFUSALS = (400, 401, 403)
"""What storages answer to a URL that has expired."""


class Terms:
    """The options of a transfer, with its deadline running."""

    def __init__(self, session: Session, agent: str, chance: Chance = DEFAULT_CHANCE) -> None:
        self.options = session.options
        self.agent = agent
        self._deadline = Deadline(session.options.deadline, chance.monotonic)
        self._jitter = chance.jitter
        self._told: list[TaskclusterError] = []

    @property
    def remaining(self) -> float | None:
        """Seconds left until the deadline, or None.

        Raises:
            TimedOut: it has passed.
        """
        return self._deadline.remaining()

    def now(self) -> float:
        """Return the seconds since 1970."""
        return self.options.clock()

    def ask(self, service: Any, call: Callable[[Any], Any]) -> Transfer[Any]:
        """Call a method of a service; it retries by itself."""
        return (yield Ask(service, call, self.remaining))

    def tell(self, on_progress: OnProgress | None, done: int, total: int | None, phase: Phase) -> None:
        """Call a user's function. Its error ends the transfer, also one that would be retried if it were our own."""
        if on_progress is None:
            return
        try:
            on_progress(done, total, phase)
        except TaskclusterError as error:
            self._told.append(error)
            raise

    def exchange(
        self,
        request: DataRequest,
        body: Outgoing | None,
        receive: Callable[[Answer], IncomingT],
        tell: Callable[[], None],
    ) -> Transfer[tuple[Answer, IncomingT]]:
        """Send a request to a storage once, and take its answer in."""
        began = self._deadline.now()
        outcome: object = "given up"
        try:
            result: tuple[Answer, IncomingT] = yield Exchange(
                request, body, receive, tell, self.options.timeout, self.remaining
            )
            outcome = result[0].status
            return result
        except TaskclusterError as error:
            outcome = type(error).__name__
            raise
        finally:
            seconds = self._deadline.now() - began
            logger.debug("%s -> %s in %.0f ms", request.name, outcome, seconds * 1000)

    def persist(
        self,
        locate: Callable[[], Transfer[Place]],
        attempt: Callable[[Place], Transfer[T]],
        reached: Callable[[], int],
    ) -> Transfer[T]:
        """Attempt something at a place until it succeeds or there is no hope.

        A place that has expired, or that the storage refuses, is asked for anew; refused once more at its first
        use, it is given up.

        Args:
            locate: asks for the place.
            attempt: does it once.
            reached: tells how far the attempts have come, in bytes.
        """
        place = yield from locate()
        tried = furthest = 0
        refused = mismatched = False
        while True:
            try:
                return (yield from attempt(place))
            except TaskclusterError as failure:
                error = failure
            if error in self._told:
                raise error
            if isinstance(error, APIError) and error.status in _REFUSALS:
                if refused:
                    raise error
                refused = True
                place = yield from locate()
                continue
            refused = False
            if reached() >= furthest + _STEP:
                tried, furthest = 0, reached()
            tried += 1
            if isinstance(error, Mismatch) and not mismatched:
                # Once: bytes can change on their way, but if they are wrong where they are, it is of no use.
                mismatched = True
            else:
                yield from self._pause(error, tried)
            if place.expires is not None and place.expires <= self.now():
                place = yield from locate()

    def _pause(self, failure: TaskclusterError, tried: int) -> Transfer[None]:
        delay = self.options.retry.wait(failure, tried, jitter=self._jitter())
        if delay is None or self._deadline.passed_after(delay):
            raise failure
        yield Sleep(delay)


def seconds(date: Any) -> float | None:
    """Return the seconds since 1970 of a date in a service's answer, or None if it is none."""
    try:
        return parse_json_date(date).timestamp()
    except (TypeError, ValueError):
        return None
