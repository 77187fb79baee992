"""The relay as clients on real sockets see it: every fault, the figures, and that nothing stays open."""

from __future__ import annotations

import gc
import http.client
import os
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice, pairwise, repeat
from random import Random
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire import PATIENCE, Step, Visit, Wire, hang_up, refusing, reset, then

from tc_testing._relay import Fault, Relay, random_faults

Place = Literal["response", "headers", "body"]

GET = b"GET /path HTTP/1.1\r\nHost: relay\r\n\r\n"
STATUS = b"HTTP/1.1 200 OK\r\n"
HEAD = STATUS + b"X-More: yes\r\nContent-Length: 10\r\n\r\n"
BODY = b"0123456789"
ANSWER = HEAD + BODY


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    """Threads that live on fail a test; so do sockets, as warnings about them are errors."""
    yield
    assert not [thread.name for thread in threading.enumerate() if thread.name == "tc-testing-relay"]
    gc.collect()


@pytest.fixture
def upstream() -> Iterator[Wire]:
    with Wire(otherwise=ANSWER) as wire:
        yield wire
        wire.wait_until_all_closed()


@pytest.fixture
def relay(upstream: Wire) -> Iterator[Relay]:
    with Relay(upstream.url) as running:
        yield running


def connect(relay: Relay) -> socket.socket:
    host, port = relay.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), PATIENCE)


def read(client: socket.socket) -> tuple[bytes, str]:
    """Everything up to the end of the connection, and how it ended."""
    data = b""
    try:
        while more := client.recv(65536):
            data += more
    except ConnectionResetError:
        return data, "reset"
    return data, "closed"


def read_exactly(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := client.recv(size - len(data))):
        data += more
    return data


def visit(relay: Relay) -> tuple[bytes, str]:
    """Connect and say nothing; give what comes back before the connection ends."""
    try:
        with connect(relay) as client:
            return read(client)
    except ConnectionResetError:  # already, while it was connecting
        return b"", "reset"


def ask(relay: Relay, request: bytes = GET) -> tuple[bytes, str]:
    """Send a request on a connection of its own; give what comes back before the connection ends."""
    with connect(relay) as client:
        client.sendall(request)
        return read(client)


def http_client(relay: Relay) -> closing[http.client.HTTPConnection]:
    host = relay.url.removeprefix("http://")
    return closing(http.client.HTTPConnection(host, timeout=PATIENCE))


def get(connection: http.client.HTTPConnection) -> bytes:
    connection.request("GET", "/path")
    return connection.getresponse().read()


def crash(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def half_close(client: socket.socket) -> None:
    client.shutdown(socket.SHUT_WR)


def in_pieces(*pieces: bytes) -> Step:
    def step(visit: Visit) -> None:
        for piece in pieces:
            visit.send(piece)

    return step


# Nothing wrong


def test_requests_and_responses_pass_unchanged(upstream: Wire, relay: Relay) -> None:
    with http_client(relay) as connection:
        connection.request("PUT", "/a%2Fb?c=d", body=b"payload", headers={"X-Mine": "yes"})
        response = connection.getresponse()
        assert (response.status, response.headers["X-More"], response.read()) == (200, "yes", BODY)
    [request] = upstream.requests
    assert (request.verb, request.target, request.body) == ("PUT", "/a%2Fb?c=d", b"payload")
    assert request.headers["x-mine"] == "yes"
    assert relay.request_bytes == len(request.head) + len(b"\r\n\r\n") + len(b"payload")
    assert relay.response_bytes == len(ANSWER)
    assert not relay.applied


def test_a_kept_alive_connection_is_one_connection(upstream: Wire, relay: Relay) -> None:
    with http_client(relay) as connection:
        assert [get(connection) for _ in range(3)] == [BODY] * 3
        assert (relay.accepted, relay.open, relay.requests) == (1, 1, 3)
    relay.wait_for(lambda: relay.open == 0)
    assert (relay.accepted, upstream.accepted) == (1, 1)


def test_large_bodies_pass_both_ways() -> None:
    body = Random(1).randbytes(3_000_000)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with Wire(answer) as upstream, Relay(upstream.url) as relay, http_client(relay) as connection:
        connection.request("PUT", "/", body=body[::-1])
        assert connection.getresponse().read() == body
        assert upstream.requests[0].body == body[::-1]
        assert relay.response_bytes == len(answer)


# Connections


def test_refuse_resets_a_new_connection(upstream: Wire, relay: Relay) -> None:
    relay.plan(Fault.refuse())
    assert visit(relay) == (b"", "reset")
    with http_client(relay) as connection:
        assert get(connection) == BODY
    assert (relay.accepted, relay.requests, upstream.accepted) == (2, 1, 1)
    assert relay.applied == Counter([Fault.refuse()])


def test_refuse_resets_a_request_on_an_open_connection(upstream: Wire, relay: Relay) -> None:
    with http_client(relay) as connection:
        get(connection)
        relay.plan(Fault.refuse())
        with pytest.raises(ConnectionResetError):
            get(connection)
        assert get(connection) == BODY  # on another connection
    assert (relay.accepted, relay.requests, len(upstream.requests)) == (2, 3, 2)


def test_refusing_leaves_open_connections_alone(relay: Relay) -> None:
    with http_client(relay) as first, http_client(relay) as second:
        get(first)
        with relay.refusing():
            with pytest.raises(ConnectionRefusedError):
                second.connect()
            assert get(first) == BODY
        assert get(second) == BODY
    assert relay.accepted == 2


@pytest.mark.parametrize("leave", [socket.socket.close, crash, half_close])
def test_a_client_that_leaves_is_let_go(
    leave: Callable[[socket.socket], None], upstream: Wire, relay: Relay
) -> None:
    with connect(relay) as client:
        client.sendall(GET)
        assert read_exactly(client, len(ANSWER)) == ANSWER
        assert relay.open == 1
        leave(client)
        relay.wait_for(lambda: relay.open == 0)
        upstream.wait_until_all_closed()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_does_not_keep_a_connection_open(relay: Relay) -> None:
    with connect(relay) as client:
        client.sendall(GET)
        assert read_exactly(client, len(ANSWER)) == ANSWER
        wait, stop = os.pipe()
        child = os.fork()
        if not child:
            os.close(stop)
            os.read(wait, 1)
            os._exit(0)
        try:
            relay.plan(Fault.truncate("body"))
            client.sendall(GET)
            assert read(client) == (HEAD, "closed")
        finally:
            os.close(stop)
            os.close(wait)
            os.waitpid(child, 0)


@pytest.mark.parametrize(("end", "seen"), [(hang_up, "closed"), (reset, "reset")])
def test_what_the_upstream_does_reaches_the_client(end: Step, seen: str) -> None:
    with Wire(end) as upstream, Relay(upstream.url, [Fault.append(b"after no response")]) as relay:
        assert ask(relay) == (b"", seen)
        assert not relay.applied


def test_what_nobody_asked_for_reaches_the_client() -> None:
    with Wire(then(ANSWER + b"by the way", hang_up)) as upstream, Relay(upstream.url) as relay:
        assert ask(relay) == (ANSWER + b"by the way", "closed")


def test_an_answer_before_the_end_of_the_request_reaches_the_client() -> None:
    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(10)
            connection.sendall(ANSWER)  # and resets the connection, as there is more to read

    head = b"PUT / HTTP/1.1\r\nContent-Length: 100\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as pool:
        served = pool.submit(serve)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with Relay(url, [Fault.stall("response")]) as relay, connect(relay) as client:
            client.sendall(head)
            relay.wait_for(lambda: relay.stalled == 1)
            served.result()
            client.sendall(b"1")
            relay.wait_for(lambda: relay.request_bytes == len(head) + 1)
            client.sendall(b"2")  # which the relay takes when it failed to send the first
            relay.wait_for(lambda: relay.request_bytes == len(head) + 2)
            relay.release()
            assert read_exactly(client, len(ANSWER)) == ANSWER


def test_an_upstream_that_refuses_is_a_reset() -> None:
    with refusing() as url, Relay(url) as relay:
        assert visit(relay) == (b"", "reset")
        relay.wait_for(lambda: relay.open == 0)


# Faults in a request


@pytest.mark.parametrize("after", [0, 1, len(GET) - 1])
def test_a_reset_inside_a_request(after: int, upstream: Wire, relay: Relay) -> None:
    relay.plan(Fault.reset("request", after))
    assert ask(relay) == (b"", "reset")
    upstream.wait_until_all_closed()
    assert (relay.requests, relay.request_bytes, upstream.requests) == (1, after, [])


def test_a_reset_inside_a_request_body(upstream: Wire, relay: Relay) -> None:
    relay.plan(Fault.reset("request", 70_000))
    with connect(relay) as client:
        client.sendall(b"PUT / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n")
        relay.wait_for(lambda: relay.request_bytes > 0)
        client.sendall(bytes(100_000))
        assert read(client) == (b"", "reset")
    assert (relay.request_bytes, upstream.requests) == (70_000, [])


# Faults in a response

POSITIONS: list[tuple[Place, int, bytes]] = [
    ("response", 0, b""),
    ("response", 3, ANSWER[:3]),
    ("headers", 0, STATUS),
    ("headers", 4, STATUS + b"X-Mo"),
    ("body", 0, HEAD),
    ("body", 4, HEAD + b"0123"),
]
at_each_position = pytest.mark.parametrize(("place", "after", "sent"), POSITIONS)


@at_each_position
def test_reset(place: Place, after: int, sent: bytes, upstream: Wire, relay: Relay) -> None:
    relay.plan(Fault.reset(place, after))
    assert ask(relay) == (sent, "reset")
    assert (len(upstream.requests), relay.response_bytes) == (1, len(sent))
    assert relay.applied == Counter([Fault.reset(place, after)])


@at_each_position
def test_truncate(place: Place, after: int, sent: bytes, upstream: Wire, relay: Relay) -> None:
    relay.plan(Fault.truncate(place, after))
    assert ask(relay) == (sent, "closed")
    assert (len(upstream.requests), relay.response_bytes) == (1, len(sent))


@at_each_position
def test_stall_until_released(place: Place, after: int, sent: bytes, relay: Relay) -> None:
    relay.plan(Fault.stall(place, after))
    with connect(relay) as client:
        client.sendall(GET)
        relay.wait_for(lambda: relay.stalled == 1)
        assert read_exactly(client, len(sent)) == sent
        assert relay.response_bytes == len(sent)
        relay.release()
        assert read_exactly(client, len(ANSWER) - len(sent)) == ANSWER[len(sent) :]
        assert relay.stalled == 0


@at_each_position
def test_corrupt(place: Place, after: int, sent: bytes, relay: Relay) -> None:
    relay.plan(Fault.corrupt(place, after))
    with connect(relay) as client:
        client.sendall(GET)
        data = read_exactly(client, len(ANSWER))
    wrong = ANSWER[len(sent)] ^ 0xFF
    assert data == sent + bytes([wrong]) + ANSWER[len(sent) + 1 :]


def test_append(relay: Relay) -> None:
    relay.plan(Fault.append(b"and more"), Fault.close_after_response())
    with connect(relay) as client:
        client.sendall(GET)
        assert read_exactly(client, len(ANSWER) + 8) == ANSWER + b"and more"
        client.sendall(GET)
        assert read(client) == (ANSWER, "closed")


def test_a_kept_alive_connection_dies_after_the_response(relay: Relay) -> None:
    relay.plan(Fault.close_after_response())
    with http_client(relay) as connection:
        connection.request("GET", "/")
        response = connection.getresponse()
        assert (response.read(), response.will_close) == (BODY, False)
        relay.wait_for(lambda: relay.open == 0)
        with pytest.raises(ConnectionError):
            get(connection)
    assert relay.requests == 1


def test_a_client_of_http_notices(relay: Relay) -> None:
    """What http.client says to each kind of fault."""
    expected: list[tuple[Fault, type[Exception]]] = [
        (Fault.reset("request"), ConnectionResetError),
        (Fault.reset("response"), ConnectionResetError),
        (Fault.reset("headers"), ConnectionResetError),
        (Fault.reset("body", 5), ConnectionResetError),
        (Fault.truncate("response"), http.client.RemoteDisconnected),
        (Fault.truncate("body", 5), http.client.IncompleteRead),
        (Fault.corrupt("response"), http.client.BadStatusLine),
    ]
    for fault, error in expected:
        relay.plan(fault)
        with http_client(relay) as connection, pytest.raises(error):
            get(connection)
    assert relay.applied == Counter(fault for fault, _ in expected)


@settings(max_examples=30)
@given(cuts=st.lists(st.integers(1, len(ANSWER) - 1), unique=True), after=st.integers(0, len(ANSWER)))
def test_the_position_does_not_depend_on_how_the_bytes_arrive(cuts: list[int], after: int) -> None:
    edges = [0, *sorted(cuts), len(ANSWER)]
    with (
        Wire(in_pieces(*(ANSWER[a:b] for a, b in pairwise(edges)))) as upstream,
        Relay(upstream.url, [Fault.truncate("response", after)]) as relay,
    ):
        assert ask(relay) == (ANSWER[:after], "closed")


def test_a_fault_beyond_the_end_does_not_happen(relay: Relay) -> None:
    relay.plan(Fault.reset("body", 11), Fault.corrupt("body", 10), Fault.reset("request", 1000))
    with http_client(relay) as connection:
        assert [get(connection) for _ in range(3)] == [BODY] * 3
    assert not relay.applied


# Stalls


def test_a_client_may_leave_a_stall(upstream: Wire, relay: Relay) -> None:
    relay.plan(Fault.stall("body", 5))
    with connect(relay) as client:
        client.sendall(GET)
        relay.wait_for(lambda: relay.stalled == 1)
    relay.wait_for(lambda: (relay.open, relay.stalled) == (0, 0))


def test_a_release_is_for_those_that_stand_still_now(relay: Relay) -> None:
    relay.plan(Fault.stall("response"), Fault.stall("response"), Fault.stall("body"))
    with connect(relay) as first, connect(relay) as second:
        first.sendall(GET)
        second.sendall(GET)
        relay.wait_for(lambda: relay.stalled == 2)
        relay.release()
        assert [read_exactly(client, len(ANSWER)) for client in (first, second)] == [ANSWER, ANSWER]
        first.sendall(GET)
        relay.wait_for(lambda: relay.stalled == 1)
        relay.release()
        assert read_exactly(first, len(ANSWER)) == ANSWER


def test_stopping_ends_a_stall(upstream: Wire) -> None:
    with Relay(upstream.url, [Fault.stall("body")]) as relay:
        client = connect(relay)
        client.sendall(GET)
        relay.wait_for(lambda: relay.stalled == 1)
    with client:
        assert read(client) == (HEAD, "closed")
    assert (relay.accepted, relay.open, relay.stalled) == (1, 0, 0)  # and can still be read


def test_a_stall_between_two_pieces_is_one_stall() -> None:
    go_on = threading.Event()

    def step(visit: Visit) -> None:
        visit.send(HEAD)
        go_on.wait(PATIENCE)
        visit.send(BODY)

    stall = Fault.stall("body")
    with Wire(step) as upstream, Relay(upstream.url, [stall]) as relay, connect(relay) as client:
        client.sendall(GET)
        relay.wait_for(lambda: relay.stalled == 1)
        relay.release()
        relay.wait_for(lambda: relay.stalled == 0)
        go_on.set()
        assert read_exactly(client, len(ANSWER)) == ANSWER
        assert relay.applied == Counter([stall])


# Where a response ends

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDINGS = {
    "length": ANSWER,
    "length 0": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "chunks": CHUNKED + b"3\r\n\n\r\n\r\n1a;why=not\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n",
    "chunks and trailers": CHUNKED + b"1\r\n0\r\n0\r\nX-Sum: 1\r\n\r\n",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
    "interim": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n" + ANSWER,
}


@pytest.mark.parametrize("answer", ENDINGS.values(), ids=ENDINGS.keys())
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_end_of_a_response_is_found(answer: bytes, size: int) -> None:
    pieces = [answer[at : at + size] for at in range(0, len(answer), size)]
    with (
        Wire(otherwise=in_pieces(*pieces)) as upstream,
        Relay(upstream.url, [Fault.append(b"!"), Fault.close_after_response()]) as relay,
        connect(relay) as client,
    ):
        client.sendall(GET)
        assert read_exactly(client, len(answer) + 1) == answer + b"!"
        client.sendall(GET)
        assert read(client) == (answer, "closed")


@pytest.mark.parametrize("size", [1, 1000])
def test_the_headers_begin_with_those_of_an_interim_response(size: int) -> None:
    answer = ENDINGS["interim"]
    pieces = [answer[at : at + size] for at in range(0, len(answer), size)]
    faults = [Fault.truncate("headers"), Fault.truncate("body")]
    with Wire(otherwise=in_pieces(*pieces)) as upstream, Relay(upstream.url, faults) as relay:
        assert ask(relay) == (b"HTTP/1.1 100 Continue\r\n", "closed")
        assert ask(relay) == (answer.removesuffix(BODY), "closed")


def test_the_response_to_head_has_no_body() -> None:
    with Wire(HEAD, ANSWER) as upstream, Relay(upstream.url) as relay, connect(relay) as client:
        relay.plan(Fault.append(b"!"), Fault.append(b"?"))
        client.sendall(GET.replace(b"GET", b"HEAD"))
        assert read_exactly(client, len(HEAD) + 1) == HEAD + b"!"
        client.sendall(GET)
        assert read_exactly(client, len(ANSWER) + 1) == ANSWER + b"?"


def test_a_response_may_last_until_the_server_hangs_up() -> None:
    answer = STATUS + b"\r\n" + BODY
    with Wire(then(answer, hang_up)) as upstream, Relay(upstream.url, [Fault.append(b"!")]) as relay:
        assert ask(relay) == (answer + b"!", "closed")


def test_requests_are_told_apart_by_their_bodies(upstream: Wire, relay: Relay) -> None:
    """A body that looks like a request, sent in two pieces, is not one."""
    relay.plan(Fault.pass_through(), Fault.truncate("body"))
    with connect(relay) as client:
        client.sendall(b"PUT / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(GET))
        relay.wait_for(lambda: relay.request_bytes > 0)
        client.sendall(GET)
        assert read_exactly(client, len(ANSWER)) == ANSWER
        client.sendall(GET)
        assert read(client) == (HEAD, "closed")
    assert (relay.requests, upstream.requests[0].body) == (2, GET)


@pytest.mark.parametrize("request_", [b"\x16\x03\x01\nno HTTP\r\n\r\n", bytes(200_000) + b"\r\n\r\n"])
@pytest.mark.parametrize(
    "answer", [b"\x16\x03\x03" + bytes(100_000), b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc"]
)
def test_what_is_not_http_passes_and_can_be_cut(request_: bytes, answer: bytes) -> None:
    with (
        Wire(then(answer, hang_up), answer) as upstream,
        Relay(upstream.url, [Fault.pass_through(), Fault.reset("response", 20)]) as relay,
    ):
        assert ask(relay, request_) == (answer, "closed")
        assert ask(relay, request_) == (answer[:20], "reset")
        assert relay.request_bytes == 2 * len(request_)


# Which fault is next


def test_planned_faults_come_first_then_the_others_then_none(relay: Relay) -> None:
    with Relay(relay.url, [Fault.truncate("headers")]) as outer:
        outer.plan(Fault.truncate("body", 1))
        outer.plan(Fault.truncate("body", 2))
        assert [ask(outer)[0] for _ in range(3)] == [HEAD + b"0", HEAD + b"01", STATUS]
        with http_client(outer) as connection:
            assert get(connection) == BODY


def test_a_fault_planned_for_an_open_connection_is_met_there(relay: Relay) -> None:
    with connect(relay) as client:
        relay.wait_for(lambda: relay.accepted == 1)
        relay.plan(Fault.truncate("body"))
        client.sendall(GET)
        assert read(client) == (HEAD, "closed")


def test_faults_without_end(upstream: Wire) -> None:
    with Relay(upstream.url, repeat(Fault.truncate("body"))) as relay:
        assert [ask(relay) for _ in range(3)] == [(HEAD, "closed")] * 3


def test_random_faults_can_be_repeated() -> None:
    faults = [Fault.refuse(), Fault.reset("body")]
    drawn = list(islice(random_faults(Random(7), 0.05, faults), 10_000))
    assert drawn == list(islice(random_faults(Random(7), 0.05, faults), 10_000))
    assert 400 < sum(fault in faults for fault in drawn) < 600
    assert set(drawn) == {*faults, Fault.pass_through()}
    assert set(islice(random_faults(Random(7), 1, faults), 100)) == set(faults)
    assert set(islice(random_faults(Random(7), 0, faults), 100)) == {Fault.pass_through()}


def test_many_clients_at_once(upstream: Wire) -> None:
    faults = [Fault.refuse(), Fault.reset("request", 5), Fault.reset("headers"), Fault.truncate("body", 3)]

    def calls(relay: Relay) -> int:
        failed = 0
        with http_client(relay) as connection:
            for _ in range(50):
                try:
                    assert get(connection) == BODY
                except (OSError, http.client.HTTPException):
                    connection.close()
                    failed += 1
        return failed

    with Relay(upstream.url, random_faults(Random(3), 0.2, faults)) as relay:
        with ThreadPoolExecutor(8) as pool:
            failed = sum(pool.map(calls, [relay] * 8))
        assert failed == relay.applied.total() > 0
        relay.wait_for(lambda: relay.open == 0)
        upstream.wait_until_all_closed()


# Use


def test_it_stops_with_connections_open(upstream: Wire) -> None:
    with Relay(upstream.url) as relay:
        idle, busy = connect(relay), connect(relay)
        busy.sendall(GET)
        relay.wait_for(lambda: relay.requests == 1 and relay.accepted == 2)
    with idle, busy:
        assert read(idle) == (b"", "closed")
    assert relay.open == 0


def test_the_url_is_that_of_the_upstream_but_for_the_address() -> None:
    with Relay("https://example.com/root/?query=1") as relay:
        host, path = relay.url.removeprefix("https://127.0.0.1:").split("/", 1)
        assert int(host)
        assert path == "root/?query=1"


def test_it_can_run_again(upstream: Wire) -> None:
    relay = Relay(upstream.url)
    for _ in range(2):
        with relay, http_client(relay) as connection:
            assert get(connection) == BODY
    assert relay.accepted == 2


def test_it_says_when_it_is_not_running(upstream: Wire) -> None:
    relay = Relay(upstream.url)
    with pytest.raises(RuntimeError, match="not running"):
        assert relay.url
    with pytest.raises(RuntimeError, match="not running"):
        relay.release()
    with relay, pytest.raises(RuntimeError, match="running already"), relay:
        pass


def test_waiting_in_vain_shows_the_figures(relay: Relay) -> None:
    with pytest.raises(TimeoutError, match="accepted=0 open=0 requests=0"):
        relay.wait_for(lambda: relay.accepted == 1, timeout=0)


@pytest.mark.parametrize("upstream", ["127.0.0.1:80", "ftp://127.0.0.1:21", "http://", "http://h:99999"])
def test_an_upstream_must_be_a_url(upstream: str) -> None:
    with pytest.raises(ValueError, match=r"^upstream: "):
        Relay(upstream)


@pytest.mark.parametrize("make", [Fault.corrupt, Fault.stall, Fault.truncate, Fault.reset])
@pytest.mark.parametrize("place", ["trailers", "accept", "end", "nowhere"])
def test_places_that_faults_do_not_have_are_named(make: Callable[[Any], Fault], place: str) -> None:
    with pytest.raises(ValueError, match=rf"^place: is '{place}'; pass one of .*response, headers, body$"):
        make(place)


def test_only_a_reset_is_in_a_request() -> None:
    assert Fault.reset("request").place == "request"
    with pytest.raises(ValueError, match=r"^place: is 'request'; pass one of response, headers, body$"):
        Fault.corrupt("request")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def test_bad_faults_are_named(upstream: Wire) -> None:
    with pytest.raises(ValueError, match=r"^after: is -1; "):
        Fault.reset("body", -1)
    with pytest.raises(ValueError, match=r"^place: is 'trailers'; "):
        Fault("stall", "trailers")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match=r"^faults: .* is no Fault; "):
        Relay(upstream.url).plan(Fault.refuse)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"^probability: is 5; "):
        random_faults(Random(1), 5, [Fault.refuse()])
    with pytest.raises(ValueError, match=r"^faults: "):
        random_faults(Random(1), 0.05, [])
