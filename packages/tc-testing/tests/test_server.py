"""The server as a whole: started, stopped, reset, told to fail, and run from the command line."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from hawk_client import Caller

import tc_testing
from tc_testing import LocalTaskcluster
from tc_testing._server import bind

PING = "/api/queue/v1/ping"


class TestLife:
    def test_nothing_is_left_behind(self) -> None:
        threads = threading.active_count()
        with LocalTaskcluster() as tc:
            address = urlsplit(tc.root_url)
            assert Caller(tc.root_url)("GET", PING).status == 200
            assert tc.root_url in repr(tc)
        assert threading.active_count() == threads
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address.hostname, address.port), timeout=30)

    def test_open_connections_do_not_keep_it_from_stopping(self) -> None:
        with LocalTaskcluster() as tc:
            idle = http.client.HTTPConnection(urlsplit(tc.root_url).netloc, timeout=30)
            idle.request("GET", PING)
            idle.getresponse().read()
        assert idle.sock.recv(1) == b""
        idle.close()

    def test_several_at_once_know_nothing_of_each_other(self) -> None:
        with LocalTaskcluster() as one, LocalTaskcluster() as other:
            assert one.root_url != other.root_url
            assert Caller(other.root_url, one.client_id, one.access_token)("GET", PING).status == 200
            current = "/api/auth/v1/scopes/current"
            assert Caller(other.root_url, one.client_id, one.access_token)("GET", current).status == 401

    def test_it_must_be_entered(self) -> None:
        tc = LocalTaskcluster()
        for name in ("root_url", "environ"):
            with pytest.raises(RuntimeError, match="with"):
                getattr(tc, name)
        with tc, pytest.raises(RuntimeError, match="running already"):
            tc.__enter__()
        assert "not running" in repr(tc)

    def test_it_can_be_entered_again(self) -> None:
        tc = LocalTaskcluster()
        for _ in range(2):
            with tc:
                assert Caller(tc.root_url)("GET", PING).status == 200
        assert len(tc.requests) == 2


def test_answers_do_not_wait_for_more_to_send() -> None:
    with bind() as bound:
        assert bound.proto == socket.IPPROTO_TCP  # by which asyncio knows that it may turn the delay off


class TestUse:
    def test_credentials(self, tc: LocalTaskcluster) -> None:
        assert tc.environ == {
            "TASKCLUSTER_ROOT_URL": tc.root_url,
            "TASKCLUSTER_CLIENT_ID": tc.client_id,
            "TASKCLUSTER_ACCESS_TOKEN": tc.access_token,
        }
        assert tc.credentials.client_id == tc.client_id
        assert tc.access_token not in repr(tc)

    def test_client_with_chosen_scopes(self, tc: LocalTaskcluster) -> None:
        token = tc.add_client("project/demo/ci", ["secrets:get:x"])
        caller = Caller(tc.root_url, "project/demo/ci", token)
        assert caller("GET", "/api/secrets/v1/secret/x").status == 404
        assert caller("GET", "/api/secrets/v1/secret/y").status == 403

    def test_client_that_cannot_be(self, tc: LocalTaskcluster) -> None:
        with pytest.raises(ValueError, match="client_id: 'a b'"):
            tc.add_client("a b", [])
        with pytest.raises(ValueError, match="scopes: 'é'"):
            tc.add_client("a", ["é"])
        with pytest.raises(TypeError, match="scopes: is one str"):
            tc.add_client("a", "secrets:*")

    def test_requests_are_counted_with_their_answers(self, tc: LocalTaskcluster, root: Caller) -> None:
        root("GET", PING)
        root("DELETE", "/api/auth/v1/clients/a%2Fb")
        root.send("GET", root.bewit("/api/auth/v1/clients/?limit=1"))
        assert [tuple(request) for request in tc.requests] == [
            ("GET", PING, 200),
            ("DELETE", "/api/auth/v1/clients/a%2Fb", 204),
            ("GET", "/api/auth/v1/clients/?limit=1&bewit=…", 200),
        ]

    def test_reset(self, tc: LocalTaskcluster, root: Caller) -> None:
        token = tc.add_client("c", [])
        tc.faults.add("queue", "ping", status=500)
        tc.clock.advance(days=3)
        before = tc.clock.now()
        tc.reset()
        assert tc.clock.now() < before
        assert tc.requests == []
        assert root("GET", PING).status == 200
        assert root("GET", "/api/auth/v1/scopes/current").json == {"scopes": ["*"]}
        assert Caller(tc.root_url, "c", token)("GET", "/api/auth/v1/scopes/current").status == 401

    def test_clock_does_not_go_back(self, tc: LocalTaskcluster) -> None:
        with pytest.raises(ValueError, match="-60 seconds"):
            tc.clock.advance(minutes=-1)

    def test_public_names(self) -> None:
        assert sorted(tc_testing.__all__) == tc_testing.__all__
        assert tc_testing.__version__


class TestFaults:
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

    def test_only_of_the_method(self, tc: LocalTaskcluster, root: Caller) -> None:
        tc.faults.add("secrets", "set", status=500)
        assert root("GET", PING).status == 200
        path, payload = "/api/secrets/v1/secret/x", {"secret": {}, "expires": "2100-01-01T00:00:00.000Z"}
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


class TestCommand:
    @staticmethod
    @contextmanager
    def serve(*arguments: str) -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-m", "tc_testing", "serve", *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_serves_until_stopped(self, number: signal.Signals) -> None:
        with self.serve() as process:
            assert process.stdout
            lines = [process.stdout.readline() for _ in range(3)]
            exported = dict(line.strip().removeprefix("export ").split("=", 1) for line in lines)
            caller = Caller(
                exported["TASKCLUSTER_ROOT_URL"],
                exported["TASKCLUSTER_CLIENT_ID"],
                exported["TASKCLUSTER_ACCESS_TOKEN"],
            )
            assert caller("GET", "/api/auth/v1/scopes/current").json == {"scopes": ["*"]}
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
            assert (process.returncode, out, err) == (0, "", "")

    @pytest.mark.skipif(os.name != "posix", reason="the shell of POSIX")
    def test_shell_reads_what_it_prints(self) -> None:
        with self.serve() as process:
            assert process.stdout
            lines = [process.stdout.readline() for _ in range(3)]
            script = "".join(lines) + 'echo "$TASKCLUSTER_CLIENT_ID"'
            shell = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
            assert shell.stdout == "static/taskcluster/root\n"

    def test_port_in_use(self, tc: LocalTaskcluster) -> None:
        port = str(urlsplit(tc.root_url).port)
        with self.serve("--port", port) as process:
            out, err = process.communicate(timeout=30)
            assert (process.returncode, out) == (1, "")
            assert err == f"tc-testing: port {port} is in use; choose another with --port\n"

    @pytest.mark.parametrize("arguments", [["--port", "70000"], ["--port", "x"]])
    def test_port_that_is_none(self, arguments: list[str]) -> None:
        with self.serve(*arguments) as process:
            _, err = process.communicate(timeout=30)
            assert process.returncode == 2
            assert "--port" in err
