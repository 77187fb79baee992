"""The server as a whole: started, stopped, reset, told to fail, and run from the command line."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from hawk_client import Caller

import tc_testing
from tc_testing import Fault, LocalTaskcluster
from tc_testing._messages import Messages
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


class TestPort:
    def test_chosen(self) -> None:
        with bind() as bound:
            free = bound.getsockname()[1]
        with LocalTaskcluster(port=free) as tc:
            assert tc.root_url == f"http://127.0.0.1:{free}"

    def test_in_use(self, tc: LocalTaskcluster) -> None:
        port = urlsplit(tc.root_url).port
        assert port
        with pytest.raises(OSError, match=f"port {port} is in use"):
            LocalTaskcluster(port=port).__enter__()

    def test_that_is_none(self) -> None:
        with pytest.raises(ValueError, match="port: 65536"):
            LocalTaskcluster(port=65536)


def test_stops_while_a_call_waits_for_work() -> None:
    with ThreadPoolExecutor(1) as pool:
        with LocalTaskcluster() as tc:
            root = Caller(tc.root_url, tc.client_id, tc.access_token)
            payload = {"tasks": 1, "workerGroup": "g", "workerId": "w"}
            answer = pool.submit(root, "POST", "/api/queue/v1/claim-work/demo%2Fw", payload)
            # The queue knows a worker from when it begins to wait.
            while root("GET", "/api/queue/v1/provisioners/demo/worker-types/w/workers/g/w").status == 404:
                pass
        assert answer.result().json == {"tasks": []}


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

    def test_credentials_with_chosen_scopes(self, tc: LocalTaskcluster) -> None:
        one, other = tc.credentials_with("secrets:get:x"), tc.credentials_with()
        assert one.client_id != other.client_id
        caller = Caller(tc.root_url, one.client_id, one.access_token)
        assert caller("GET", "/api/secrets/v1/secret/x").status == 404
        assert caller("GET", "/api/secrets/v1/secret/y").status == 403

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

    def test_signatures_are_checked_by_wall_time_unless_told_otherwise(
        self, tc: LocalTaskcluster, root: Caller
    ) -> None:
        scopes = "/api/auth/v1/scopes/current"
        tc.clock.advance(hours=1)
        assert root("GET", scopes).status == 200
        assert root("GET", scopes, timestamp=tc.clock.time()).message == "Unauthorized: Stale timestamp"
        tc.clock.checks_signatures = True
        assert root("GET", scopes).message == "Unauthorized: Stale timestamp"
        assert root("GET", scopes, timestamp=tc.clock.time()).status == 200
        tc.reset()
        assert root("GET", scopes).status == 200

    def test_what_is_configured_stays_until_a_reset(self, tc: LocalTaskcluster, root: Caller) -> None:
        tc.configure(worker_providers={"cloud": "aws"})
        tc.configure(slack=True)
        path = "/api/worker-manager/v1/providers"
        assert len(root("GET", path).json["providers"]) == 2
        tc.reset()
        assert len(root("GET", path).json["providers"]) == 1

    def test_configuration_that_there_is_not(self, tc: LocalTaskcluster) -> None:
        options: Any = {"moon": True}
        with pytest.raises(TypeError, match="moon"):
            tc.configure(**options)

    def test_public_names(self) -> None:
        assert sorted(tc_testing.__all__) == tc_testing.__all__
        assert [name for name in tc_testing.__all__ if not hasattr(tc_testing, name)] == []
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            tc_testing.nothing  # noqa: B018

    def test_importing_the_package_loads_no_server(self) -> None:
        script = "import sys, tc_testing; print([n for n in ('uvicorn', 'starlette', 'httpx') if n in sys.modules])"
        ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert ran.stdout.strip() == "[]"


class TestMessages:
    def test_kept_in_order_with_their_keys(self, tc: LocalTaskcluster, root: Caller) -> None:
        pool: dict[str, Any] = {
            "providerId": "static",
            "description": "",
            "config": {},
            "owner": "a@b.c",
            "emailOnError": False,
        }
        path = "/api/worker-manager/v1/worker-pool/demo%2Fw"
        root("PUT", path, pool)
        root("POST", path, pool)
        [created, updated] = tc.messages
        assert (created.service, created.name) == ("worker-manager", "workerPoolCreated")
        assert updated.exchange == "exchange/taskcluster-worker-manager/v1/worker-pool-updated"
        assert updated.routing_key == "primary.static.demo.w._._._._"
        assert updated.key["workerType"] == "w"
        assert updated.payload["previousProviderId"] == "static"
        updated.payload.clear()
        assert tc.messages[1].payload

    def test_forgotten_with_a_reset(self, tc: LocalTaskcluster, root: Caller) -> None:
        client = {"description": "", "expires": "2100-01-01T00:00:00.000Z"}
        assert root("PUT", "/api/auth/v1/clients/demo", client).status == 200
        assert [message.name for message in tc.messages] == ["clientCreated"]
        tc.reset()
        assert tc.messages == []

    def test_as_they_were_when_they_were_sent(self) -> None:
        messages, payload = Messages(), {"clientId": "a"}
        messages.publish("auth", "clientCreated", {}, payload, ["index.demo"])
        payload["clientId"] = "b"
        [message] = messages.all()
        assert message.payload == {"clientId": "a"}
        assert (message.routing_key, message.routes) == ("_", ("route.index.demo",))

    def test_key_that_cannot_be(self) -> None:
        publish = Messages().publish
        with pytest.raises(ValueError, match="has no taskId in its routing key"):
            publish("auth", "clientCreated", {"taskId": "x"}, {})
        with pytest.raises(ValueError, match="needs schedulerId in its routing key"):
            publish("queue", "taskGroupSealed", {"taskGroupId": "x"}, {})
        with pytest.raises(ValueError, match=r"schedulerId of taskGroupSealed must be one word, not 'a\.b'"):
            publish("queue", "taskGroupSealed", {"taskGroupId": "x", "schedulerId": "a.b"}, {})


class TestRelay:
    def test_faults_below_http(self, tc: LocalTaskcluster) -> None:
        with tc.relay(Fault.reset("response"), Fault.truncate("body", after=3)) as relay:
            root = Caller(relay.url, tc.client_id, tc.access_token)
            with pytest.raises(ConnectionResetError):
                root("GET", PING)
            with pytest.raises(http.client.IncompleteRead):
                root("GET", PING)
            assert root("GET", "/api/auth/v1/scopes/current").json == {"scopes": ["*"]}
        assert [request.status for request in tc.requests] == [200, 200, 200]  # they got there


class TestCommand:
    @staticmethod
    @contextmanager
    def serve(*arguments: str) -> Generator[subprocess.Popen[str]]:
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
