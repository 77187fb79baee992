"""A call flow driven by hand: no driver, no socket, and time that passes only when the flow sleeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from clock import Clock

from tc_core import Credentials, Response
from tc_core._endpoint import Call
from tc_core._flow import Authorize, Chance, Send, Step, call_flow
from tc_core._options import Options
from tc_core._session import Request, RootUrl, Session
from tc_core._source import CredentialSource

ROOT = "https://tc.example.com"
PING = Call(method="queue.ping", verb="GET", resource="/api/queue/v1/ping")

Outcome = Response | Exception | Callable[[], Response]


def answer(status: int = 200, body: bytes = b"{}", **headers: str) -> Response:
    """Make an answer; an underscore in the name of a header stands for a hyphen."""
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def make_session(clock: Clock, credentials: object = None, *, root: str = ROOT, **options: Any) -> Session:
    """Make what a client with these options would share with its services."""
    source = CredentialSource(credentials, clock=clock)
    return Session(RootUrl(root), Options(clock=clock, **options), source)


@dataclass
class Course:
    """What a call came to.

    Attributes:
        sends: the requests in order, with the time each was given.
        waits: seconds between them.
        asked: one entry for each time that credentials were asked for: those that had been rejected.
        response: how the call ended, if well.
        error: how it ended, if not.
    """

    sends: list[Send] = field(default_factory=list[Send])
    waits: list[float] = field(default_factory=list[float])
    asked: list[Credentials | None] = field(default_factory=list["Credentials | None"])
    response: Response | None = None
    error: Exception | None = None

    @property
    def requests(self) -> list[Request]:
        return [send.request for send in self.sends]


def follow(
    session: Session,
    outcomes: Iterable[Outcome],
    *,
    call: Call = PING,
    jitter: float = 0.0,
    seconds: float = 0.0,
    exact: bool = True,
) -> Course:
    """Follow a call to its end.

    Args:
        outcomes: what comes of each send: an answer, an error to be thrown, or a function that gives an answer.
        jitter: the random number that the flow gets each time.
        seconds: what each send takes.
        exact: whether all the outcomes must be called for.
    """
    clock = session.options.clock
    assert isinstance(clock, Clock)
    course = Course()
    left = list(outcomes)
    flow = call_flow(call, session, "tests/1.0", Chance(clock, lambda: jitter))

    def do(step: Step) -> object:
        if isinstance(step, Send):
            course.sends.append(step)
            assert left, "a send more than the test has outcomes for"
            clock.advance(seconds)
            outcome = left.pop(0)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome if isinstance(outcome, Response) else outcome()
        if isinstance(step, Authorize):
            course.asked.append(step.rejected)
            assert session.source.provider is not None
            return session.source.accept(session.source.provider(), clock())
        course.waits.append(step.seconds)
        clock.advance(step.seconds)
        return None

    try:
        step = next(flow)
        while True:
            try:
                result = do(step)
            except Exception as error:
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration as end:
        course.response = end.value
    except AssertionError:
        raise
    except Exception as error:
        course.error = error
    assert not (exact and left), f"{len(left)} outcomes were not called for"
    return course
