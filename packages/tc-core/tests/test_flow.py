"""The course of a call, driven by hand: no socket, and no time that really passes."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from clock import Clock
from flows import Outcome, answer, follow, make_session
from hypothesis import given
from hypothesis import strategies as st

from tc_core import (
    APIError,
    AuthenticationFailed,
    Credentials,
    CredentialsExpired,
    Response,
    Retry,
    ServerError,
    TaskclusterError,
    TimedOut,
    TooManyRequests,
    TransportError,
)
from tc_core._endpoint import Call
from tc_core._flow import DEFAULT_CHANCE

EMAIL = Call(method="notify.email", verb="POST", resource="/api/notify/v1/email", repeatable=False)

LOST = TransportError("reset by peer")
UNSENT = TransportError("connection refused", sent=False)

OLD, NEW = Credentials("old", "old-token"), Credentials("new", "new-token")


def temporary(clock: Clock, hours: float) -> Credentials:
    return OLD.create_temp_creds(ttl=timedelta(hours=hours), scopes=[], clock=clock)


def signer(authorization: str) -> str:
    return authorization.split('"', 2)[1]


# How a call ends ----------------------------------------------------------------------------------------------


def test_a_success_is_returned_at_once() -> None:
    response = answer(200, b'{"alive": true}')
    course = follow(make_session(Clock()), [response])
    assert course.response is response
    assert course.waits == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_returned_and_not_followed(status: int) -> None:
    response = answer(status, location="https://elsewhere.example.com/")
    course = follow(make_session(Clock()), [response])
    assert course.response is response


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406, 409, 410, 418, 424, 431])
def test_4xx_is_raised_at_once(status: int) -> None:
    course = follow(make_session(Clock()), [answer(status, retry_after="1")])
    assert isinstance(course.error, APIError)
    assert course.error.status == status
    assert course.waits == []


@pytest.mark.parametrize("failure", [answer(500), answer(503), answer(504), answer(429), LOST, UNSENT])
def test_a_passing_failure_is_tried_again(failure: Outcome) -> None:
    course = follow(make_session(Clock()), [failure, failure, answer()])
    assert isinstance(course.response, Response)
    assert course.waits == [0.1, 0.2]


def test_delays_double_and_five_retries_are_made() -> None:
    course = follow(make_session(Clock()), [answer(500)] * 5 + [answer(502)])
    assert isinstance(course.error, ServerError)
    assert course.error.status == 502
    assert course.waits == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6])


def test_the_last_failure_is_raised() -> None:
    session = make_session(Clock(), retry=Retry(retries=1))
    assert follow(session, [answer(500), LOST]).error is LOST
    assert isinstance(follow(session, [LOST, answer(429)]).error, TooManyRequests)


@pytest.mark.parametrize("before", [LOST, answer(500), answer(429)])
def test_a_call_whose_last_try_was_not_sent_says_that_an_earlier_one_was(before: Outcome) -> None:
    unsent = [TransportError("connection refused", sent=False) for _ in range(3)]
    course = follow(make_session(Clock(), retry=Retry(retries=3)), [unsent[0], before, *unsent[1:]])
    assert course.error is unsent[-1]
    assert unsent[-1].sent


def test_a_call_of_which_no_try_was_sent_says_so() -> None:
    course = follow(make_session(Clock(), retry=Retry(retries=1)), [UNSENT, UNSENT])
    assert course.error is UNSENT
    assert not UNSENT.sent


def test_no_retries_means_one_send() -> None:
    assert follow(make_session(Clock(), retry=Retry(retries=0)), [LOST]).error is LOST


@pytest.mark.parametrize(("jitter", "factor"), [(-1.0, 0.75), (0.0, 1.0), (1.0, 1.25)])
def test_delays_are_spread_by_a_quarter(jitter: float, factor: float) -> None:
    course = follow(make_session(Clock()), [LOST, LOST, answer()], jitter=jitter)
    assert course.waits == pytest.approx([0.1 * factor, 0.2 * factor])


def test_clients_spread_by_themselves() -> None:
    shares = [DEFAULT_CHANCE.jitter() for _ in range(200)]
    assert -1 <= min(shares) < 0 < max(shares) <= 1


# Retry-After --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 500, 503])
def test_retry_after_in_seconds_is_waited_for(status: int) -> None:
    course = follow(make_session(Clock()), [answer(status, retry_after="7"), answer()])
    assert course.waits == [7.0]


def test_retry_after_as_a_date_is_waited_for() -> None:
    clock = Clock()
    date = format_datetime(datetime.fromtimestamp(clock.now + 42, UTC), usegmt=True)
    assert follow(make_session(clock), [answer(503, retry_after=date), answer()]).waits == [42.0]


@pytest.fixture
def far_from_utc() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "XXX-9")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows keeps its time zone for all programs")
@pytest.mark.usefixtures("far_from_utc")
def test_retry_after_as_a_date_without_a_zone_is_in_utc() -> None:
    clock = Clock()
    date = time.asctime(time.gmtime(clock.now + 42))
    assert follow(make_session(clock), [answer(503, retry_after=date), answer()]).waits == [42.0]


def test_retry_after_is_no_reason_to_come_back_sooner() -> None:
    course = follow(make_session(Clock()), [LOST, answer(503, retry_after="0"), answer()])
    assert course.waits == [0.1, 0.2]


def test_retry_after_of_a_minute_is_waited_for_and_a_longer_one_is_raised_at_once() -> None:
    assert follow(make_session(Clock()), [answer(429, retry_after="60"), answer()]).waits == [60.0]
    course = follow(make_session(Clock()), [answer(429, retry_after="61")])
    assert isinstance(course.error, TooManyRequests)
    assert course.error.retry_after == 61.0
    assert course.waits == []


# Methods that act twice when they are called twice ------------------------------------------------------------


@pytest.mark.parametrize("failure", [LOST, answer(502), answer(504)])
def test_a_lost_answer_ends_a_call_that_must_not_be_repeated(failure: Outcome) -> None:
    course = follow(make_session(Clock()), [failure], call=EMAIL)
    assert isinstance(course.error, TaskclusterError)


@pytest.mark.parametrize("failure", [UNSENT, answer(500), answer(503), answer(429)])
def test_what_did_not_act_is_retried_even_if_it_must_not_be_repeated(failure: Outcome) -> None:
    assert follow(make_session(Clock()), [failure, answer()], call=EMAIL).response is not None


@pytest.mark.parametrize("failure", [LOST, answer(502), answer(504)])
def test_a_user_may_ask_for_repetition(failure: Outcome) -> None:
    session = make_session(Clock(), retry=Retry(unrepeatable=True))
    assert follow(session, [failure, answer()], call=EMAIL).response is not None


# Time ---------------------------------------------------------------------------------------------------------


def test_each_send_is_given_the_timeout_and_what_is_left_of_the_deadline() -> None:
    session = make_session(Clock(), timeout=3.0, deadline=10.0)
    course = follow(session, [LOST, LOST, answer()], seconds=2.0)
    assert [send.timeout for send in course.sends] == [3.0, 3.0, 3.0]
    assert [send.remaining for send in course.sends] == pytest.approx([10.0, 7.9, 5.7])


def test_without_a_deadline_a_send_may_take_as_long_as_it_goes_on() -> None:
    assert follow(make_session(Clock()), [answer()]).sends[0].remaining is None


def test_a_wait_that_would_pass_the_deadline_is_not_begun() -> None:
    course = follow(make_session(Clock(), deadline=5.0), [answer(503, retry_after="5")])
    assert isinstance(course.error, ServerError)
    assert course.waits == []


def test_nothing_is_sent_when_renewing_the_credentials_took_all_the_time() -> None:
    clock = Clock()

    def provider() -> Credentials:
        clock.advance(6)
        return NEW

    course = follow(make_session(clock, provider, deadline=5.0), [])
    assert isinstance(course.error, TimedOut)
    assert course.error.sent is False


# Signing ------------------------------------------------------------------------------------------------------


def test_each_attempt_is_signed_afresh() -> None:
    clock = Clock()
    course = follow(make_session(clock, NEW), [answer(503, retry_after="9"), LOST, answer()])
    headers = [request.headers["authorization"] for request in course.requests]
    stamps = [int(re.findall('ts="([0-9]+)"', header)[0]) for header in headers]
    nonces = {re.findall('nonce="([^"]+)"', header)[0] for header in headers}
    assert [stamp - stamps[0] for stamp in stamps] == [0, 9, 9]
    assert len(nonces) == len(headers) == 3


def test_nothing_but_the_signature_changes_between_attempts() -> None:
    first, second = follow(make_session(Clock(), NEW, trace_id="a"), [LOST, answer()]).requests
    assert first.headers.pop("authorization") != second.headers.pop("authorization")
    assert first == second


def test_without_credentials_nothing_is_signed() -> None:
    assert "authorization" not in follow(make_session(Clock()), [answer()]).requests[0].headers


def test_credentials_that_expire_while_a_client_lives_are_not_sent() -> None:
    clock = Clock()
    session = make_session(clock, temporary(clock, hours=1))
    clock.advance(3600 + 299)
    assert follow(session, [answer()]).response is not None
    clock.advance(2)
    assert isinstance(follow(session, []).error, CredentialsExpired)


# Providers ----------------------------------------------------------------------------------------------------


def provider_of(*credentials: Credentials | Exception) -> Callable[[], Credentials]:
    left = list(credentials)

    def provider() -> Credentials:
        value = left.pop(0)
        if isinstance(value, Exception):
            raise value
        return value

    return provider


def test_a_provider_is_asked_before_the_first_send_only() -> None:
    session = make_session(Clock(), provider_of(NEW))
    follow(session, [answer(500), answer()])
    course = follow(session, [answer()])
    assert course.asked == []
    assert signer(course.requests[0].headers["authorization"]) == "new"


def test_a_provider_is_asked_again_before_expiry_even_between_two_attempts() -> None:
    clock = Clock()
    session = make_session(clock, provider_of(temporary(clock, hours=1), NEW))
    follow(session, [answer()])
    clock.advance(3600 - 301)
    course = follow(session, [answer(503, retry_after="2"), answer()])
    assert [signer(request.headers["authorization"]) for request in course.requests] == ["old", "new"]


def test_401_renews_the_credentials_and_is_no_retry() -> None:
    session = make_session(Clock(), provider_of(OLD, NEW), retry=Retry(retries=1))
    course = follow(session, [answer(401), answer(500), answer()])
    assert course.asked == [None, OLD]
    assert course.waits == [0.1]
    assert [signer(request.headers["authorization"]) for request in course.requests] == ["old", "new", "new"]


def test_401_after_a_renewal_is_raised() -> None:
    session = make_session(Clock(), provider_of(OLD, NEW, OLD))
    course = follow(session, [answer(401), answer(401, b'{"message": "the second"}')])
    assert isinstance(course.error, AuthenticationFailed)
    assert course.error.message == "the second"
    assert course.asked == [None, OLD]
    assert course.waits == []


def test_401_with_credentials_that_another_call_has_renewed_meanwhile_asks_nobody() -> None:
    session = make_session(Clock(), provider_of(OLD))
    follow(session, [answer()])

    def refused() -> Response:
        session.source.accept(NEW, session.options.clock())
        return answer(401)

    course = follow(session, [refused, answer()])
    assert course.asked == []
    assert [signer(request.headers["authorization"]) for request in course.requests] == ["old", "new"]


def test_an_attempt_signs_with_what_another_call_has_renewed_meanwhile() -> None:
    session = make_session(Clock(), provider_of(OLD))

    def failed() -> Response:
        session.source.accept(NEW, session.options.clock())
        return answer(500)

    course = follow(session, [failed, answer()])
    assert [signer(request.headers["authorization"]) for request in course.requests] == ["old", "new"]


def test_401_is_raised_when_the_provider_then_fails_and_says_why() -> None:
    failure = RuntimeError("the vault is closed")
    course = follow(make_session(Clock(), provider_of(OLD, failure)), [answer(401)])
    assert isinstance(course.error, AuthenticationFailed)
    assert course.error.__cause__ is failure


def test_what_a_provider_raises_at_first_reaches_the_caller() -> None:
    failure = RuntimeError("the vault is closed")
    assert follow(make_session(Clock(), provider_of(failure)), []).error is failure


def test_401_with_fixed_credentials_is_raised_at_once() -> None:
    course = follow(make_session(Clock(), OLD), [answer(401)])
    assert isinstance(course.error, AuthenticationFailed)
    assert course.asked == []


# Any failures -------------------------------------------------------------------------------------------------

FAILURES = st.sampled_from([LOST, UNSENT, answer(500), answer(502), answer(429)]) | st.integers(0, 60).map(
    lambda seconds: answer(503, retry_after=str(seconds))
)
ENDS = st.sampled_from([answer(200), answer(303), answer(404), answer(401), answer(429, retry_after="3600")])


@given(
    failures=st.lists(FAILURES, max_size=9),
    end=ENDS,
    retries=st.integers(0, 8),
    jitter=st.floats(-1, 1),
    deadline=st.none() | st.floats(0.01, 100),
    seconds=st.floats(0, 5),
)
def test_whatever_fails_sends_and_waits_stay_within_bounds(
    failures: list[Response | TransportError],
    end: Response,
    retries: int,
    jitter: float,
    deadline: float | None,
    seconds: float,
) -> None:
    clock = Clock(0.0)
    session = make_session(clock, retry=Retry(retries=retries), deadline=deadline)
    script = iter([*failures, *[end] * 10])
    given: list[Response | TransportError] = []

    def next_outcome() -> Response:
        given.append(next(script))
        if isinstance(given[-1], TransportError):
            raise given[-1]
        return given[-1]

    course = follow(session, [next_outcome] * 10, jitter=jitter, seconds=seconds, exact=False)

    assert 1 <= len(course.sends) <= retries + 1
    assert len(course.waits) == len(course.sends) - 1
    for failed, (tried, wait) in zip(given, enumerate(course.waits), strict=False):
        asked = float(failed.headers.get("retry-after", 0)) if isinstance(failed, Response) else 0.0
        backoff = min(0.1 * 2**tried * (1 + 0.25 * jitter), 30.0)
        assert wait == pytest.approx(max(backoff, asked))
    if deadline is not None:
        assert all(send.remaining is not None and 0 < send.remaining <= deadline for send in course.sends)
        assert clock.now <= deadline + seconds
    last = given[-1]
    if isinstance(last, TransportError):
        assert course.error is last
    elif last.status < 400:
        assert course.response is last
    else:
        assert isinstance(course.error, APIError)
        assert course.error.status == last.status
    assert end not in given[:-1]


# What is logged -----------------------------------------------------------------------------------------------


def test_each_attempt_is_logged_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "tc_core")
    call = Call(method="GET /x", verb="GET", resource="/x?bewit=abc&limit=1")
    outcomes: list[Outcome] = [LOST, answer(200, x_for_request_id="a-request-id")]
    follow(make_session(Clock(), NEW), outcomes, call=call, seconds=0.25)
    url = "GET https://tc.example.com/x?bewit=[redacted]&limit=1"
    assert [record.getMessage() for record in caplog.records] == [
        f"{url} -> TransportError in 250 ms, attempt 1, request id -",
        f"{url} -> 200 in 250 ms, attempt 2, request id a-request-id",
    ]


def test_nothing_is_logged_at_info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    follow(make_session(Clock()), [answer(500), answer()])
    assert caplog.records == []
