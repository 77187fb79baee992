"""What the transport on aiohttp has of its own. What all promise is tested wherever tests have flavours."""

from __future__ import annotations

import asyncio
import gc
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from adversity import ACTIONS, Action, AsyncClients, Witness, make_clients, secret_credentials, well
from flavours import AIOHTTP, ASYNCIO, TRIO, Flavour
from missing import said_without
from sample import AsyncSample
from wire import PATIENCE, Received, Visit, Wire, answer, hang_up, reset, stall, then

from tc_core import Credentials, Retry, TimedOut, TransportError
from tc_core.aiohttp import AiohttpTransport

NEVER = Retry(retries=0)
OK = answer(200, {"ok": True})

TARGETS = [
    b"/api/it's/~me/%27%7E/a%20b%2Fc",
    b"/path?",
    b"/?a='~'&b=%7e&c=d+e&&f",
    b"//a/./b/../c;d?x=/y?z",
    b"/signed?X-Amz-Signature=ab%2Fcd&bewit=a_b-c",
]


def on_asyncio(body: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await body()

    AIOHTTP.run(run)


async def read(answer: httpx.Response) -> bytes:
    """Read an answer as the driver does, which never hands it to httpx."""
    assert isinstance(answer.stream, httpx.AsyncByteStream)
    try:
        return b"".join([piece async for piece in answer.stream])
    finally:
        await answer.aclose()


class Body(httpx.AsyncByteStream):
    """A body in pieces, which may fail."""

    def __init__(self, *pieces: bytes, error: Exception | None = None) -> None:
        self._pieces = pieces
        self._error = error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        if self._error is not None:
            raise self._error


def put(url: str, body: Body, length: int) -> httpx.Request:
    headers = {"Host": url.partition("//")[2], "Content-Length": str(length)}
    return httpx.Request(
        "PUT",
        url,
        headers=headers,
        stream=body,
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), 30.0)},
    )


# What goes out ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("verb", ["GET", "HEAD", "POST", "PUT", "DELETE"])
def test_a_request_goes_out_in_the_same_bytes_as_without_aiohttp(verb: str, target: bytes) -> None:
    async def both() -> None:
        for transport in (httpx.AsyncHTTPTransport(), AiohttpTransport()):
            length = [("Content-Length", "0")] if verb in ("POST", "PUT") else []
            request = httpx.Request(
                verb,
                wire.url,
                headers=[
                    ("Host", f"127.0.0.1:{wire.port}"),
                    ("X-One", "1"),
                    ("x-two", "2"),
                    ("X-One", "3"),
                    *length,
                ],
                stream=httpx.ByteStream(b""),
                extensions={"target": target},
            )
            await read(await transport.handle_async_request(request))
            await transport.aclose()

    with Wire(otherwise=answer(204, b"")) as wire:
        on_asyncio(both)
        [plain, ours] = wire.requests
    assert ours.head == plain.head
    assert ours.target == target.decode()


def test_calls_go_out_in_the_same_bytes_as_without_aiohttp() -> None:
    async def calls(flavour: Flavour, wire: Wire) -> list[Received]:
        async with make_clients(flavour, wire.url, credentials=Credentials("id", "token")) as clients:
            for action in ACTIONS:
                await action.do(clients)
            for verb in ("POST", "PUT", "DELETE"):
                await clients.request(verb, "api/auth/v1/it's~%7E")
            await clients.request("POST", "api/auth/v1/long", payload="x" * 300_000)
        return wire.requests

    def comparable(request: Received) -> tuple[bytes, bytes]:
        return re.sub(rb"ts=.*", b"", re.sub(rb"127\.0\.0\.1:\d+", b"host", request.head)), request.body

    with Wire(otherwise=well) as plain, Wire(otherwise=well) as wire:
        ASYNCIO.run(lambda: calls(ASYNCIO, plain))
        AIOHTTP.run(lambda: calls(AIOHTTP, wire))
    assert [comparable(each) for each in wire.requests] == [comparable(each) for each in plain.requests]


# How often it goes out ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", [action for action in ACTIONS if not action.before], ids=str)
@pytest.mark.parametrize("fault", [reset, hang_up], ids=["reset", "hung up"])
def test_what_a_kept_connection_lost_is_not_sent_again_behind_the_back_of_the_flow(
    action: Action, fault: Callable[[Visit], None]
) -> None:
    async def body() -> None:
        async with make_clients(AIOHTTP, wire.url, retry=NEVER) as clients:
            await clients.client()
            with pytest.raises(TransportError) as caught:
                await action.do(clients)
        assert caught.value.sent

    with Wire(OK, fault) as wire:
        on_asyncio(body)
    assert [request.connection for request in wire.requests] == [0, 0]


@pytest.mark.parametrize("action", ACTIONS, ids=str)
def test_a_kept_connection_that_died_while_the_event_loop_was_busy_costs_nothing(action: Action) -> None:
    async def body() -> None:
        async with make_clients(AIOHTTP, wire.url, retry=NEVER) as clients:
            await clients.client()
            wire.drop_connections()
            wire.wait_until_all_closed()  # and the event loop gets no turn to learn of it
            assert await action.do(clients) == action.value

    with Wire(otherwise=well) as wire:
        on_asyncio(body)
    assert wire.accepted == 2


def test_all_kept_connections_may_have_died() -> None:
    async def body() -> None:
        async with make_clients(AIOHTTP, wire.url, retry=NEVER) as clients:
            for _ in range(2):
                await asyncio.gather(*(clients.client() for _ in range(8)))
                wire.drop_connections()
                wire.wait_until_all_closed()
            assert await clients.client() == {"ok": True}

    with Wire(otherwise=well) as wire:
        on_asyncio(body)


# Answers ------------------------------------------------------------------------------------------------------


def test_a_body_that_ends_with_its_connection_is_taken_only_if_that_ends_well() -> None:
    head = b"HTTP/1.1 200 OK\r\n\r\n"

    async def body() -> None:
        async with make_clients(AIOHTTP, wire.url, retry=NEVER) as clients:
            assert await clients.client() == {"ok": True}
            with pytest.raises(TransportError) as caught:
                await clients.client()
            assert caught.value.sent

    with Wire(then(head + b'{"ok": true}', hang_up), then(head + b'{"ok": true}', reset)) as wire:
        on_asyncio(body)


def test_a_switch_to_another_protocol_is_no_answer() -> None:
    async def body() -> None:
        async with make_clients(AIOHTTP, wire.url, retry=NEVER) as clients:
            with pytest.raises(TransportError, match="the status 101"):
                await clients.client()

    head = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    with Wire(then(head, stall)) as wire:
        on_asyncio(body)


def test_cookies_are_not_kept() -> None:
    async def body() -> None:
        async with make_clients(AIOHTTP, wire.url) as clients:
            await clients.client()
            await clients.client()

    with Wire(answer(200, {}, {"Set-Cookie": "a=b; Path=/"}), OK) as wire:
        on_asyncio(body)
    assert "cookie" not in wire.requests[1].headers


def test_nothing_is_read_from_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password a-secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    async def body() -> None:
        async with make_clients(AIOHTTP, wire.url) as clients:
            await clients.client()

    with Wire(OK) as wire:
        on_asyncio(body)
    assert "authorization" not in wire.requests[0].headers


# Bodies in pieces ---------------------------------------------------------------------------------------------

LONG = bytes(range(256)) * 1000


def test_a_long_body_goes_out_whole_with_its_length_and_keeps_the_connection() -> None:
    async def body() -> None:
        transport = AiohttpTransport()
        for _ in range(3):
            pieces = Body(LONG[:5], LONG[5:200_000], b"", LONG[200_000:])
            await read(await transport.handle_async_request(put(wire.url, pieces, len(LONG))))
        await transport.aclose()

    with Wire(otherwise=answer(200)) as wire:
        on_asyncio(body)
    assert [request.body == LONG for request in wire.requests] == [True] * 3
    assert {request.headers["content-length"] for request in wire.requests} == {str(len(LONG))}
    assert wire.accepted == 1


def test_the_timeout_of_a_write_is_not_for_the_source() -> None:
    class Slow(Body):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield LONG[:100_000]
            over = asyncio.Event()
            # Behind all that was to happen so long after the piece before.
            asyncio.get_running_loop().call_later(1.0, over.set)
            await over.wait()
            yield LONG[100_000:]

    async def body() -> None:
        transport = AiohttpTransport()
        request = put(wire.url, Slow(), len(LONG))
        request.extensions["timeout"]["write"] = 1.0
        await read(await transport.handle_async_request(request))
        await transport.aclose()

    with Wire(answer(200)) as wire:
        on_asyncio(body)
    assert wire.requests[0].body == LONG


@pytest.mark.parametrize(
    ("length", "pieces"),
    [
        (len(LONG), (LONG, b"more")),
        (len(LONG), (LONG + b"more",)),
        (len(LONG), (LONG[:-1],)),
        (5, (b"123456",)),
        (5, (b"1234",)),
        (0, (b"1",)),
    ],
)
def test_a_body_that_is_not_as_long_as_it_says_is_an_error(length: int, pieces: tuple[bytes, ...]) -> None:
    async def body() -> None:
        transport = AiohttpTransport()
        with pytest.raises(httpx.LocalProtocolError, match="than its Content-Length"):
            await transport.handle_async_request(put(wire.url, Body(*pieces), length))
        await transport.aclose()
        await asyncio.to_thread(wire.wait_until_all_closed)

    with Wire(otherwise=answer(200)) as wire:
        on_asyncio(body)


def test_a_body_without_a_length_is_refused() -> None:
    async def body() -> None:
        transport = AiohttpTransport(max_connections=1)
        for _ in range(2):
            with pytest.raises(httpx.LocalProtocolError, match="needs a Content-Length"):
                await transport.handle_async_request(
                    httpx.Request("PUT", "http://127.0.0.1:9", content=Body(b"1"))
                )
        await transport.aclose()

    on_asyncio(body)


@pytest.mark.parametrize("length", [10, len(LONG)], ids=["short", "long"])
@pytest.mark.parametrize(
    "error", [KeyError("of the source"), OSError(5, "of the source")], ids=["KeyError", "OSError"]
)
def test_an_error_of_the_source_comes_out_as_it_is(length: int, error: Exception) -> None:
    async def body() -> None:
        transport = AiohttpTransport()
        with pytest.raises(type(error), match="of the source") as caught:
            await transport.handle_async_request(put(wire.url, Body(LONG[:5], error=error), length))
        assert caught.value is error
        await asyncio.to_thread(wire.wait_until_all_closed)
        await transport.aclose()

    with Wire() as wire:
        on_asyncio(body)


def test_an_answer_before_the_end_of_the_body_is_read_and_the_body_given_up() -> None:
    async def endless() -> AsyncGenerator[bytes]:
        try:
            while True:
                yield LONG
        finally:
            ended.append(True)

    ended: list[bool] = []
    gone = asyncio.Event()

    async def body() -> None:
        transport = AiohttpTransport()
        stream = endless()
        request = put(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", Body(), 10**12)
        request.stream = Pieces(stream)
        answer = await transport.handle_async_request(request)
        assert (answer.status_code, await read(answer)) == (403, b"no")
        await stream.aclose()  # which is an error while it runs
        await transport.aclose()
        await gone.wait()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1000)
        writer.write(answer(403, b"no"))
        with suppress(ConnectionError):
            while await reader.read(65536):
                pass
        writer.close()
        gone.set()

    async def serve() -> None:
        nonlocal server
        server = await asyncio.start_server(refuse, "127.0.0.1", 0)
        async with server:
            await body()

    server: asyncio.Server
    on_asyncio(serve)
    assert ended == [True]


class Pieces(httpx.AsyncByteStream):
    """A body that is an iterator already."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces


# Errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", [stall, hang_up, b"no HTTP\r\n\r\n", then(answer(200, b"{", length=9), hang_up)]
)
def test_no_error_leads_to_what_was_sent(fault: Any, caplog: pytest.LogCaptureFixture) -> None:
    witness = Witness(caplog, credentials := secret_credentials())
    transport = AiohttpTransport()

    async def body() -> None:
        async with AsyncClients(
            wire.url, transport=transport, credentials=credentials, retry=NEVER, timeout=0.2
        ) as clients:
            with pytest.raises(TransportError) as caught:
                await clients.createClient()
        witness.check(caught.value, transport)
        assert isinstance(caught.value.__cause__, httpx.TransportError)

    with Wire(fault) as wire:
        on_asyncio(body)


def test_a_proxy_that_refuses_connections_is_an_error_that_shows_no_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:a-secret@127.0.0.1:9")

    async def body() -> None:
        async with make_clients(AIOHTTP, "https://tc.example.invalid", retry=NEVER) as clients:
            with pytest.raises(TransportError) as caught:
                await clients.client()
        assert not caught.value.sent
        each: BaseException | None = caught.value
        while each is not None:
            assert "a-secret" not in f"{each!r} {each!s} {vars(each)}"
            each = each.__cause__ or each.__context__

    on_asyncio(body)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_is_refused_with_a_remedy(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://user:a-secret@127.0.0.1:9")

    async def body() -> None:
        async with make_clients(AIOHTTP, "http://tc.example.invalid") as clients:
            with pytest.raises(ValueError, match=r"^http_proxy: .* without transport=") as caught:
                await clients.client()
        assert "a-secret" not in str(caught.value)

    on_asyncio(body)


@pytest.mark.parametrize(
    ("value", "error"), [(0, ValueError), (-1, ValueError), (True, TypeError), ("9", TypeError)]
)
def test_a_wrong_number_of_connections_is_named(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^max_connections: "):
        AiohttpTransport(max_connections=value)


def test_on_trio_it_says_what_to_do() -> None:
    async def body() -> None:
        async with AsyncSample("http://127.0.0.1:9", transport=AiohttpTransport()) as sample:
            with pytest.raises(RuntimeError, match="asyncio only; leave out transport="):
                await sample.thing("one")

    TRIO.run(body)


def test_without_aiohttp_the_error_says_what_to_install() -> None:
    said = said_without("aiohttp", "import tc_core.aiohttp")
    assert said == "tc_core.aiohttp needs the package aiohttp; install tc-core[aiohttp]\n"


# Event loops --------------------------------------------------------------------------------------------------


def test_it_serves_loop_after_loop_and_each_closes_its_connections() -> None:
    async def use(clients: AsyncClients) -> None:
        assert await asyncio.gather(clients.client(), clients.client()) == [{"ok": True}] * 2

    def use_in_each() -> None:
        clients = AsyncClients(wire.url, transport=AiohttpTransport())
        for _ in range(3):
            asyncio.run(use(clients))
            wire.wait_until_all_closed()

    with Wire(otherwise=well) as wire:
        use_in_each()
        gc.collect()  # which would warn of sockets and sessions


def test_a_loop_that_is_closed_by_hand_costs_no_more_than_its_connections() -> None:
    async def use() -> None:
        assert await clients.client() == {"ok": True}
        wire.drop_connections()
        await asyncio.to_thread(wire.wait_until_all_closed)

    with Wire(otherwise=well) as wire:
        clients = AsyncClients(wire.url, transport=AiohttpTransport())
        for _ in range(3):
            loop = asyncio.new_event_loop()
            loop.run_until_complete(use())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
        asyncio.run(clients.aclose())
        gc.collect()


def test_a_transport_that_was_closed_says_so() -> None:
    async def body() -> None:
        transport = AiohttpTransport()
        async with make_clients(AIOHTTP, wire.url, transport=transport) as clients:
            await clients.client()
        async with make_clients(AIOHTTP, wire.url, transport=transport) as clients:
            with pytest.raises(RuntimeError, match="this transport is closed"):
                await clients.client()

    with Wire(OK) as wire:
        on_asyncio(body)


def test_a_call_that_waits_for_another_is_bound_by_its_deadline_and_not_by_its_timeout() -> None:
    async def body() -> None:
        async with make_clients(AIOHTTP, wire.url, max_connections=1, retry=NEVER) as clients:
            first = asyncio.create_task(clients.client())
            await asyncio.to_thread(wire.wait_for_requests, 1)
            with pytest.raises(TimedOut, match="the deadline passed"):
                await clients.with_options(timeout=0.01, deadline=0.2).client()
            told.set()
            assert await first == {"ok": True}
            assert await clients.client() == {"ok": True}

    def hold(visit: Visit) -> None:
        told.wait(PATIENCE)
        visit.send(OK)

    told = Event()
    with Wire(hold, OK) as wire:
        on_asyncio(body)
    assert wire.accepted == 1


# Cassettes ----------------------------------------------------------------------------------------------------


def test_vcrpy_records_calls_and_replays_them(tmp_path: Path) -> None:
    async def calls() -> list[Any]:
        async with make_clients(AIOHTTP, wire.url, retry=NEVER) as clients:
            return [
                *[await action.do(clients) for action in ACTIONS],
                (await clients.request("POST", "api/auth/v1/long", payload="x" * 300_000)).json(),
            ]

    with Wire(otherwise=well) as wire:
        use_cassette: Any = import_module("vcr").use_cassette
        cassette = tmp_path / "calls.yaml"
        with use_cassette(str(cassette)) as recorded:
            first = AIOHTTP.run(calls)
        assert len(recorded) == len(wire.requests) == 8
        with use_cassette(str(cassette), record_mode="none", match_on=["method", "uri", "body"]) as replayed:
            assert AIOHTTP.run(calls) == first
        assert replayed.all_played
        assert len(wire.requests) == 8
