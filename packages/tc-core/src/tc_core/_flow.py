"""The course of a call, without I/O: a generator that yields what is to be done and is sent what came of it.

A driver answers the steps: `Authorize` with credentials or None, `Send` with a `Response` (or by throwing a
`TransportError` in), `Sleep` with None.
"""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Callable, Generator, Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, cast

from ._credentials import Credentials
from ._endpoint import Call
from ._errors import (
    APIError,
    AuthenticationFailed,
    TaskclusterError,
    TimedOut,
    TransportError,
    error_class,
    redact,
)
from ._response import Response
from ._session import Request, Session

logger = logging.getLogger("tc_core")


class Authorize(NamedTuple):
    """Get the session's credentials; ``rejected`` are those that the service has just refused."""

    session: Session
    rejected: Credentials | None
    remaining: float | None


class Send(NamedTuple):
    """Send a request; no read may take longer than ``timeout`` seconds, nor the whole longer than ``remaining``."""

    request: Request
    timeout: float
    remaining: float | None


class Sleep(NamedTuple):
    """Wait."""

    seconds: float


Step = Authorize | Send | Sleep
Flow = Generator[Step, Any, Response]


class Chance(NamedTuple):
    """The inputs of a flow that tests replace.

    Attributes:
        monotonic: seconds of a clock that never jumps, for deadlines and durations.
        jitter: gives random numbers from -1 to 1.
    """

    monotonic: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = lambda: random.uniform(-1, 1)


DEFAULT_CHANCE = Chance()


def call_flow(call: Call, session: Session, agent: str, chance: Chance = DEFAULT_CHANCE) -> Flow:
    """Make a call: sign, send, classify, and try again as the client's options say.

    Returns the answer if its status is 2xx or 3xx. ``agent`` is the User-Agent.

    Raises:
        APIError: the service answered with an error that is not to be retried, or no longer.
        TransportError: no complete answer came, and there is no try left.
    """
    options = session.options
    deadline = Deadline(options.deadline, chance.monotonic)
    refusal: AuthenticationFailed | None = None
    rejected: Credentials | None = None
    reached = False
    tried = 0
    while True:
        credentials = session.source.current
        if session.source.due(options.clock(), rejected):
            try:
                credentials = yield Authorize(session, rejected, deadline.remaining())
            except Exception as error:
                _say_sent(error, reached)
                raise refusal or error from (error if refusal else error.__cause__)
            rejected = None
        tried += 1
        outcome = yield from _attempt(call, session, credentials, agent, tried, deadline)
        if isinstance(outcome, Response):
            return outcome
        reached = reached or not isinstance(outcome, TransportError) or outcome.sent
        if isinstance(outcome, AuthenticationFailed) and session.source.provider and refusal is None:
            # The service did nothing, so the attempt does not count against the retries.
            refusal, rejected = outcome, credentials
            tried -= 1
            continue
        delay = options.retry.wait(outcome, tried, repeatable=call.repeatable, jitter=chance.jitter())
        if delay is None or deadline.passed_after(delay):
            _say_sent(outcome, reached)
            raise outcome
        yield Sleep(delay)


def _attempt(
    call: Call,
    session: Session,
    credentials: Credentials | None,
    agent: str,
    tried: int,
    deadline: Deadline,
) -> Generator[Step, Any, Response | TaskclusterError]:
    request = session.request(call, credentials, agent)
    began = deadline.now()
    try:
        response: Response = yield Send(request, session.options.timeout, deadline.remaining())
    except TaskclusterError as error:
        if logger.isEnabledFor(logging.DEBUG):
            _log(request, type(error).__name__, deadline.now() - began, tried, None)
        return error
    if logger.isEnabledFor(logging.DEBUG):
        _log(request, response.status, deadline.now() - began, tried, response.request_id)
    return (
        response if response.status < 400 else api_error(call, response, credentials, session.options.clock())
    )


def _say_sent(error: Exception, reached: bool) -> None:
    # Whether it may be tried again is asked of one attempt; the user is told of all.
    if reached and isinstance(error, TransportError):
        error.sent = True


class Deadline:
    """The bound on a whole call."""

    def __init__(self, seconds: float | None, now: Callable[[], float]) -> None:
        self.now = now
        self._at = None if seconds is None else now() + seconds

    def remaining(self) -> float | None:
        """Return the seconds that are left, or None where there is no bound."""
        if self._at is None:
            return None
        left = self._at - self.now()
        if left <= 0:
            raise TimedOut("the deadline of the call has passed", sent=False)
        return left

    def passed_after(self, delay: float) -> bool:
        return self._at is not None and self.now() + delay >= self._at


def api_error(call: Call, response: Response, credentials: Credentials | None, now: float) -> APIError:
    """Make the error that an answer of 400 or more stands for."""
    body = _error_body(response, credentials)
    code, message = _code_and_message(body)
    return error_class(response.status)(
        message or f"the service answered {response.status} without saying why",
        status=response.status,
        code=code,
        body=body,
        method=redact(call.method),
        request_id=response.request_id,
        retry_after=retry_after(response.headers.get("retry-after"), now),
    )


def retry_after(value: str | None, now: float) -> float | None:
    """Read a Retry-After header (RFC 9110, 10.2.3), seconds or a date, into seconds from ``now``."""
    if value is None:
        return None
    text = value.strip(" \t")
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    # A date without a zone is in UTC.
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.fromtimestamp(now, UTC)).total_seconds())


def _error_body(response: Response, credentials: Credentials | None) -> Any:
    token = None if credentials is None else credentials.access_token
    try:
        body = _clean(response.json(), token)
    except (ValueError, RecursionError):
        return _clean(response.text, token)
    if not isinstance(body, dict):
        return body
    fields = cast(dict[str, Any], body)
    fields.pop("requestInfo", None)
    return fields


def _clean(value: Any, token: str | None) -> Any:
    """Take secrets out of a JSON value: what a service repeats of a request may hold them."""
    if isinstance(value, str):
        return redact(value.replace(token, "[redacted]") if token else value)
    if isinstance(value, list):
        return [_clean(each, token) for each in cast(Iterable[Any], value)]
    if isinstance(value, dict):
        return {key: _clean(each, token) for key, each in cast(dict[str, Any], value).items()}
    return value


def _code_and_message(body: Any) -> tuple[str | None, str]:
    """Read Taskcluster's {code, message}, an error artifact's {reason, message}, {error}, or a page of text."""
    if not isinstance(body, dict):
        return None, body.strip()[:200] if isinstance(body, str) else ""
    fields = cast(dict[str, object], body)
    code = fields.get("code") or fields.get("reason")
    message = fields.get("message") or fields.get("error") or ""
    human = str(message).split("\n---\n", 1)[0].strip()
    return (str(code) if code else None), human


def _log(request: Request, outcome: object, seconds: float, tried: int, request_id: str | None) -> None:
    logger.debug(
        "%s -> %s in %.0f ms, attempt %d, request id %s",
        request.name,
        outcome,
        seconds * 1000,
        tried,
        request_id or "-",
    )
