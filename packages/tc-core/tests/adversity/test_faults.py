"""Every fault, under every kind of call, in every flavour: what a call comes to, after how many attempts.

A fault that passes leaves the value right; one that stays ends in one kind of error; none shows a secret.
"""

from __future__ import annotations

import functools
import gzip
import itertools
from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal, NamedTuple

import pytest
from adversity import ACTIONS, Action, AsyncClients, Witness, make_clients, secret_credentials, well
from flavours import Flavour, every_flavour
from wire import Step, Visit, Wire, answer, error

from tc_core import (
    APIError,
    AuthenticationFailed,
    BadRequest,
    Retry,
    ServerError,
    TaskclusterError,
    TimedOut,
    TooManyRequests,
    TransportError,
)
from tc_core._drivers.body import BodyReader
from tc_testing import Fault, Relay

SOON = Retry(retries=2, delay=0)
"""Three attempts without a wait."""

NEVER = Retry(retries=0)

PAST = "Mon, 04 Mar 2019 05:07:08 GMT"


class Trouble(NamedTuple):
    """Something that goes wrong with a request.

    Attributes:
        name: for the test's name.
        fault: what happens below HTTP.
        says: what the server says in place of a good answer.
        error: what a call ends with when it stays.
        retried: whether a further attempt is made: always, never, or if the call may be repeated.
        timeout: seconds, where waiting for them is the point.
        of_json: whether only an action that needs JSON minds.
    """

    name: str
    fault: Fault = Fault.pass_through()
    says: Step | None = None
    error: type[TaskclusterError] = TransportError
    retried: Literal["always", "never", "if repeatable"] = "if repeatable"
    timeout: float = 30
    of_json: bool = False

    def __str__(self) -> str:
        return self.name

    def tried_again(self, action: Action) -> bool:
        return self.retried == "always" or (self.retried == "if repeatable" and action.repeatable)


def bomb(visit: Visit) -> None:
    visit.send(answer(200, BOMB, {"Content-Encoding": "gzip"}))


def cut_gzip(visit: Visit) -> None:
    visit.send(answer(200, gzip.compress(b"{}")[:-9], {"Content-Encoding": "gzip"}))


BOMB = gzip.compress(bytes(300_000))
HTML = {"Content-Type": "text/html"}

AT_ONCE = Trouble("reset when accepted", Fault.refuse())

LOST = (
    AT_ONCE,
    Trouble("reset before the request is through", Fault.reset("request", after=20)),
    Trouble("reset before the head", Fault.reset("response")),
    Trouble("reset inside the status line", Fault.reset("response", after=5)),
    Trouble("reset inside the head", Fault.reset("headers", after=5)),
    Trouble("reset after the head", Fault.reset("body")),
    Trouble("reset inside the body", Fault.reset("body", after=5)),
    Trouble("hung up before the head", Fault.truncate("response")),
    Trouble("hung up inside the head", Fault.truncate("headers", after=5)),
    Trouble("hung up after the head", Fault.truncate("body")),
    Trouble("hung up inside the body", Fault.truncate("body", after=5)),
    Trouble("damage to the status line", Fault.corrupt("response", after=2)),
    Trouble("no HTTP", says=b"SSH-2.0-OpenSSH_9.9\r\n\r\n"),
    Trouble("cut gzip", says=cut_gzip),
)

STALLS = (
    Trouble("stall before the head", Fault.stall("response"), error=TimedOut, timeout=0.3),
    Trouble("stall inside the head", Fault.stall("headers", after=5), error=TimedOut, timeout=0.3),
    Trouble("stall inside the body", Fault.stall("body", after=5), error=TimedOut, timeout=0.3),
)

BAD_ANSWERS = (
    Trouble("500", says=error(500, "InternalServerError", "no"), error=ServerError, retried="always"),
    Trouble("502 in HTML", says=answer(502, b"<html>Bad Gateway</html>", HTML), error=ServerError),
    Trouble("504 and nothing else", says=answer(504, b""), error=ServerError),
    *(
        Trouble(
            f"{status}, Retry-After: {value}",
            says=answer(status, b"", {"Retry-After": value}),
            error=kind,
            retried="always",
        )
        for status, kind in ((429, TooManyRequests), (503, ServerError))
        for value in ("0", PAST)
    ),
)

FINAL = (
    Trouble(
        "garbage for JSON",
        says=answer(200, b"<!doctype html>", HTML),
        error=APIError,
        retried="never",
        of_json=True,
    ),
    Trouble("JSON cut short", says=answer(200, b'{"ok": tr'), error=APIError, retried="never", of_json=True),
    Trouble("an empty 200", says=answer(200, b""), error=APIError, retried="never", of_json=True),
    Trouble("a gzip bomb", says=bomb, error=TaskclusterError, retried="never"),
    Trouble("400", says=error(400, "InputError", "no"), error=BadRequest, retried="never"),
    Trouble(
        "401", says=error(401, "AuthenticationFailed", "no"), error=AuthenticationFailed, retried="never"
    ),
    *(
        Trouble(
            f"{status}, Retry-After: an hour",
            says=answer(status, b"", {"Retry-After": "3600"}),
            error=kind,
            retried="never",
        )
        for status, kind in ((429, TooManyRequests), (503, ServerError))
    ),
)

PASSING = (*LOST, *STALLS, *BAD_ANSWERS)


def each(*troubles: Trouble, actions: tuple[Action, ...] = ACTIONS) -> pytest.MarkDecorator:
    """Run a test for each trouble under each action."""
    cases = itertools.product(actions, troubles)
    # Whether the connection was there before it was reset is a race, and decides on what may not be repeated.
    clear = [(action, trouble) for action, trouble in cases if action.repeatable or trouble is not AT_ONCE]
    return pytest.mark.parametrize(
        ("action", "trouble"), clear, ids=[f"{action}, {trouble}" for action, trouble in clear]
    )


@contextmanager
def place(action: Action, trouble: Trouble, times: int | None) -> Generator[Relay]:
    """Serve well, but for trouble when the action makes the request of interest; leave no connection open.

    Args:
        times: how often; None for ever.
    """
    first = itertools.repeat(Fault.pass_through(), action.before)
    faults = itertools.repeat(trouble.fault) if times is None else itertools.repeat(trouble.fault, times)
    says = trouble.says or well
    script: list[Step] = [*[well] * action.before, *[says] * (times or 0)]
    with (
        Wire(*script, otherwise=says if times is None else well) as wire,
        Relay(wire.url, itertools.chain(first, faults)) as relay,
    ):
        yield relay
        relay.wait_for(lambda: relay.open == 0)


@pytest.fixture(autouse=True)
def low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take in no more than a third of what the bomb unpacks to."""
    monkeypatch.setattr("tc_core._drivers.exchange.BodyReader", functools.partial(BodyReader, limit=100_000))


@every_flavour
@each(*PASSING)
async def test_trouble_that_passes_costs_attempts_and_nothing_else(
    flavour: Flavour, action: Action, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    credentials = secret_credentials()
    witness = Witness(caplog, credentials)
    # A machine that is busy may let good answers take too long as well.
    stalls = trouble in STALLS
    times, retry = (1, Retry(retries=9, delay=0)) if stalls else (2, SOON)
    with place(action, trouble, times) as relay:
        async with make_clients(
            flavour,
            relay.url,
            credentials=credentials,
            retry=retry,
            timeout=trouble.timeout,
            max_connections=1,
        ) as clients:
            if trouble.tried_again(action):
                assert await action.do(clients) == action.value
                more = witness.attempts - (action.before + times + 1 + action.after)
                assert more == 0 or (stalls and more > 0)
            else:
                await fails(clients, action, trouble)
                assert witness.attempts == action.before + 1
            witness.check(clients)


@every_flavour
@each(*PASSING, *FINAL)
async def test_trouble_that_stays_ends_in_its_error_and_leaves_the_client_usable(
    flavour: Flavour, action: Action, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    credentials = secret_credentials()
    witness = Witness(caplog, credentials)
    stalls = trouble in STALLS
    retry = NEVER if stalls else SOON
    attempts = retry.retries + 1 if trouble.tried_again(action) else 1
    with place(action, trouble, times=None if stalls else attempts) as relay:
        async with make_clients(
            flavour,
            relay.url,
            credentials=credentials,
            retry=retry,
            timeout=trouble.timeout,
            max_connections=1,
        ) as clients:
            if trouble.of_json and not action.json:
                assert await action.do(clients) == action.value
            else:
                witness.check(clients, await fails(clients, action, trouble))
            # On a machine that is busy, a good answer before it may have taken too long already.
            fewer = action.before + attempts - witness.attempts
            assert fewer == 0 or (stalls and 0 < fewer <= action.before)
            relay.plan(Fault.pass_through())
            assert await clients.with_options(timeout=30).client() == {"ok": True}


@every_flavour
@each(*PASSING)
async def test_the_deadline_ends_a_call_that_would_try_for_ever(
    flavour: Flavour, action: Action, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    witness = Witness(caplog, credentials := secret_credentials())
    retry = Retry(retries=10**9, delay=0.001, max_delay=0.001)
    with place(action, trouble, times=None) as relay:
        async with make_clients(
            flavour, relay.url, retry=retry, deadline=0.05, credentials=credentials
        ) as clients:
            with pytest.raises((trouble.error, TimedOut)) as caught:
                await action.do(clients)
    witness.check(caught.value)


async def fails(clients: AsyncClients, action: Action, trouble: Trouble) -> TaskclusterError:
    """Do what must end in the error of the trouble, and return that."""
    with pytest.raises(TaskclusterError) as caught:
        await action.do(clients)
    assert type(caught.value) is trouble.error
    return caught.value
