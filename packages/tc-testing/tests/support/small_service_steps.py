"""What happened between the recorded exchanges of the smaller services, made up for."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from hawk_client import Caller, temporary
from queue_steps import WORKER, Exchange, Replay, Step
from recorded import load

from tc_core import json_date

HOOK = {
    "metadata": {"name": "n", "description": "d", "owner": "ci@example.com", "emailOnError": False},
    "triggerSchema": {"type": "object"},
}
ROLE = {
    "description": "d",
    "scopes": [
        "queue:create-task:project:none",
        "queue:scheduler-id:-",
        "queue:create-task:lowest:demo/hook-worker",
    ],
}
SERVICE = "service.example"
INDEXED_TASK = "/api/queue/v1/task/FAkI05yUSGqRv214J1ZCCA"
LOG = b"[taskcluster 2026-11-23T09:30:55.676Z] Task ID: dS9newBMSY6xt4mZZ3_nNA\nmore\n"


def make_hook(name: str, task: dict[str, Any]) -> Step:
    def step(replay: Replay, _: list[Exchange]) -> None:
        replay.make("PUT", f"/api/hooks/v1/hooks/{name}", HOOK | {"task": task})

    return step


def remove_bad_hook(replay: Replay, _: list[Exchange]) -> None:
    replay.make("DELETE", "/api/hooks/v1/hooks/demo-ixbmp/bad")


def let_hook_make_tasks(replay: Replay, _: list[Exchange]) -> None:
    replay.make("PUT", "/api/auth/v1/roles/hook-id%3Ademo-ixbmp%2Fbuild", ROLE)


def find_failed_fire(replay: Replay, exchanges: list[Exchange]) -> None:
    """Find out the id of the task that could not be made, which no answer has told yet."""
    [page] = [exchange for exchange in exchanges if exchange["id"] == "list-last-fires-page-2"]
    fires = replay.root("GET", "/api/hooks/v1/hooks/demo-ixbmp/build/last-fires").json["lastFires"]
    replay.given[page["response"]["body"]["lastFires"][0]["taskId"]] = fires[-1]["taskId"]


def have_been_there_before(replay: Replay, _: list[Exchange]) -> None:
    """Let the history of the client begin with the end of an earlier one."""
    replay.root("DELETE", "/api/auth/v1/clients/project%2Fdemo%2Fci")


def sign_for_service(who: str) -> Step:
    """Let the placeholder stand for the header of a request to another service."""

    def step(replay: Replay, _: list[Exchange]) -> None:
        callers = {
            "client": replay.clients["project/demo/ci"],
            "temp": temporary(replay.root, ["a:b"]),
            "bad": Caller(replay.root.root_url, "project/demo/ci", "x" * 44),
        }
        header = callers[who].authorization("GET", "/x?y=1", host=SERVICE, hashed=False)
        replay.given["<hawkHeader>"] = json.dumps(header)[1:-1]

    return step


def deny_addresses(replay: Replay, _: list[Exchange]) -> None:
    for address in ("denied-2@example.com", "denied-3@example.com", "x@example.com"):
        payload = {"notificationType": "email", "notificationAddress": address}
        assert replay.root("POST", "/api/notify/v1/denylist/add", payload).content == b"OK"


def purge(*wanted: str) -> Step:
    """Ask for caches of a pool to be purged; `wanted` are `pool cache`."""

    def step(replay: Replay, _: list[Exchange]) -> None:
        for text in wanted:
            pool, cache = text.split()
            path = f"/api/purge-cache/v1/purge-cache/{pool}"
            assert replay.root("POST", path, {"cacheName": cache}).status == 204

    return step


def configure_builds(replay: Replay, exchanges: list[Exchange]) -> None:
    builds: dict[str, Any] = {
        build["taskGroupId"]: build | {"state": "pending"}
        for exchange in exchanges
        if exchange["method"] == "builds" and exchange["response"]["status"] == 200
        for build in exchange["response"]["body"]["builds"]
    }
    replay.tc.configure(github_builds=list(builds.values()))


def make_artifacts_of_indexed_task(replay: Replay, _: list[Exchange]) -> None:
    [create] = [exchange["request"] for exchange in load("queue") if exchange["id"] == "create-task"]
    replay.make("PUT", INDEXED_TASK, create["body"])
    replay.make("POST", f"{INDEXED_TASK}/runs/0/claim", WORKER)
    artifact = {"storageType": "s3", "contentType": "text/plain", "expires": create["body"]["deadline"]}
    for name in ("public%2Fs3.txt", "private%2Fs3.txt"):
        replay.make("POST", f"{INDEXED_TASK}/runs/0/artifacts/{name}", artifact)


def complete_indexed_task(replay: Replay, _: list[Exchange]) -> None:
    replay.make("POST", f"{INDEXED_TASK}/runs/0/completed")


def make_task(task_id: str) -> Step:
    def step(replay: Replay, _: list[Exchange]) -> None:
        now = replay.tc.clock.now()
        metadata = {"name": "demo task", "description": "d", "owner": "o", "source": "https://example.com"}
        definition = {
            "taskQueueId": "demo/w",
            "created": json_date(now),
            "deadline": json_date(now + timedelta(hours=1)),
            "payload": {},
            "metadata": metadata,
        }
        replay.make("PUT", f"/api/queue/v1/task/{task_id}", definition)

    return step


def complete_task(task_id: str, log: bytes | None) -> Step:
    def step(replay: Replay, _: list[Exchange]) -> None:
        run = f"/api/queue/v1/task/{task_id}/runs/0"
        status = replay.make("POST", f"{run}/claim", WORKER).json["status"]
        if log is not None:
            artifact = {"storageType": "s3", "contentType": "text/plain", "expires": status["deadline"]}
            made = replay.make("POST", f"{run}/artifacts/public%2Flogs%2Flive.log", artifact).json
            path = made["putUrl"].removeprefix(replay.tc.root_url)
            assert Caller(replay.tc.root_url)("PUT", path, body=log, content_type="text/plain").status == 200
        replay.make("POST", f"{run}/completed")

    return step


def make_task_without_log(replay: Replay, exchanges: list[Exchange]) -> None:
    make_task("VTcLp6v9Q9W2GrT3E_hB-A")(replay, exchanges)
    complete_task("VTcLp6v9Q9W2GrT3E_hB-A", None)(replay, exchanges)


STEPS: dict[str, Step] = {
    "create-client": have_been_there_before,
    "authenticate-hawk": sign_for_service("client"),
    "authenticate-hawk-temp": sign_for_service("temp"),
    "authenticate-hawk-bad": sign_for_service("bad"),
    "list-hook-groups": make_hook("demo-twxya/other", {}),
    "list-hooks": remove_bad_hook,
    "trigger-hook": let_hook_make_tasks,
    "trigger-hook-nothing": make_hook("demo-ixbmp/nothing", {"$if": "false", "then": {}}),
    "trigger-hook-400-template": make_hook("demo-ixbmp/broken", {"payload": {"$eval": "payload.none"}}),
    "list-last-fires-page-2": find_failed_fire,
    "list-denylist-page-1": deny_addresses,
    "purge-requests": purge("demo%2Fw-0795 cache-2", "demo%2Fw-0795 cache-3"),
    "all-purge-requests-page-1": purge(
        "acc%2Fw c", "demo%2Fw-05d7 cache-1", "demo%2Fw-05d7 cache-2", "demo%2Fw-05d7 cache-3"
    ),
    "builds-page-1": configure_builds,
    "find-artifact-from-task": make_artifacts_of_indexed_task,
    "find-task-by-route": complete_indexed_task,
    "task-profile-pending": make_task("dS9newBMSY6xt4mZZ3_nNA"),
    "task-profile": complete_task("dS9newBMSY6xt4mZZ3_nNA", LOG),
    "task-profile-no-log": make_task_without_log,
}
