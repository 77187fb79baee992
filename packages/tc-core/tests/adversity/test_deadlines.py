"""Peers that keep a call waiting: whatever it waits for, it ends at its deadline."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any

import httpcore
import httpx
import pytest
from adversity import Witness, make_clients, secret_credentials, well
from authority import Authority
from flavours import AIOHTTP, ASYNCIO, TRIO, Flavour, every_flavour
from sample import AsyncSample, Sample
from wire import PATIENCE, Step, Visit, Wire, answer, refusing, stall

from tc_core import Retry, TimedOut, TransportError
from tc_core._drivers.asynchronous.asyncio_streams import Receiver, Stream
from tc_core._drivers.sync.deadlines import DeadlineStream
from tc_core._drivers.timeouts import Patience

NEVER = Retry(retries=0)
OK = {"ok": True}


def trickle(beginning: bytes, piece: bytes = b"x") -> Callable[[Visit], None]:
    """Send a little every few milliseconds, so that no single read takes long; give up after some seconds."""

    def step(visit: Visit) -> None:
        visit.send(beginning)
        for _ in range(2000):
            Event().wait(0.005)
            visit.send(piece)
        visit.hang_up()

    return step


@contextmanager
def at_first(slow: Callable[[Visit], None], **options: Any) -> Generator[tuple[Wire, Callable[[], None]]]:
    """Serve slowly, and well after the function that is given too was called.

    A call may meet its deadline before its request is out, so the number of requests says nothing.
    """
    calm = Event()
    with Wire(otherwise=lambda visit: (well if calm.is_set() else slow)(visit), **options) as wire:
        yield wire, calm.set


# Answers ------------------------------------------------------------------------------------------------------


@every_flavour
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize(
    "slow",
    [
        trickle(b"HTTP/1.1 200 "),
        trickle(b"HTTP/1.1 200 OK\r\nX-Slow: "),
        trickle(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        trickle(b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
        trickle(answer(200, b"", length=10**6)),
        trickle(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x="),
        trickle(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
    ids=["status line", "header", "headers", "interim answers", "body", "size of a chunk", "chunks"],
)
async def test_an_answer_that_trickles_in_is_given_up(
    flavour: Flavour, slow: Callable[[Visit], None], tls: bool, authority: Authority
) -> None:
    context = authority.client() if tls else None
    with at_first(slow, tls=authority.server() if tls else None) as (wire, go_well):
        async with make_clients(
            flavour, wire.url, max_connections=1, retry=NEVER, ssl_context=context
        ) as clients:
            with pytest.raises(TimedOut):
                await clients.with_options(deadline=0.1).client()
            go_well()
            assert await clients.client() == OK


@every_flavour
async def test_a_body_that_trickles_in_by_a_transport_of_the_users_is_given_up(flavour: Flavour) -> None:
    transport = httpx.HTTPTransport() if flavour.sync else httpx.AsyncHTTPTransport()
    with at_first(trickle(answer(200, b"", length=10**6))) as (wire, go_well):
        async with make_clients(flavour, wire.url, retry=NEVER, transport=transport) as clients:
            with pytest.raises(TimedOut):
                await clients.with_options(deadline=0.1).client()
            go_well()
            assert await clients.client() == OK


# Requests -----------------------------------------------------------------------------------------------------


@contextmanager
def slow_reader(pause: float) -> Generator[str]:
    """Give the URL of a server that takes some of a request every ``pause`` seconds, and must not get all of it."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            while data := connection.recv(65_536):
                taken.append(len(data))
                done.wait(pause)

    taken: list[int] = []

    done = Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve, name="slow-reader")
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        done.set()
        # On a busy machine the call may have ended before it connected, and the thread would wait for good.
        with suppress(OSError):
            socket.create_connection(listener.getsockname()).close()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert sum(taken) < LARGE


LARGE = 16_000_000
"""Bytes; more than the system takes in for a peer that does not read."""


@every_flavour
@pytest.mark.parametrize(
    ("pause", "options"),
    [(PATIENCE, {"timeout": 0.1}), (PATIENCE, {"deadline": 0.1}), (0.002, {"deadline": 0.1})],
    ids=["not at all, timeout", "not at all, deadline", "slowly, deadline"],
)
async def test_a_server_that_does_not_take_the_request_is_given_up(
    flavour: Flavour, pause: float, options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    witness = Witness(caplog, credentials := secret_credentials())
    with slow_reader(pause) as url:
        async with flavour.make(
            Sample, AsyncSample, url, retry=NEVER, credentials=credentials, **options
        ) as sample:
            with pytest.raises(TimedOut) as caught:
                await sample.putThing("one", {"fill": "x" * LARGE})
    witness.check(caught.value)


class Slow(httpcore.NetworkStream):
    """Takes whatever it is given, in its time."""

    def __init__(self) -> None:
        self.taken = 0

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        Event().wait(0.05)
        self.taken += len(buffer)


def test_a_request_that_is_taken_bit_by_bit_is_not_sent_to_its_end() -> None:
    slow = Slow()
    with pytest.raises(httpcore.WriteTimeout):
        DeadlineStream(slow).write(bytes(LARGE), Patience(30, time.monotonic() + 0.1))
    assert slow.taken < LARGE


class Taker(httpcore.AsyncNetworkStream):
    """Takes all that it is given, and answers."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.sizes.append(len(buffer))

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

    async def aclose(self) -> None:
        pass


def test_no_write_on_trio_is_of_more_than_a_slow_peer_takes_within_the_timeout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def connect(*_: object, **__: object) -> Taker:
        return taker

    async def body() -> None:
        async with AsyncSample("http://tc.example.invalid", retry=NEVER) as sample:
            await sample.putThing("one", {"fill": "x" * 1_000_000})

    taker = Taker()
    monkeypatch.setattr(httpcore.TrioBackend, "connect_tcp", connect)
    TRIO.run(body)
    assert sum(taker.sizes) > 1_000_000
    assert max(taker.sizes) <= 262_144


class Draining(asyncio.Transport):
    """Has sent a little more of what was written whenever somebody looks."""

    def __init__(self, unsent: int) -> None:
        super().__init__()
        self.unsent = unsent

    def write(self, data: object) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        self.unsent = max(0, self.unsent - 1)
        return self.unsent


def test_asyncio_goes_on_sending_for_as_long_as_the_peer_takes_some_of_it() -> None:
    async def body() -> None:
        receiver = Receiver()
        receiver.connection_made(transport)
        receiver.pause_writing()
        with pytest.raises(httpcore.WriteTimeout):
            await Stream(receiver).write(b"payload", 0.001)

    transport = Draining(50)
    ASYNCIO.run(body)
    assert transport.unsent == 0


def test_a_handshake_is_not_begun_when_connecting_took_all_the_time() -> None:
    with pytest.raises(httpcore.ConnectTimeout):
        DeadlineStream(Slow()).start_tls(ssl.create_default_context(), "127.0.0.1", Patience(30, 0.0))


# Connections --------------------------------------------------------------------------------------------------


@contextmanager
def silence() -> Generator[int]:
    """Give a port where connections come about, and nothing else happens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@every_flavour
@pytest.mark.parametrize(
    "options",
    [{"timeout": 0.1}, {"deadline": 0.1}, {"timeout": 0.1, "deadline": 0.1}],
    ids=["timeout", "deadline", "both at once"],
)
async def test_a_tls_handshake_that_is_not_answered_is_given_up(
    flavour: Flavour, options: dict[str, Any]
) -> None:
    with silence() as port:
        async with make_clients(flavour, f"https://127.0.0.1:{port}", retry=NEVER, **options) as clients:
            with pytest.raises(TimedOut) as caught:
                await clients.client()
    # A transport that is given need not tell how far it came.
    assert not caught.value.sent or (flavour is AIOHTTP and "deadline" in options)


@every_flavour
@pytest.mark.parametrize(
    "slow", [stall, trickle(b"HTTP/1.1 200 Connection established\r\nX-Slow: ")], ids=["stall", "trickle"]
)
async def test_a_proxy_that_makes_no_tunnel_is_given_up(
    flavour: Flavour, slow: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(slow) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        async with make_clients(flavour, "https://tc.example.invalid", retry=NEVER, deadline=0.1) as clients:
            with pytest.raises(TimedOut):
                await clients.client()


def name_has(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Have tc.example.invalid resolve to these."""
    look_up = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host not in ("tc.example.invalid", b"tc.example.invalid"):
            return look_up(host, port, *args, **options)
        if options.get("flags", args[3] if len(args) > 3 else 0) & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "no number")
        return [entry for each in addresses for entry in look_up(each, port, *args, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@every_flavour
async def test_a_host_is_tried_at_each_of_its_addresses(
    flavour: Flavour, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    witness = Witness(caplog)
    with Wire(otherwise=well) as wire:
        # At ::1 nobody listens, or there is no such address here.
        name_has(monkeypatch, "::1", "127.0.0.1")
        async with make_clients(flavour, f"http://tc.example.invalid:{wire.port}", retry=NEVER) as clients:
            assert await clients.client() == OK
    assert witness.attempts == 1


@every_flavour
async def test_when_an_address_answers_no_other_is_tried(
    flavour: Flavour, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(otherwise=well) as wire:
        name_has(monkeypatch, "127.0.0.1", "127.0.0.1")
        async with make_clients(flavour, f"http://tc.example.invalid:{wire.port}", retry=NEVER) as clients:
            assert await clients.client() == OK
    assert wire.accepted == 1


@every_flavour
async def test_a_host_that_is_at_none_of_its_addresses_is_an_error_that_says_why(
    flavour: Flavour, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refusing() as url:
        name_has(monkeypatch, "127.0.0.1", "127.0.0.1")
        async with make_clients(
            flavour, url.replace("127.0.0.1", "tc.example.invalid"), retry=NEVER
        ) as clients:
            with pytest.raises(Exception, match=r"refused|failed") as caught:
                await clients.client()
    assert not getattr(caught.value, "sent", True)


@every_flavour
async def test_a_socket_that_cannot_be_made_is_an_error_of_what_was_not_sent(
    flavour: Flavour, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with Wire(otherwise=well) as wire:
        async with make_clients(flavour, wire.url, retry=NEVER) as clients:
            assert await clients.client() == OK  # loads what is loaded with the first use, and drops it
            wire.drop_connections()
            await flavour.wait(wire.wait_until_all_closed)
            with monkeypatch.context() as patch:
                patch.setattr(socket, "socket", none)
                with pytest.raises(TransportError) as caught:
                    await clients.client()
            assert not caught.value.sent
            assert await clients.client() == OK


def test_an_address_that_takes_up_the_time_leaves_none_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []

    def connect(connecting: socket.socket, address: tuple[str, int]) -> None:
        tried.append(address[0])
        timeout = connecting.gettimeout()
        assert timeout
        until = time.monotonic() + timeout
        while time.monotonic() <= until:
            Event().wait(timeout)
        raise TimeoutError

    monkeypatch.setattr(socket.socket, "connect", connect)
    name_has(monkeypatch, "127.0.0.1", "127.0.0.2")
    options: dict[str, Any] = {"retry": NEVER, "deadline": 0.5}
    with Sample("http://tc.example.invalid", **options) as sample, pytest.raises(TimedOut) as caught:
        sample.thing("one")
    assert "127.0.0.2" not in tried
    assert not caught.value.sent
