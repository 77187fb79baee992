"""The retry flow under anything that may happen, in any order: a state machine that plays the world around a call."""

from __future__ import annotations

from typing import Any

from clock import Clock
from flows import ROOT, answer
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tc_core import APIError, Credentials, Response, Retry, TaskclusterError, TimedOut, TransportError
from tc_core._endpoint import Call
from tc_core._flow import Authorize, Chance, Flow, Send, Sleep, Step, call_flow
from tc_core._options import Options
from tc_core._session import RootUrl, Session
from tc_core._source import CredentialSource


class CallOfOneClient(RuleBasedStateMachine):
    """Each rule answers the step that the flow stands at. What is expected is counted here, apart from the flow."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock(1_900_000_000.0)
        self.renewed = 0

    @initialize(
        retries=st.integers(0, 4),
        repeatable=st.booleans(),
        provider=st.booleans(),
        deadline=st.none() | st.floats(0.5, 300),
        jitter=st.floats(-1, 1),
    )
    def begin(
        self, retries: int, repeatable: bool, provider: bool, deadline: float | None, jitter: float
    ) -> None:
        self.retries, self.repeatable, self.jitter = retries, repeatable, jitter
        self.provided, self.deadline = provider, deadline
        source = CredentialSource(self.issue if provider else Credentials("fixed", "token"), clock=self.clock)
        options = Options(retry=Retry(retries=retries), deadline=deadline, clock=self.clock)
        self.session = Session(RootUrl(ROOT), options, source)
        self.call()

    def call(self) -> None:
        self.response: Response | None = None
        self.error: Exception | None = None
        self.last: Response | TransportError | None = None
        self.sends = self.rejections = 0
        self.reached = False
        self.nonces: set[str] = set()
        self.began = self.clock.now
        call = Call(method="x.y", verb="POST", resource="/x", body=b"{}", repeatable=self.repeatable)
        self.flow: Flow = call_flow(call, self.session, "tests/1", Chance(self.clock, lambda: self.jitter))
        self.advance(lambda: next(self.flow))

    def issue(self) -> Credentials:
        self.renewed += 1
        return Credentials(f"issued-{self.renewed}", "token")

    def advance(self, go_on: Any) -> None:
        self.step: Step | None = None
        try:
            self.step = go_on()
        except StopIteration as end:
            self.response = end.value
        except (TaskclusterError, ZeroDivisionError) as error:
            self.error = error
        if isinstance(self.step, Send):
            self.sends += 1

    def comes(self, outcome: Response | TransportError) -> None:
        self.last = outcome
        self.reached = self.reached or isinstance(outcome, Response) or outcome.sent
        if isinstance(outcome, Response):
            self.advance(lambda: self.flow.send(outcome))
        else:
            self.advance(lambda: self.flow.throw(outcome))

    def left(self) -> float:
        return float("inf") if self.deadline is None else self.began + self.deadline - self.clock.now

    over = precondition(lambda self: self.step is None)
    sending = precondition(lambda self: isinstance(self.step, Send))
    sleeping = precondition(lambda self: isinstance(self.step, Sleep))
    renewing = precondition(lambda self: isinstance(self.step, Authorize))

    @over
    @rule(later=st.floats(0, 10))
    def calls_again(self, later: float) -> None:
        self.clock.advance(later)
        self.call()
        asks = self.provided and self.session.source.current is None
        assert isinstance(self.step, Authorize if asks else Send)

    @sending
    @rule(status=st.sampled_from([200, 204, 303]))
    def succeeds(self, status: int) -> None:
        self.comes(answer(status))
        assert self.response is self.last

    @sending
    @rule(status=st.sampled_from([400, 403, 404, 409, 424]))
    def is_refused_for_good(self, status: int) -> None:
        self.comes(answer(status))
        self.ends_with(status)

    @sending
    @rule(status=st.sampled_from([429, 500, 502, 503, 504]), after=st.none() | st.integers(0, 90))
    def fails_for_now(self, status: int, after: int | None) -> None:
        tried = self.sends - self.rejections
        self.comes(answer(status) if after is None else answer(status, retry_after=str(after)))
        lost = status in (502, 504) and not self.repeatable
        self.goes_on_or_ends(tried, retriable=not lost, after=after, status=status)

    @sending
    @rule(sent=st.booleans(), seconds=st.floats(0, 40))
    def is_lost(self, sent: bool, seconds: float) -> None:
        self.clock.advance(seconds)
        tried = self.sends - self.rejections
        self.comes(TransportError("lost", sent=sent))
        self.goes_on_or_ends(tried, retriable=self.repeatable or not sent, after=None, status=None)

    @sending
    @rule()
    def is_not_recognised(self) -> None:
        first = self.rejections == 0
        self.rejections += 1
        self.comes(answer(401))
        if self.provided and first and self.left() > 0:
            assert isinstance(self.step, Authorize)
            assert self.step.rejected is self.session.source.current
        elif self.provided and first:
            assert isinstance(self.error, TimedOut | APIError)
        else:
            self.ends_with(401)

    @renewing
    @rule(seconds=st.floats(0, 5))
    def renews(self, seconds: float) -> None:
        assert isinstance(self.step, Authorize)
        self.clock.advance(seconds)
        source = self.session.source
        issued = source.accept(self.issue(), self.clock())
        self.advance(lambda: self.flow.send(issued))
        if self.left() > 0:
            assert isinstance(self.step, Send)
            assert f'id="{issued.client_id}"' in self.step.request.headers["authorization"]
        else:
            assert isinstance(self.error, TimedOut)

    @renewing
    @rule()
    def cannot_renew(self) -> None:
        failure = ZeroDivisionError()
        self.advance(lambda: self.flow.throw(failure))
        if self.rejections:
            self.ends_with(401)
        else:
            assert self.error is failure

    @sleeping
    @rule(late=st.floats(0, 2))
    def wakes(self, late: float) -> None:
        assert isinstance(self.step, Sleep)
        self.clock.advance(self.step.seconds + late)
        self.advance(lambda: self.flow.send(None))
        if self.left() > 0:
            assert isinstance(self.step, Send)
        else:
            assert isinstance(self.error, TimedOut)

    def goes_on_or_ends(self, tried: int, *, retriable: bool, after: int | None, status: int | None) -> None:
        backoff = min(0.1 * 2 ** (tried - 1) * (1 + 0.25 * self.jitter), 30.0)
        wait = max(backoff, after or 0)
        if retriable and tried <= self.retries and (after or 0) <= 60 and wait < self.left():
            assert isinstance(self.step, Sleep)
            assert abs(self.step.seconds - wait) < 1e-9
        elif status is None:
            assert self.error is self.last
        else:
            self.ends_with(status)

    def ends_with(self, status: int) -> None:
        assert isinstance(self.error, APIError)
        assert self.error.status == status

    @invariant()
    def there_is_a_step_or_an_end(self) -> None:
        assert [self.step, self.response, self.error].count(None) == 2

    @invariant()
    def what_was_sent_with_any_attempt_is_not_called_unsent(self) -> None:
        if isinstance(self.error, TransportError):
            assert self.error.sent == self.reached

    @invariant()
    def attempts_are_bounded(self) -> None:
        assert self.sends <= self.retries + 1 + min(self.rejections, 1)

    @invariant()
    def what_is_sent_is_signed_afresh_and_within_the_deadline(self) -> None:
        if isinstance(self.step, Send) and self.sends > len(self.nonces):
            header = self.step.request.headers["authorization"]
            self.nonces.add(header.split('nonce="')[1].split('"')[0])
            assert len(self.nonces) == self.sends
            assert f'ts="{int(self.clock.now)}"' in header
            assert (self.step.remaining is None) == (self.deadline is None)
            assert self.step.remaining is None or 0 < self.step.remaining <= self.left() + 1e-6


TestCallOfOneClient = CallOfOneClient.TestCase
