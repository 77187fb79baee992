"""What goes wrong around a call: hosts, kept connections, credentials, clocks, and answers that say too much."""

from __future__ import annotations

import itertools
import logging
import socket
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from threading import Event
from typing import Any

import pytest
from adversity import ACTIONS, CLIENT_ID, PAYLOAD, Action, Witness, make_clients, secret_credentials, well
from authority import Authority
from flavours import AIOHTTP, Flavour, every_flavour
from wire import PATIENCE, Visit, Wire, answer, error, hang_up, then

from tc_core import AuthenticationFailed, Retry, TransportError
from tc_testing import Fault, LocalTaskcluster, Relay

SOON = Retry(retries=2, delay=0)
NEVER = Retry(retries=0)
REFUSED = error(401, "AuthenticationFailed", "Bad mac")

every_action = pytest.mark.parametrize("action", ACTIONS, ids=str)
REPEATABLE = [action for action in ACTIONS if action.repeatable]


class OnRecord(logging.Handler):
    """Does something when a text is logged for the first time."""

    def __init__(self, text: str, act: Callable[[], object]) -> None:
        super().__init__()
        self._text = text
        self._pending = [act]

    def emit(self, record: logging.LogRecord) -> None:
        if self._text in record.getMessage() and self._pending:
            self._pending.pop()()


@contextmanager
def on_log(name: str, text: str, act: Callable[[], object]) -> Generator[None]:
    """Within a `with` block, act when the logger ``name`` first says ``text``."""
    logging.getLogger(name).addHandler(handler := OnRecord(text, act))
    try:
        yield
    finally:
        logging.getLogger(name).removeHandler(handler)


# Hosts --------------------------------------------------------------------------------------------------------


@every_flavour
@every_action
async def test_a_server_that_refuses_connections_for_a_while_costs_attempts_and_nothing_else(
    flavour: Flavour, action: Action, caplog: pytest.LogCaptureFixture
) -> None:
    witness = Witness(caplog)
    with Wire(otherwise=well) as wire, Relay(wire.url) as relay, ExitStack() as refusing:
        refusing.enter_context(relay.refusing())
        with on_log("tc_core", "TransportError", refusing.close):
            async with make_clients(flavour, relay.url, retry=SOON) as clients:
                assert await action.do(clients) == action.value
    assert witness.attempts == 1 + action.before + 1 + action.after


@every_flavour
@every_action
async def test_a_server_that_refuses_connections_is_an_error_of_what_was_not_sent(
    flavour: Flavour, action: Action, caplog: pytest.LogCaptureFixture
) -> None:
    witness = Witness(caplog, credentials := secret_credentials())
    with Wire(otherwise=well) as wire, Relay(wire.url) as relay, relay.refusing():
        async with make_clients(flavour, relay.url, retry=SOON, credentials=credentials) as clients:
            with pytest.raises(TransportError) as caught:
                await action.do(clients)
    assert not caught.value.sent
    assert witness.attempts == 3
    witness.check(caught.value)


@every_flavour
@every_action
@pytest.mark.parametrize("failures", [1, 3])
async def test_a_host_name_that_does_not_resolve_is_tried_again_and_then_an_error_of_what_was_not_sent(
    flavour: Flavour,
    action: Action,
    failures: int,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    witness = Witness(caplog, credentials := secret_credentials())
    left = failures
    look_up = socket.getaddrinfo

    def getaddrinfo(
        host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> Any:
        nonlocal left
        if host not in ("tc.example.invalid", b"tc.example.invalid"):
            return look_up(host, port, family, type, proto, flags)
        # Trio first asks whether it is a number, which is no attempt.
        numeric = flags & socket.AI_NUMERICHOST
        if left or numeric:
            left -= not numeric
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up("127.0.0.1", port, family, type, proto, flags)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with Wire(otherwise=well) as wire:
        url = f"http://tc.example.invalid:{wire.port}"
        async with make_clients(flavour, url, retry=SOON, credentials=credentials) as clients:
            if failures == 1:
                assert await action.do(clients) == action.value
                assert witness.attempts == 1 + action.before + 1 + action.after
                return
            with pytest.raises(TransportError) as caught:
                await action.do(clients)
    assert not caught.value.sent
    assert witness.attempts == 3
    witness.check(caught.value)


# Kept connections ---------------------------------------------------------------------------------------------


@every_flavour
@every_action
async def test_a_kept_connection_that_died_meanwhile_costs_nothing(
    flavour: Flavour, action: Action, caplog: pytest.LogCaptureFixture
) -> None:
    with Wire(otherwise=well) as wire, Relay(wire.url) as relay:
        relay.plan(Fault.close_after_response())
        async with make_clients(flavour, relay.url, retry=NEVER) as clients:
            await clients.client()
            await flavour.wait(lambda: relay.wait_for(lambda: relay.open == 0))
            assert await action.do(clients) == action.value
    assert relay.accepted == 2


@every_flavour
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("headers", [{}, {"Connection": "close"}], ids=["without a word", "as announced"])
async def test_a_connection_that_the_server_closes_with_its_answer_costs_nothing(
    flavour: Flavour, headers: dict[str, str], tls: bool, authority: Authority
) -> None:
    last = then(answer(200, {"ok": True}, headers), hang_up)
    options: dict[str, Any] = {"ssl_context": authority.client()} if tls else {}
    with Wire(last, last, last, tls=authority.server() if tls else None) as wire:
        async with make_clients(flavour, wire.url, retry=NEVER, **options) as clients:
            for _ in range(3):
                assert await clients.client() == {"ok": True}
                await flavour.wait(wire.wait_until_all_closed)
    assert wire.accepted == 3


@every_flavour
@pytest.mark.parametrize("action", REPEATABLE, ids=str)
async def test_a_kept_connection_that_is_reset_when_it_is_used_costs_an_attempt(
    flavour: Flavour, action: Action, caplog: pytest.LogCaptureFixture
) -> None:
    witness = Witness(caplog)
    with Wire(otherwise=well) as wire, Relay(wire.url) as relay:
        async with make_clients(flavour, relay.url, retry=SOON) as clients:
            await clients.client()
            relay.plan(Fault.refuse())
            assert await action.do(clients) == action.value
    assert relay.accepted == 2
    assert witness.attempts == 1 + 1 + action.before + 1 + action.after


@every_flavour
@pytest.mark.parametrize("action", REPEATABLE, ids=str)
@pytest.mark.parametrize("together", [True, False], ids=["in one piece", "afterwards"])
async def test_bytes_beyond_an_answer_do_not_get_into_the_next(
    flavour: Flavour, action: Action, together: bool
) -> None:
    excess = b"\r\nmore than was announced\r\n\r\n"
    with (
        Wire(*[answer(200, {"ok": True}) + excess] * together, otherwise=well) as wire,
        Relay(wire.url) as relay,
    ):
        if not together:
            relay.plan(Fault.append(excess))
        async with make_clients(flavour, relay.url, retry=SOON) as clients:
            assert await clients.client() == {"ok": True}
            assert await action.do(clients) == action.value
        relay.wait_for(lambda: relay.open == 0)


@every_flavour
async def test_an_answer_that_nobody_asked_for_and_that_comes_later_is_not_taken_for_the_next(
    flavour: Flavour,
) -> None:
    taken = Event()

    def twice(visit: Visit) -> None:
        visit.send(answer(200, {"of": "the first"}))
        taken.wait(PATIENCE)
        visit.send(answer(200, {"of": "nobody"}))

    with Wire(twice, answer(200, {"of": "the second"})) as wire, Relay(wire.url) as relay:
        async with make_clients(flavour, relay.url, retry=SOON) as clients:
            assert await clients.client() == {"of": "the first"}
            taken.set()
            both = len(answer(200, {"of": "the first"}) + answer(200, {"of": "nobody"}))
            await flavour.wait(lambda: relay.wait_for(lambda: relay.response_bytes == both))
            await flavour.wait(relay.release)  # which the relay gets to when it has sent what it has counted
            assert await clients.client() == {"of": "the second"}


@every_flavour
@every_action
@pytest.mark.parametrize(
    "excess",
    [answer(404, {"of": "nobody"}), b"HTTP/1.1 404 Not Found\r\nX: ", b"HTTP"],
    ids=["whole", "its head", "some of it"],
)
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_an_answer_that_nobody_asked_for_and_that_comes_at_once_is_not_taken_for_the_next(
    flavour: Flavour,
    action: Action,
    excess: bytes,
    tls: bool,
    authority: Authority,
    caplog: pytest.LogCaptureFixture,
) -> None:
    witness = Witness(caplog)
    first = answer(200, {"of": "the first"}) + excess
    options: dict[str, Any] = {"ssl_context": authority.client()} if tls else {}
    with Wire(first, otherwise=well, tls=authority.server() if tls else None) as wire:
        async with make_clients(flavour, wire.url, retry=NEVER, max_connections=1, **options) as clients:
            assert await clients.client() == {"of": "the first"}
            assert await action.do(clients) == action.value
    # The beginning of an answer aiohttp forgets by itself, and keeps the connection.
    assert wire.accepted == 2 or (flavour is AIOHTTP and wire.accepted == 1)
    assert witness.attempts == 1 + action.before + 1 + action.after


@every_flavour
@pytest.mark.parametrize("action", [action for action in ACTIONS if not action.before], ids=str)
async def test_a_connection_that_is_reset_before_anything_is_written_to_it_shows_no_secret(
    flavour: Flavour, action: Action, caplog: pytest.LogCaptureFixture
) -> None:
    def wait_for_reset() -> None:
        relay.wait_for(lambda: (relay.accepted, relay.open) == (1, 0))

    witness = Witness(caplog, credentials := secret_credentials())
    with (
        Wire(otherwise=well) as wire,
        Relay(wire.url, [Fault.refuse()]) as relay,
        # Writing fails then, and what is to be written is among the local variables that a traceback leads to.
        on_log("httpcore.connection", "connect_tcp.complete", wait_for_reset),
    ):
        async with make_clients(flavour, relay.url, retry=NEVER, credentials=credentials) as clients:
            with pytest.raises(TransportError) as caught:
                await action.do(clients)
    witness.check(caught.value)


# Redirects ----------------------------------------------------------------------------------------------------


@every_flavour
@every_action
async def test_a_redirect_is_not_followed_and_leaks_no_signature(
    flavour: Flavour, action: Action, caplog: pytest.LogCaptureFixture
) -> None:
    witness = Witness(caplog, credentials := secret_credentials())
    with Wire() as elsewhere:
        redirect = answer(303, {"ok": True, "clients": [1, 2, 3]}, {"Location": f"{elsewhere.url}/file"})
        with Wire(redirect) as wire:
            async with make_clients(flavour, wire.url, retry=SOON, credentials=credentials) as clients:
                value = await action.do(clients)
    assert value == ({"ok": True, "clients": [1, 2, 3]} if isinstance(action.value, dict) else action.value)
    assert elsewhere.accepted == 0
    assert len(wire.requests) == 1
    witness.check(clients, value)


# Credentials and clocks ---------------------------------------------------------------------------------------


@every_flavour
@every_action
async def test_credentials_that_are_refused_in_the_middle_are_renewed_once(
    flavour: Flavour, action: Action, caplog: pytest.LogCaptureFixture
) -> None:
    given = [secret_credentials(f"id-{number}") for number in range(3)]
    witness = Witness(caplog, *given)
    renewals = iter(given)
    with Wire(*[well] * action.before, REFUSED, otherwise=well) as wire:
        async with make_clients(
            flavour, wire.url, retry=NEVER, credentials=lambda: next(renewals)
        ) as clients:
            assert await action.do(clients) == action.value
            witness.check(clients)
    signers = [request.headers["authorization"].split('"')[1] for request in wire.requests]
    assert signers == ["id-0/temp"] * (action.before + 1) + ["id-1/temp"] * (1 + action.after)
    assert next(renewals) is given[2]


@every_flavour
@every_action
async def test_credentials_that_are_refused_again_after_they_were_renewed_are_an_error(
    flavour: Flavour, action: Action, caplog: pytest.LogCaptureFixture
) -> None:
    given = [secret_credentials(f"id-{number}") for number in range(3)]
    witness = Witness(caplog, *given)
    renewals = iter(given)
    with Wire(*[well] * action.before, REFUSED, REFUSED) as wire:
        async with make_clients(flavour, wire.url, retry=SOON, credentials=lambda: next(renewals)) as clients:
            with pytest.raises(AuthenticationFailed) as caught:
                await action.do(clients)
            witness.check(clients, caught.value)
    assert len(wire.requests) == action.before + 2
    assert next(renewals) is given[2]


@every_flavour
@pytest.mark.parametrize("wrong", [-3600, 3600], ids=["slow", "fast"])
async def test_a_wrong_clock_on_our_side_is_an_authentication_error_at_once(
    flavour: Flavour, wrong: float, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LocalTaskcluster() as tc:
        witness = Witness(caplog, tc.credentials)
        monkeypatch.setattr(
            logging.getLogger("mohawk"), "propagate", False
        )  # the server's part tells all there
        async with make_clients(flavour, tc.root_url, retry=SOON, credentials=tc.credentials) as right:
            assert (await right.createClient())["clientId"] == CLIENT_ID
            attempts = itertools.count(witness.attempts + 1)
            for action in ACTIONS:
                late = right.with_options(clock=lambda: time.time() + wrong)
                with pytest.raises(AuthenticationFailed) as caught:
                    await action.do(late)
                assert witness.attempts == next(attempts)
                witness.check(late, caught.value)
            # The same, by a clock that is as far out as the service allows.
            near = right.with_options(clock=lambda: time.time() + wrong / 5)
            assert (await near.client())["description"] == PAYLOAD["description"]
            await near.announceClient()
            assert CLIENT_ID in [each["clientId"] async for each in near.listClients_items()]
