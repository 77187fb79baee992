"""What goes over a connection, and what is made of what comes, without one; http.client reads the same bytes."""

from __future__ import annotations

import io
import socket
from http.client import HTTPResponse
from typing import NamedTuple, cast

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tc_core._drivers.http1 import Conversation

REQUEST = httpcore.Request(b"GET", "http://tc.example.com/x?a=%27", headers=[(b"host", b"tc.example.com")])

BODIES = st.binary(max_size=300)
VALUES = st.from_regex(r"[!-~]([ -~]{0,20}[!-~])?", fullmatch=True)
HEADERS = st.dictionaries(st.sampled_from(["X-One", "ETag", "Server"]), VALUES, max_size=3)
FRAMINGS = st.sampled_from(["length", "chunks", "end"])
INTERIM = st.sampled_from(
    [b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"]
)


class Read(NamedTuple):
    """What a conversation made of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    complete: bool


def answer(body: bytes, framing: str, headers: dict[str, str], interim: bytes = b"") -> bytes:
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in headers.items())]
    if framing == "length":
        lines.append(f"Content-Length: {len(body)}")
    if framing == "chunks":
        lines.append("Transfer-Encoding: chunked")
        pieces = [body[at : at + 7] for at in range(0, len(body), 7)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])
    return interim + "\r\n".join([*lines, "", ""]).encode() + body


def read(pieces: list[bytes], *, hang_up: bool) -> Read:
    """Take in an answer that comes in these pieces, after which the server hangs up, or is never read again."""
    talk = begun()
    coming = iter([*pieces, *([b""] if hang_up else [])])
    while (head := talk.head()) is None:
        talk.receive(next(coming))
    body = b""
    while (piece := talk.piece()) != b"":
        if piece is None:
            talk.receive(next(coming))
        else:
            body += piece
    headers = {name.decode().lower(): value.decode() for name, value in head.headers.raw_items()}
    return Read(head.status_code, headers, body, talk.complete)


def begun() -> Conversation:
    talk = Conversation()
    assert talk.begin(REQUEST) + talk.end() == b"GET /x?a=%27 HTTP/1.1\r\nhost: tc.example.com\r\n\r\n"
    return talk


def cut(data: bytes, places: list[int]) -> list[bytes]:
    at = sorted({0, *(place % len(data) for place in places)})
    return [data[begin:end] for begin, end in zip(at, [*at[1:], len(data)], strict=True)]


class Canned:
    """All that http.client asks of a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _: str) -> io.BytesIO:
        return io.BytesIO(self._data)


@given(BODIES, FRAMINGS, HEADERS, INTERIM, st.lists(st.integers(0, 10_000), max_size=8))
def test_an_answer_means_the_same_however_it_is_cut_and_as_http_client_reads_it(
    body: bytes, framing: str, headers: dict[str, str], interim: bytes, places: list[int]
) -> None:
    data = answer(body, framing, headers, interim)
    found = read(cut(data, places), hang_up=framing == "end")
    reference = HTTPResponse(cast(socket.socket, Canned(answer(body, framing, headers))))
    reference.begin()
    assert found.status == reference.status
    assert found.headers == {name.lower(): value for name, value in reference.getheaders()}
    assert found.body == reference.read() == body
    assert found.complete == (framing != "end")


@given(BODIES, st.sampled_from(["length", "chunks"]), st.data())
def test_an_answer_that_ends_early_is_an_error(body: bytes, framing: str, data: st.DataObject) -> None:
    whole = answer(body, framing, {})
    short = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(httpcore.RemoteProtocolError):
        read([whole[:short]] if short else [], hang_up=True)


@given(BODIES, st.sampled_from(["length", "chunks"]), st.binary(min_size=1, max_size=20))
def test_nothing_follows_on_a_connection_with_more_on_it_than_the_answer(
    body: bytes, framing: str, excess: bytes
) -> None:
    found = read([answer(body, framing, {}) + excess], hang_up=False)
    assert (found.body, found.complete) == (body, False)


@pytest.mark.parametrize("head", ["HTTP/1.1 200 OK\r\nConnection: close", "HTTP/1.0 200 OK"])
def test_nothing_follows_on_a_connection_that_the_server_wants_to_close(head: str) -> None:
    assert not read([f"{head}\r\nContent-Length: 2\r\n\r\nok".encode()], hang_up=False).complete


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
    ],
    ids=["two lengths", "no length", "no chunk", "no header", "another protocol", "no HTTP", "no end"],
)
def test_what_is_no_answer_is_an_error(data: bytes) -> None:
    with pytest.raises(httpcore.RemoteProtocolError):
        read([data], hang_up=False)


@given(st.lists(BODIES, max_size=5))
def test_a_body_goes_out_as_it_is(pieces: list[bytes]) -> None:
    length = sum(map(len, pieces))
    talk = Conversation()
    head = talk.begin(
        httpcore.Request(b"PUT", "http://h/", headers=[(b"host", b"h"), (b"content-length", b"%d" % length)])
    )
    assert head.endswith(b"\r\n\r\n")
    assert b"".join(map(talk.body, pieces)) + talk.end() == b"".join(pieces)


@pytest.mark.parametrize("pieces", [[b"123"], [b"12345"], [b"12", b"345"]])
def test_a_body_of_another_length_than_announced_is_an_error_of_ours(pieces: list[bytes]) -> None:
    talk = Conversation()
    talk.begin(httpcore.Request(b"PUT", "http://h/", headers=[(b"host", b"h"), (b"content-length", b"4")]))
    with pytest.raises(httpcore.LocalProtocolError):
        _ = [*map(talk.body, pieces), talk.end()]
