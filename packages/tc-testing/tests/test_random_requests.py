"""Whatever is sent, there is an answer in the form of the services, and it is no failure of this server's own."""

from __future__ import annotations

import logging
import socket
from urllib.parse import urlsplit

import pytest
from hawk_client import Caller
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from requests_at_random import RandomRequest, requests

from tc_testing import LocalTaskcluster

PING = "/api/queue/v1/ping"

at_random = settings(
    max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.mark.parametrize("signed", [True, False])
@at_random
@given(sent=requests())
def test_calls(
    tc: LocalTaskcluster, caplog: pytest.LogCaptureFixture, signed: bool, sent: RandomRequest
) -> None:
    caller = Caller(tc.root_url, tc.client_id, tc.access_token) if signed else Caller(tc.root_url)
    content_type = None if sent.body is None else "application/json"
    reply = caller(sent.method.verb, sent.path, body=sent.body, content_type=content_type)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    if reply.status >= 400 and sent.method.service != "web-server":
        assert_error_of_a_service(reply.json)
    elif reply.status in (200, 204, 303):
        assert reply.headers["x-for-request-id"]


def assert_error_of_a_service(error: dict[str, object]) -> None:
    if error.keys() in ({"error"}, {"reason", "message"}):  # no such route; an artifact that is an error
        return
    assert error.keys() == {"code", "message", "requestInfo"}
    assert str(error["message"]).count("\n---\n") >= 1


# Lines of a request, each as it should be or not.
_lines = st.lists(
    st.sampled_from(
        [
            b"GET /api/queue/v1/ping HTTP/1.1",
            b"PUT /api/queue/v1/task/x HTTP/1.1",
            b"GET /%zz HTTP/1.1",
            b"GET  HTTP/1.1",
            b"BREW /pot HTTP/1.0",
            b"Host: x",
            b"Host: [::1]:x",
            b"Content-Length: 3",
            b"Content-Length: -3",
            b"Content-Length: 999999999999",
            b"Transfer-Encoding: chunked",
            b"Content-Type: application/json",
            b"Authorization: Hawk",
            b'Authorization: Hawk id="a", ts="1", nonce="b", mac="c", ext="d"',
            b"Expect: 100-continue",
            b"Upgrade: websocket",
            b"Connection: upgrade",
            b"",
            b"{}",
            b"zz",
        ]
    )
    | st.binary(max_size=20),
    max_size=8,
).map(b"\r\n".join)


@at_random
@given(sent=_lines | st.binary(max_size=200))
@example(b"GET /api/queue/v1/ping HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
def test_bytes(tc: LocalTaskcluster, caplog: pytest.LogCaptureFixture, sent: bytes) -> None:
    address = urlsplit(tc.root_url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)  # so the server need not wait for the rest
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert received == b"" or received.startswith(b"HTTP/1.1 ")
    assert b"HTTP/1.1 5" not in received
    assert Caller(tc.root_url)("GET", PING).status == 200
