"""Faults of servers and connections, on real sockets: what is retried, and what a call ends with."""

from __future__ import annotations

import logging
import socket
import traceback
from threading import Event

import pytest
from clock import Clock
from flavours import Flavour, every_flavour
from loopback import PATIENCE, LoopbackServer
from sample import AsyncSample, Sample
from wire import Step, Visit, Wire, answer, error, hang_up, refusing, reset, reset_at_once, stall, then

from tc_core import (
    BadRequest,
    Credentials,
    Retry,
    ServerError,
    TaskclusterError,
    TimedOut,
    TooManyRequests,
    TransportError,
)

AT_ONCE = Retry(retries=2, delay=0)
NEVER = Retry(retries=0)
OK = answer(200, {"ok": True})

LOST: dict[str, Step] = {
    "reset": reset,
    "hung up": hang_up,
    "reset inside the head": then(b"HTTP/1.1 200 OK\r\nContent-", reset),
    "hung up inside the head": then(b"HTTP/1.1 200 OK\r\nContent-", hang_up),
    "reset inside the body": then(answer(200, b'{"ok"', length=12), reset),
    "hung up inside the body": then(answer(200, b'{"ok"', length=12), hang_up),
    "hung up inside a chunk": then(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{", hang_up),
    "no HTTP": then(b"SSH-2.0-OpenSSH\r\n", hang_up),
}


@every_flavour
async def test_a_server_error_is_retried(flavour: Flavour) -> None:
    with Wire(error(500, "InternalServerError", "no"), answer(502, b"<html>"), OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=AT_ONCE) as sample:
            assert await sample.thing("one") == {"ok": True}
    assert len(wire.requests) == 3


@every_flavour
async def test_each_try_is_signed_afresh_with_the_same_payload(flavour: Flavour) -> None:
    credentials = Credentials("id", "token")
    with Wire(answer(500), OK) as wire:
        async with flavour.make(
            Sample, AsyncSample, wire.url, retry=AT_ONCE, credentials=credentials
        ) as sample:
            await sample.putThing("one", {"a": 1})
    first, second = wire.requests
    assert first.headers["authorization"] != second.headers["authorization"]
    assert first.body == second.body == b'{"a":1}'


@every_flavour
async def test_the_last_server_error_is_raised_when_no_try_is_left(flavour: Flavour) -> None:
    with Wire(answer(500), answer(500), error(503, "Last", "no")) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=AT_ONCE) as sample:
            with pytest.raises(ServerError, match="503 Last"):
                await sample.thing("one")
    assert len(wire.requests) == 3


@every_flavour
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
async def test_an_error_of_the_caller_is_not_retried(flavour: Flavour, status: int) -> None:
    with Wire(answer(status)) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=AT_ONCE) as sample:
            with pytest.raises(TaskclusterError, match=str(status)):
                await sample.thing("one")
    assert len(wire.requests) == 1


@every_flavour
async def test_a_refused_connection_is_retried_and_then_an_error(
    flavour: Flavour, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "tc_core")
    with refusing() as url:
        async with flavour.make(Sample, AsyncSample, url, retry=AT_ONCE) as sample:
            with pytest.raises(TransportError, match=f"^GET {url}/api/sample/v1/things/one: ") as caught:
                await sample.thing("one")
    assert not caught.value.sent
    assert caught.value.__cause__ is not None
    assert len([record for record in caplog.records if record.name == "tc_core"]) == 3


@every_flavour
@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
async def test_a_lost_answer_is_asked_for_again(flavour: Flavour, fault: Step) -> None:
    with Wire(fault, fault, OK, OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=AT_ONCE) as sample:
            assert await sample.putThing("one", {}) == {"ok": True}
            assert await sample.putThing("one", {}) == {"ok": True}
        wire.wait_until_all_closed()
    assert len(wire.requests) == 4
    assert wire.accepted == 3


@every_flavour
@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
async def test_a_lost_answer_is_an_error_when_no_try_is_left(flavour: Flavour, fault: Step) -> None:
    with Wire(fault, OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=NEVER) as sample:
            with pytest.raises(TransportError) as caught:
                await sample.thing("one")
            assert await sample.thing("one") == {"ok": True}
        wire.wait_until_all_closed()
    assert caught.value.sent
    assert not isinstance(caught.value, TimedOut)


@every_flavour
@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
async def test_a_lost_answer_is_an_error_for_what_must_not_happen_twice(
    flavour: Flavour, fault: Step
) -> None:
    with Wire(fault) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=AT_ONCE) as sample:
            with pytest.raises(TransportError):
                await sample.announce({})
    assert len(wire.requests) == 1


@every_flavour
async def test_what_must_not_happen_twice_may_be_repeated_on_request(flavour: Flavour) -> None:
    retry = Retry(retries=1, delay=0, unrepeatable=True)
    with Wire(reset, OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=retry) as sample:
            await sample.announce({})
    assert len(wire.requests) == 2


@every_flavour
async def test_a_connection_reset_before_the_request_was_read_is_retried(flavour: Flavour) -> None:
    with Wire(reset_at_once, OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=AT_ONCE) as sample:
            assert await sample.thing("one") == {"ok": True}
    assert (wire.accepted, len(wire.requests)) == (2, 1)


@every_flavour
@pytest.mark.parametrize("end", [hang_up, reset], ids=["hung up", "reset"])
async def test_a_kept_connection_that_died_is_replaced_without_a_retry(
    flavour: Flavour, end: Step, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "tc_core")
    assert callable(end)
    with Wire(then(OK, end), OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=NEVER) as sample:
            await sample.thing("one")
            wire.wait_until_all_closed()
            await sample.announce({})
    assert wire.accepted == 2
    assert len(caplog.records) == 2


@every_flavour
async def test_a_kept_connection_that_dies_with_the_next_request_is_replaced_by_a_retry(
    flavour: Flavour,
) -> None:
    with Wire(OK, reset, OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=AT_ONCE) as sample:
            await sample.thing("one")
            assert await sample.thing("two") == {"ok": True}
    assert [request.connection for request in wire.requests] == [0, 0, 1]


@every_flavour
async def test_an_answer_that_goes_on_past_its_length_does_not_spoil_the_next(flavour: Flavour) -> None:
    with Wire(answer(200, b'{"ok": true} and more', length=12), OK, OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=AT_ONCE) as sample:
            assert await sample.thing("one") == {"ok": True}
            assert await sample.thing("two") == {"ok": True}


@every_flavour
@pytest.mark.parametrize(
    "fault",
    [stall, then(b"HTTP/1.1 200 OK\r\n", stall), then(answer(200, b"{", length=9), stall)],
    ids=["before the head", "inside the head", "inside the body"],
)
async def test_a_server_that_says_no_more_is_left_after_the_timeout(flavour: Flavour, fault: Step) -> None:
    with Wire(OK, fault, OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=NEVER, max_connections=1) as sample:
            await sample.thing("one")  # so that a connection is there, and only the answer can be late
            with pytest.raises(TimedOut, match="timeout") as caught:
                await sample.with_options(timeout=0.1).thing("one")
            assert await sample.thing("one") == {"ok": True}
        wire.wait_until_all_closed()
    assert caught.value.sent


TRIGGER = "api/hooks/v1/hooks/a/b/trigger/canary"


def echo(visit: Visit) -> None:
    visit.send(visit.request.head + b"\r\nX-Long: " + b"long" * 20_000 + b"\r\n\r\n")
    visit.hang_up()


def quote_headers(visit: Visit) -> None:
    """Answer with a line that is no header, and repeats the request."""
    visit.send(b"HTTP/1.1 200 OK\r\n" + visit.request.head.replace(b"\r\n", b" ").replace(b":", b" ") * 100)
    visit.send(b"\r\n\r\n")
    visit.hang_up()


@every_flavour
@pytest.mark.parametrize("say", [echo, quote_headers])
async def test_what_a_server_repeats_that_speaks_no_http_is_shown_short_and_without_secrets(
    flavour: Flavour, say: Step
) -> None:
    with Wire(say) as wire:
        credentials = Credentials("id", "token")
        async with flavour.make(
            Sample, AsyncSample, wire.url, retry=NEVER, credentials=credentials
        ) as sample:
            with pytest.raises(TransportError) as caught:
                await sample.request("POST", TRIGGER)
    [request] = wire.requests
    mac = request.headers["authorization"].split("mac=")[1].strip('"')
    shown = "".join(traceback.format_exception(caught.value))
    assert "canary" not in shown
    assert mac not in shown
    assert len(str(caught.value)) < 500


class Deaf(LoopbackServer):
    """Answers as soon as it has the head of a request, takes nothing more of the body, and does not hang up."""

    def __init__(self, reply: bytes) -> None:
        self._reply = reply
        self._over = Event()
        super().__init__("deaf")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._over.set()
        super().close()

    def _serve(self, connection: socket.socket, number: int) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        connection.sendall(self._reply)
        self._over.wait(PATIENCE)


LONG = "more than the buffers of two sockets hold" * 400_000


@every_flavour
async def test_an_answer_to_a_request_that_is_taken_no_further_is_read(flavour: Flavour) -> None:
    with Deaf(error(400, "InputError", "the payload is too long")) as deaf:
        async with flavour.make(Sample, AsyncSample, deaf.url, retry=NEVER, timeout=1) as sample:
            with pytest.raises(BadRequest, match="too long"):
                await sample.putThing("one", {"text": LONG})


@every_flavour
async def test_a_request_that_is_taken_no_further_without_an_answer_times_out(flavour: Flavour) -> None:
    with Deaf(b"") as deaf:
        async with flavour.make(Sample, AsyncSample, deaf.url, retry=NEVER, timeout=0.1) as sample:
            with pytest.raises(TimedOut) as caught:
                await sample.putThing("one", {"text": LONG})
    assert caught.value.sent


@every_flavour
async def test_a_timeout_is_retried_like_any_lost_answer(
    flavour: Flavour, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "tc_core")
    with Wire(otherwise=stall) as wire:
        retry = Retry(retries=1, delay=0)
        async with flavour.make(Sample, AsyncSample, wire.url, retry=retry, timeout=0.1) as sample:
            with pytest.raises(TimedOut):
                await sample.thing("one")
    assert len(caplog.records) == 2


@every_flavour
@pytest.mark.parametrize("status", [429, 503])
async def test_a_retry_after_of_nothing_is_waited_for(flavour: Flavour, status: int) -> None:
    with Wire(answer(status, headers={"Retry-After": "0"}), OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=AT_ONCE) as sample:
            assert await sample.thing("one") == {"ok": True}


@every_flavour
@pytest.mark.parametrize("value", ["61", "Mon, 04 Mar 2030 05:07:08 GMT"])
async def test_a_retry_after_beyond_the_limit_ends_the_call(flavour: Flavour, value: str) -> None:
    with Wire(answer(429, headers={"Retry-After": value})) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=AT_ONCE, clock=Clock()) as sample:
            with pytest.raises(TooManyRequests) as caught:
                await sample.thing("one")
    assert caught.value.retry_after == 61


@every_flavour
async def test_a_wait_that_would_pass_the_deadline_is_not_begun(flavour: Flavour) -> None:
    with Wire(answer(503, headers={"Retry-After": "60"})) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, deadline=30) as sample:
            with pytest.raises(ServerError):
                await sample.thing("one")


@every_flavour
async def test_an_error_does_not_hold_the_signature(flavour: Flavour) -> None:
    credentials = Credentials("id", "a-secret-token")
    with Wire(reset) as wire:
        async with flavour.make(
            Sample, AsyncSample, wire.url, retry=NEVER, credentials=credentials
        ) as sample:
            with pytest.raises(TransportError) as caught:
                await sample.request("GET", "api/sample", query={"bewit": "c2VjcmV0"})
    chain: BaseException | None = caught.value
    while chain is not None:
        assert "c2VjcmV0" not in f"{chain!s} {chain!r} {vars(chain)}"
        assert "Hawk" not in f"{chain!s} {chain!r} {vars(chain)}"
        chain = chain.__cause__ or chain.__context__
