"""What a real Taskcluster answered, asked again: status, error code, texts, and the shape of bodies agree."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

import pytest
from hawk_client import Caller, Reply, temporary
from recorded import assert_alike, assert_same_text, load

from tc_testing import LocalTaskcluster
from tc_testing._facts import methods
from tc_testing._schemas import problems

Exchange = dict[str, Any]

SERVICES = ("auth", "index", "queue", "secrets")

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
    "test_http.py sends what is recorded with a placeholder": {
        "431",
        "500-body-11-mb",
        "create-task-oversize",
    },
    "it was answered by the proxy in front of the services": {"malformed-percent"},
    "it shows what others had put there": {
        "client-static",
        "list-namespaces-no-slash",
        "list-namespaces-root",
    },
    "it needs roles": {"expand-scopes-roles"},
    "it needs claims": {
        "cancel-task",
        "cancel-task-completed",
        "find-task-by-route",
        "rerun-task",
        "rerun-task-canceled",
        "status-dependency-done",
        "status-running",
    },
    "it needs artifacts": {
        "get-latest-artifact-410",
        "get-latest-artifact-bewit",
        "get-latest-artifact-link-403",
        "get-latest-artifact-link-cycle",
        "get-latest-artifact-private",
        "get-latest-artifact-raw-slash",
        "get-latest-artifact-s3",
        "head-latest-artifact",
        "latest-artifact-error",
        "latest-artifact-object",
        "latest-artifact-reference",
        "latest-artifact-s3",
        "s3-put",
    },
}

# Exchanges whose texts are the service's own; all else of them is compared.
OTHER_WORDS = {"400-bad-json", "delete-client-static"}


@pytest.mark.parametrize("service", SERVICES)
def test_answers_are_as_recorded(tc: LocalTaskcluster, service: str) -> None:
    replay = Replay(tc)
    left_out = set().union(*LEFT_OUT.values())
    exchanges = load(service)
    for exchange in exchanges:
        if exchange["id"] in left_out:
            continue
        if prepare := PREPARATIONS.get(exchange["id"]):
            prepare(replay, exchanges)
        reply = replay.send(exchange)
        if reply.status != 501:
            assert_recorded(exchange, reply)
            assert_fits_schema(service, exchange, reply)


def test_what_is_left_out_was_recorded() -> None:
    recorded = {exchange["id"] for service in SERVICES for exchange in load(service)}
    assert set().union(*LEFT_OUT.values()) | OTHER_WORDS | PREPARATIONS.keys() <= recorded


def assert_fits_schema(service: str, exchange: Exchange, reply: Reply) -> None:
    output = OUTPUTS.get((service, exchange["method"]))
    if (
        output
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
        self.tokens: dict[
            str, str
        ] = {}  # recorded continuation tokens, and those of this server in their place

    def send(self, exchange: Exchange) -> Reply:
        request = exchange["request"]
        path: str = request["path"]
        for recorded, given in self.tokens.items():
            path = path.replace(f"continuationToken={recorded}", f"continuationToken={given}")
        body, content_type = request["body"], request["headers"].get("content-type")
        content = (
            body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        )
        label: str = request["headers"]["authorization"]
        caller = self.caller(label)
        if label.startswith("bewit:"):
            path, caller = (
                caller.bewit(path.replace("?bewit=<bewit>", "").replace("&bewit=<bewit>", "")),
                self.anonymous,
            )
        hashed = label != "root (no hash)"
        reply = caller(request["verb"], path, body=content, content_type=content_type, hashed=hashed)
        self.remember(exchange, reply)
        return reply

    def remember(self, exchange: Exchange, reply: Reply) -> None:
        recorded = exchange["response"]["body"]
        if not isinstance(recorded, dict) or reply.status != 200 or not reply.content:
            return
        if "continuationToken" in recorded:
            self.tokens[recorded["continuationToken"]] = reply.json.get("continuationToken", "")
        if "accessToken" in recorded:
            client_id = recorded["clientId"]
            self.clients[client_id] = Caller(self.root.root_url, client_id, reply.json["accessToken"])

    def caller(self, label: str) -> Caller:
        match label.split(":", 1):
            case ["root"] | ["root (no hash)"] | ["bewit", "root"]:
                return self.root
            case ["none"]:
                return self.anonymous
            case ["bad-token"]:
                return Caller(self.root.root_url, self.root.client_id, "x" * 44)
            case ["client" | "bewit", client_id]:
                return self.clients[client_id]
            case ["temp", "task" | "worker" | "object upload"]:
                return self.anonymous  # these come out of methods that answer 501, and are used on such
            case ["temp", scope]:
                return temporary(self.root, [] if scope == "no scopes" else [scope])
            case _:
                raise ValueError(f"no caller for {label!r}")

    def make(self, verb: str, path: str, payload: Any) -> None:
        """Make what was made in a step that was not recorded."""
        reply = self.root(verb, path, payload)
        assert reply.status == 200, reply


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


def pass_deadline(replay: Replay, _: Iterable[Exchange]) -> None:
    replay.tc.clock.advance(minutes=3)


# Steps that were left out of the recording, by the exchange before which they must be made up for.
PREPARATIONS = {
    "list-clients-page-1": make_clients,
    "list-tasks-page-1": make_index_entries,
    "list-dependent-tasks-page-1": make_tasks("list-dependent-tasks-page"),
    "list-task-group-page-1": make_tasks("list-task-group-page"),
    "list-page-1": make_secret,
    "status-deadline-exceeded": pass_deadline,
}
