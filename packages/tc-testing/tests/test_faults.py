"""Faults of single methods: answers in place of the real ones, and connections that break."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
from hawk_client import Caller
from queue_client import QueueClient

from tc_core import Client, Retry, TimedOut
from tc_testing import Fault, LocalTaskcluster

PING = "/api/queue/v1/ping"
PATIENCE = 30


class TestAnswers:
    def test_in_the_order_in_which_they_were_added(self, tc: LocalTaskcluster, root: Caller) -> None:
        tc.faults.add("queue", "ping", status=503, times=2, headers={"retry-after": "1"}, body="<html>")
        tc.faults.add("queue", "ping", status=429, body={"code": "TooManyRequests"})
        assert len(tc.faults) == 3
        replies = [root("GET", PING) for _ in range(4)]
        assert [reply.status for reply in replies] == [503, 503, 429, 200]
        assert (replies[0].headers["retry-after"], replies[0].content) == ("1", b"<html>")
        assert replies[2].json == {"code": "TooManyRequests"}
        assert [request.status for request in tc.requests] == [503, 503, 429, 200]
        assert len(tc.faults) == 0

    def test_without_end(self, tc: LocalTaskcluster, root: Caller) -> None:
        tc.faults.add("queue", "ping", status=503, times=None)
        assert [root("GET", PING).status for _ in range(5)] == [503] * 5
        assert len(tc.faults) == 1
        tc.reset()
        assert root("GET", PING).status == 200

    def test_now_and_then_and_every_time_the_same(self, tc: LocalTaskcluster, root: Caller) -> None:
        def statuses() -> list[int]:
            tc.faults.add("queue", "ping", status=503, times=None, probability=0.5)
            return [root("GET", PING).status for _ in range(40)]

        first = statuses()
        assert set(first) == {200, 503}
        tc.reset()
        assert statuses() == first
        tc.reset()
        tc.faults.random.seed(1)
        assert statuses() != first

    def test_now_and_then_but_only_so_often(self, tc: LocalTaskcluster, root: Caller) -> None:
        tc.faults.add("queue", "ping", status=503, times=2, probability=0.5)
        assert [root("GET", PING).status for _ in range(40)].count(503) == 2
        assert len(tc.faults) == 0

    def test_only_of_the_method(self, tc: LocalTaskcluster, root: Caller) -> None:
        tc.faults.add("secrets", "set", status=500)
        assert root("GET", PING).status == 200
        path = "/api/secrets/v1/secret/x"
        payload: dict[str, Any] = {"secret": {}, "expires": "2100-01-01T00:00:00.000Z"}
        reply = root("PUT", path, payload)
        assert (reply.status, reply.content) == (500, b"")
        assert root("GET", path).status == 404  # it changed nothing
        assert root("PUT", path, payload).status == 200

    def test_cleared(self, tc: LocalTaskcluster, root: Caller) -> None:
        tc.faults.add("queue", "ping", status=500, times=9)
        tc.faults.clear()
        assert root("GET", PING).status == 200

    def test_that_cannot_be(self, tc: LocalTaskcluster) -> None:
        with pytest.raises(ValueError, match="method: there is none called 'nope'"):
            tc.faults.add("queue", "nope", status=500)
        with pytest.raises(ValueError, match="status: 99"):
            tc.faults.add("queue", "ping", status=99)
        with pytest.raises(ValueError, match="times: 0"):
            tc.faults.add("queue", "ping", status=500, times=0)
        with pytest.raises(ValueError, match="probability: 0"):
            tc.faults.add("queue", "ping", status=500, probability=0)


def ask(tc: LocalTaskcluster, verb: str, path: str, body: bytes | None = None) -> tuple[bytes, bytes, str]:
    """Send a request on a connection of its own; give head and body that come back, and how it ends."""
    address = urlsplit(tc.root_url)
    lines = [f"{verb} {path} HTTP/1.1", f"Host: {address.netloc}", "Connection: close"]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    data, end = b"", "closed"
    with socket.create_connection((address.hostname, address.port), PATIENCE) as client:
        client.sendall("\r\n".join([*lines, "", ""]).encode() + (body or b""))
        try:
            while more := client.recv(65536):
                data += more
        except ConnectionResetError:
            end = "reset"
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest, end


def ping(tc: LocalTaskcluster) -> tuple[bytes, bytes, str]:
    return ask(tc, "GET", PING)


class TestBelowHttp:
    def test_reset_in_the_request_comes_before_the_call(self, tc: LocalTaskcluster) -> None:
        for fault in (Fault.refuse(), Fault.reset("request"), Fault.reset("request", after=40)):
            tc.faults.add("queue", "ping", fault)
            assert ping(tc) == (b"", b"", "reset")
        assert tc.requests == []
        assert ping(tc)[2] == "closed"

    def test_reset_in_the_response_comes_after_the_call(self, tc: LocalTaskcluster) -> None:
        tc.faults.add("queue", "ping", Fault.reset("response"))
        assert ping(tc) == (b"", b"", "reset")
        assert [request.status for request in tc.requests] == [200]

    def test_cut_short(self, tc: LocalTaskcluster) -> None:
        tc.faults.add("queue", "ping", Fault.truncate("response", after=3))
        assert ping(tc) == (b"HTT", b"", "closed")
        tc.faults.add("queue", "ping", Fault.reset("headers", after=4))
        assert ping(tc) == (b"HTTP/1.1 200 OK\r\ndate", b"", "reset")
        tc.faults.add("queue", "ping", Fault.truncate("body", after=5))
        head, body, end = ping(tc)
        assert (head[:15], body, end) == (b"HTTP/1.1 200 OK", b'{"ali', "closed")

    def test_bytes_that_are_not_as_they_were(self, tc: LocalTaskcluster) -> None:
        tc.faults.add("queue", "ping", Fault.corrupt("body", after=1))
        assert ping(tc)[1][:3] == b"{" + bytes([ord('"') ^ 0xFF]) + b"a"
        tc.faults.add("queue", "ping", Fault.append(b"more"))
        assert ping(tc)[1].endswith(b"}more")

    def test_beyond_the_last_byte_nothing_happens(self, tc: LocalTaskcluster) -> None:
        for fault in (
            Fault.truncate("body", after=10_000),
            Fault.reset("request", after=10_000),
            Fault.pass_through(),
        ):
            tc.faults.add("queue", "ping", fault)
            head, body, end = ping(tc)
            assert (head[:15], json.loads(body)["alive"], end) == (b"HTTP/1.1 200 OK", True, "closed")

    def test_only_in_one_response_of_a_connection(self, tc: LocalTaskcluster) -> None:
        tc.faults.add("queue", "ping", Fault.truncate("body", after=10_000))
        tc.faults.add("queue", "ping", Fault.close_after_response())
        with closing(
            http.client.HTTPConnection(urlsplit(tc.root_url).netloc, timeout=PATIENCE)
        ) as connection:
            for _ in range(2):
                connection.request("GET", PING)
                answer = connection.getresponse()
                assert json.loads(answer.read())["alive"] is True
                assert not answer.will_close  # nobody said so
            assert connection.sock.recv(1) == b""

    def test_stall_lasts_until_the_client_hangs_up(self, tc: LocalTaskcluster) -> None:
        tc.faults.add("queue", "ping", Fault.stall("body", after=1))
        with Client(tc.root_url, timeout=0.05, retry=Retry(retries=0)) as client, pytest.raises(TimedOut):
            client.request("GET", PING)
        assert ping(tc)[2] == "closed"

    def test_stall_does_not_keep_the_server_from_stopping(self) -> None:
        with (
            LocalTaskcluster() as tc,
            socket.create_connection(
                (urlsplit(tc.root_url).hostname, urlsplit(tc.root_url).port), PATIENCE
            ) as client,
        ):
            tc.faults.add("queue", "ping", Fault.stall("headers"))
            client.sendall(f"GET {PING} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert client.recv(17) == b"HTTP/1.1 200 OK\r\n"
            tc.__exit__(None, None, None)
            assert client.recv(1) == b""
            tc.__enter__()

    def test_only_of_the_method_and_so_often(self, tc: LocalTaskcluster) -> None:
        tc.faults.add("queue", "ping", Fault.reset("response"), times=2)
        tc.faults.add("queue", "ping", status=503)
        assert ask(tc, "GET", "/api/auth/v1/ping")[2] == "closed"
        ends = [ping(tc) for _ in range(4)]
        assert [end for _, _, end in ends] == ["reset", "reset", "closed", "closed"]
        assert [head[9:12] for head, _, _ in ends] == [b"", b"", b"503", b"200"]
        assert len(tc.faults) == 0

    def test_now_and_then(self, tc: LocalTaskcluster) -> None:
        tc.faults.add("queue", "ping", Fault.reset("response"), times=None, probability=0.5)
        assert {ping(tc)[2] for _ in range(20)} == {"reset", "closed"}

    def test_client_that_tries_again_makes_one_task(self, tc: LocalTaskcluster) -> None:
        task_id = QueueClient(tc).create()
        task = Caller(tc.root_url)("GET", f"/api/queue/v1/task/{task_id}").json
        tc.reset()
        tc.faults.add("queue", "createTask", Fault.reset("response"))
        tc.faults.add("queue", "createTask", Fault.truncate("body", after=10))
        tc.faults.add("queue", "createTask", Fault.refuse())
        with Client(tc.root_url, credentials=tc.credentials, retry=Retry(delay=0.001)) as client:
            client.request("PUT", f"api/queue/v1/task/{task_id}", payload=task)
        assert [message.name for message in tc.messages] == ["taskDefined", "taskPending"]
        assert [request.status for request in tc.requests] == [200, 200, 200]  # the fourth never got there

    def test_what_makes_no_sense(self, tc: LocalTaskcluster) -> None:
        add: Any = tc.faults.add
        with pytest.raises(TypeError, match="fault, status: neither"):
            add("queue", "ping")
        with pytest.raises(TypeError, match="fault: is given beside"):
            add("queue", "ping", Fault.refuse(), status=500)
        with pytest.raises(TypeError, match="fault: 503 is no Fault"):
            add("queue", "ping", 503)


class TestStorage:
    """The store behind objects and artifacts has faults of its own."""

    CONTENT = bytes(range(256)) * 8192  # more than fits into the buffers of a connection

    @pytest.fixture
    def put_url(self, tc: LocalTaskcluster) -> str:
        queue = QueueClient(tc)
        task_id = queue.create()
        queue.claim(task_id)
        payload = {
            "storageType": "s3",
            "expires": queue.status(task_id)["deadline"],
            "contentType": "text/plain",
        }
        reply = queue.act(task_id, "runs/0/artifacts/public%2Flog", payload)
        return reply.json["putUrl"].removeprefix(tc.root_url)

    def test_put(self, tc: LocalTaskcluster, put_url: str) -> None:
        tc.faults.add("s3", "PutObject", status=503, body="<Error><Code>SlowDown</Code></Error>")
        tc.faults.add("s3", "PutObject", Fault.reset("request", after=1000))
        tc.faults.add("s3", "PutObject", Fault.reset("response"))
        heads = [ask(tc, "PUT", put_url, b"x" * 2000) for _ in range(4)]
        assert [(head[9:12], end) for head, _, end in heads] == [
            (b"503", "closed"),
            (b"", "reset"),
            (b"", "reset"),
            (b"200", "closed"),
        ]

    def test_get(self, tc: LocalTaskcluster, put_url: str) -> None:
        url = put_url.partition("?")[0]
        assert ask(tc, "PUT", put_url, self.CONTENT)[0][9:12] == b"200"
        tc.faults.add("s3", "GetObject", Fault.truncate("body", after=1_500_000))
        tc.faults.add("s3", "GetObject", Fault.corrupt("body", after=1))
        tc.faults.add("s3", "HeadObject", status=500)
        assert ask(tc, "HEAD", url)[0][9:12] == b"500"
        assert ask(tc, "GET", url)[1:] == (self.CONTENT[:1_500_000], "closed")
        assert ask(tc, "GET", url)[1][:3] == b"\x00\xfe\x02"
        assert ask(tc, "GET", url)[1:] == (self.CONTENT, "closed")

    def test_reset_loses_what_is_on_its_way(self, tc: LocalTaskcluster, put_url: str) -> None:
        ask(tc, "PUT", put_url, self.CONTENT)
        tc.faults.add("s3", "GetObject", Fault.reset("body", after=1_500_000))
        _, body, end = ask(tc, "GET", put_url.partition("?")[0])
        assert (body, end) == (self.CONTENT[: len(body)], "reset")
        assert len(body) <= 1_500_000
