"""What a real Taskcluster answered, asked again: status, error code, texts, and the shape of bodies agree."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
import queue_steps
import small_service_steps
import worker_manager_steps
from hawk_client import Caller, Reply, temporary
from recorded import assert_alike, assert_same_text, is_object, load

from tc_testing import LocalTaskcluster
from tc_testing._facts import methods
from tc_testing._schemas import problems

Exchange = dict[str, Any]

SERVICES = (
    "auth",
    "github",
    "hooks",
    "index",
    "notify",
    "object",
    "purge-cache",
    "queue",
    "secrets",
    "web-server",
    "worker-manager",
)

OUTPUTS = {(method.service, method.name): method.output for method in methods()}

# Exchanges that are not asked again, by the reason. Those of methods that answer 501 are not among them.
LEFT_OUT = {
    "test_authentication.py sends such headers and bewits": {
        "200-authorized-scopes",
        "200-bewit-temp",
        "200-header-4096",
        "200-temp-authorized-scopes",
        "200-temp-just-expired",
        "200-temp-named",
        "200-temp-odd-name",
        "200-timestamp-14-minutes",
        "401-authorized-scopes-no-list",
        "401-bad-header-format",
        "401-bearer",
        "401-bewit-and-header",
        "401-bewit-bad-mac",
        "401-bewit-expired",
        "401-bewit-padding",
        "401-bewit-too-long",
        "401-ext-not-json",
        "401-header-4097",
        "401-payload-hash",
        "401-query-not-signed",
        "401-stale-timestamp-past",
        "401-temp-bad-signature",
        "401-temp-expired",
        "401-temp-issuer-same",
        "401-temp-name-not-allowed",
        "401-temp-no-certificate",
        "401-temp-not-started",
        "401-temp-scopes-beyond",
        "401-temp-too-long",
        "401-temp-version-2",
        "401-text-plain-hashed",
        "401-unknown-client",
        "401-wrong-port-signed",
        "current-scopes-old-token",
        "test-authenticate-authorized-scopes",
        "test-authenticate-named-temp",
        "test-authenticate-named-temp-not-allowed",
        "test-authenticate-temp",
    },
    "test_http.py and test_object_uploads.py send what is recorded with a placeholder": {
        "431",
        "500-body-11-mb",
        "create-task-oversize",
        "create-upload-400-size",
    },
    "it was answered by the proxy in front of the services": {"malformed-percent"},
    "it shows what others had put there": {
        "client-static",
        "list-audit-history-root",
        "list-audit-history-root-2",
        "list-namespaces-no-slash",
        "list-namespaces-root",
    },
    "it lists one worker twice, as running and as stopped": {"worker-manager/list-workers"},
    "test_purge_cache.py asks for what is newer; this was a matter of milliseconds": {"purge-requests-since"},
    "this server sends no etags": {"304"},
}

# Exchanges whose texts are the service's own; all else of them is compared.
OTHER_WORDS = {"400-bad-json", "delete-client-static"}


@pytest.mark.parametrize("service", SERVICES)
def test_answers_are_as_recorded(tc: LocalTaskcluster, service: str) -> None:
    replay = Replay(tc)
    left_out = set[str]().union(*LEFT_OUT.values())
    exchanges = load(service)
    for exchange in exchanges:
        if left_out & {exchange["id"], f"{service}/{exchange['id']}"}:
            continue
        if prepare := PREPARATIONS.get(exchange["id"]):
            prepare(replay, exchanges)
        reply = replay.send(exchange)
        if reply.status != 501:
            assert_recorded(replay.as_answered(exchange), reply)
            assert_fits_schema(service, exchange, reply)


def test_what_is_left_out_was_recorded() -> None:
    exchanges = [(service, exchange["id"]) for service in SERVICES for exchange in load(service)]
    recorded = {name for service, which in exchanges for name in (which, f"{service}/{which}")}
    assert set[str]().union(*LEFT_OUT.values()) | OTHER_WORDS | PREPARATIONS.keys() <= recorded


def assert_fits_schema(service: str, exchange: Exchange, reply: Reply) -> None:
    output = OUTPUTS.get((service, exchange["method"]))
    if (
        output
        and exchange["id"] != "aws-s3-credentials-iam-role"  # it never did
        and reply.status == 200
        and reply.headers["content-type"].startswith("application/json")
        and reply.content
    ):
        assert problems(output, reply.json) == [], exchange["id"]


def assert_recorded(exchange: Exchange, reply: Reply) -> None:
    recorded, where = exchange["response"], exchange["id"]
    assert reply.status == recorded["status"], f"{where}: {reply}"
    assert reply.headers.get("content-type") == recorded["headers"].get("content-type"), where
    body = recorded["body"]
    for name in ("location", "x-taskcluster-artifact-storage-type"):
        assert_same_text(reply.headers.get(name, ""), recorded["headers"].get(name, ""), where)
    if exchange["method"] == "s3-stand-in":
        assert reply.headers["etag"] == recorded["headers"]["etag"], where
    if exchange["id"] in OTHER_WORDS:
        assert reply.code == body["code"], where
    elif isinstance(body, dict | list):
        assert_alike(reply.json, body, where)
    else:
        assert_same_text(reply.content.decode(), body or "", where)


class Replay:
    """Sends recorded requests to a server that has seen those before them."""

    def __init__(self, tc: LocalTaskcluster) -> None:
        self.tc = tc
        self.root = Caller(tc.root_url, tc.client_id, tc.access_token)
        self.anonymous = Caller(tc.root_url)
        self.clients = {"tester": Caller(tc.root_url, "tester", "no-secret")}
        self.given: dict[str, str] = {}  # what the service chose when it was recorded, and now in its place
        self.temporary: dict[str, Caller] = {}  # credentials out of answers, by what they are for

    def send(self, exchange: Exchange) -> Reply:
        request = exchange["request"]
        path = self.as_given(request["path"]).removeprefix(self.tc.root_url)
        body, content_type = request["body"], request["headers"].get("content-type")
        content = None
        if body is not None:
            content = self.as_given(body if isinstance(body, str) else json.dumps(body)).encode()
        label: str = request["headers"]["authorization"]
        caller = self.caller(label, path, exchange["id"])
        if label.startswith("bewit:"):
            path, caller = (
                caller.bewit(path.replace("?bewit=<bewit>", "").replace("&bewit=<bewit>", "")),
                self.anonymous,
            )
        hashed = label != "root (no hash)"

        def ask() -> Reply:
            return caller(request["verb"], path, body=content, content_type=content_type, hashed=hashed)

        reply = ask_while_time_passes(self.tc, ask) if exchange["id"] in ANSWERED_LATE else ask()
        self.remember(exchange, reply)
        return reply

    def as_answered(self, exchange: Exchange) -> Exchange:
        """The exchange, answered with what the service has chosen now."""
        body = exchange["response"]["body"]
        if not isinstance(body, dict | list):
            return exchange
        return exchange | {
            "response": exchange["response"] | {"body": json.loads(self.as_given(json.dumps(body)))}
        }

    def as_given(self, text: str) -> str:
        for recorded, given in self.given.items():
            text = text.replace(recorded, given)
        return text

    def remember(self, exchange: Exchange, reply: Reply) -> None:
        recorded = exchange["response"]["body"]
        if location := exchange["response"]["headers"].get("location"):
            self.given[location] = reply.headers.get("location", "")
        if not is_object(recorded) or reply.status != 200 or not reply.content:
            return
        if "continuationToken" in recorded:
            token = quote(reply.json.get("continuationToken", ""), safe="")
            self.given[f"continuationToken={quote(recorded['continuationToken'], safe='')}"] = (
                f"continuationToken={token}"
            )
        if "accessToken" in recorded:
            client_id = recorded["clientId"]
            self.clients[client_id] = Caller(self.root.root_url, client_id, reply.json["accessToken"])
        if exchange["method"] == "createArtifact":
            for name in recorded.keys() & {"putUrl", "uploadId"}:
                self.given[recorded[name]] = reply.json[name]
        if exchange["method"] in ("registerWorker", "reregisterWorker"):
            self.given[recorded["secret"]] = reply.json["secret"]
        if exchange["method"] == "reportWorkerError":
            self.given[recorded["errorId"]] = reply.json["errorId"]
        if exchange["method"] in ("getTriggerToken", "resetTriggerToken"):
            self.given[recorded["token"]] = reply.json["token"]
        if exchange["method"] in ("triggerHook", "triggerHookWithToken") and recorded:
            self.given[recorded["taskId"]] = reply.json["taskId"]
        if exchange["method"] == "renderTaskclusterYml":
            self.given[recorded["tasks"][0]["taskId"]] = reply.json["tasks"][0]["taskId"]
        self.remember_credentials(reply.json)

    def remember_credentials(self, answer: Any) -> None:
        for part in answer.get("tasks", [answer]):
            match part:
                case {"credentials": credentials, "status": {"taskId": task_id}, "runId": run_id}:
                    self.temporary[f"{task_id}/{run_id}"] = self.with_certificate(credentials)
                case {"credentials": credentials, "uploadId": _}:
                    self.temporary["object upload"] = self.with_certificate(credentials)
                case {"credentials": credentials, "secret": _}:
                    self.temporary["worker"] = self.with_certificate(credentials)
                case _:
                    pass

    def with_certificate(self, credentials: dict[str, str]) -> Caller:
        ext = {"certificate": json.loads(credentials["certificate"])}
        return Caller(self.tc.root_url, credentials["clientId"], credentials["accessToken"], ext=ext)

    def caller(self, label: str, path: str, exchange_id: str) -> Caller:
        match label.split(":", 1):
            case ["root"] | ["root (no hash)"] | ["bewit", "root"]:
                return self.root
            case ["none"]:
                return self.anonymous
            case ["bad-token"]:
                return Caller(self.root.root_url, self.root.client_id, "x" * 44)
            case ["client" | "bewit", client_id]:
                return self.clients[client_id]
            case ["temp", "task"]:
                run = re.search(r"/task/([^/]+)/runs/([0-9]+)", path)
                assert run is not None, path
                return self.temporary[CREDENTIALS_OF_OTHERS.get(exchange_id) or f"{run[1]}/{run[2]}"]
            case ["temp", "object upload" | "worker" as owner]:
                return self.temporary[owner]
            case ["temp", scope]:
                return temporary(self.root, [] if scope == "no scopes" else [scope])
            case _:
                raise ValueError(f"no caller for {label!r}")

    def make(self, verb: str, path: str, payload: Any = None) -> Reply:
        """Make what was made in a step that was not recorded."""
        reply = self.root(verb, path, payload)
        assert reply.status == 200, reply
        self.remember_credentials(reply.json)
        return reply


def listed(exchanges: Iterable[Exchange], prefix: str, key: str) -> list[Any]:
    """The items of all pages whose ids begin with `prefix`."""
    pages = (exchange["response"]["body"] for exchange in exchanges if exchange["id"].startswith(prefix))
    return [item for page in pages for item in page[key]]


def make_clients(replay: Replay, exchanges: Iterable[Exchange]) -> None:
    for client in listed(exchanges, "list-clients-page", "clients"):
        wanted = {name: client[name] for name in ("description", "expires", "scopes", "deleteOnExpiration")}
        replay.make("PUT", f"/api/auth/v1/clients/{quote(client['clientId'], safe='')}", wanted)


def make_index_entries(replay: Replay, exchanges: Iterable[Exchange]) -> None:
    entries = listed(exchanges, "list-tasks-page", "tasks")
    for namespace in listed(exchanges, "list-namespaces-page", "namespaces"):
        if namespace["name"] != "linux":  # which leads to an entry made before
            entries.append(entries[0] | {"namespace": f"{namespace['namespace']}.entry"})
    for entry in entries:
        wanted = {name: entry[name] for name in ("taskId", "rank", "data", "expires")}
        replay.make("PUT", f"/api/index/v1/task/{entry['namespace']}", wanted)


def make_tasks(prefix: str) -> Callable[[Replay, Iterable[Exchange]], None]:
    def make(replay: Replay, exchanges: Iterable[Exchange]) -> None:
        for item in listed(exchanges, prefix, "tasks"):
            replay.make("PUT", f"/api/queue/v1/task/{item['status']['taskId']}", item["task"])

    return make


def make_secret(replay: Replay, exchanges: Iterable[Exchange]) -> None:
    [expires] = [
        exchange["request"]["body"]["expires"] for exchange in exchanges if exchange["id"] == "set-again"
    ]
    replay.make("PUT", "/api/secrets/v1/secret/secretvalue", {"secret": {}, "expires": expires})


def ask_while_time_passes(tc: LocalTaskcluster, ask: Callable[[], Reply]) -> Reply:
    """Ask something that is answered after 20 seconds, and let these pass as soon as it waits."""
    queue = tc._app.state.queue  # pyright: ignore[reportPrivateUsage]
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask)
        while not answer.done() and not queue.calls_waiting:
            time.sleep(0.001)
        tc.clock.advance(seconds=20)
        return answer.result()


# Steps that were left out of the recording, by the exchange before which they must be made up for.
PREPARATIONS = {
    "list-clients-page-1": make_clients,
    "list-tasks-page-1": make_index_entries,
    "list-dependent-tasks-page-1": make_tasks("list-dependent-tasks-page"),
    "list-task-group-page-1": make_tasks("list-task-group-page"),
    "list-page-1": make_secret,
    **queue_steps.STEPS,
    **small_service_steps.STEPS,
    **worker_manager_steps.STEPS,
}

# Exchanges with temporary credentials of another run than the one in the path.
CREDENTIALS_OF_OTHERS = {"reclaim-task-403": "UvYkJrygTe6LFTNm-uWr3Q/0"}

# Calls that wait for something that does not come.
ANSWERED_LATE = {"claim-work-empty", "claim-work-quarantined", "queue-claim-work"}
