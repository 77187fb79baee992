"""What happened between the recorded exchanges of the queue, the object service and the index, made up for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol

from hawk_client import Caller, Reply

from tc_testing import LocalTaskcluster

Exchange = dict[str, Any]

WORKER = {"workerGroup": "group-1", "workerId": "worker-1"}


class Replay(Protocol):
    """What a step may do."""

    tc: LocalTaskcluster
    root: Caller
    given: dict[str, str]
    clients: dict[str, Caller]

    def make(self, verb: str, path: str, payload: Any = None) -> Reply: ...


Step = Callable[[Replay, list[Exchange]], None]


def cancel_large_task(replay: Replay, _: list[Exchange]) -> None:
    replay.make("POST", "/api/queue/v1/task/NSSxZNDdTIePToLwE9bMqA/cancel")


def make_links(replay: Replay, exchanges: list[Exchange]) -> None:
    [link] = _requests(exchanges, "create-artifact-link")
    for name, target in (
        ("public/dangling.txt", "public/nothing.txt"),
        ("public/loop1", "public/loop2"),
        ("public/loop2", "public/loop1"),
    ):
        payload = {"storageType": "link", "expires": link["expires"], "artifact": target}
        replay.make("POST", f"/api/queue/v1/task/FAkI05yUSGqRv214J1ZCCA/runs/0/artifacts/{name}", payload)


def let_artifact_expire(replay: Replay, exchanges: list[Exchange]) -> None:
    # No further than that: tasks that are created later have been dated already.
    [artifact] = _requests(exchanges, "create-artifact-short")
    clock = replay.tc.clock
    rest = datetime.fromisoformat(artifact["expires"]) - clock.now()
    clock.advance(seconds=rest.total_seconds() + 0.001)


def claim(task_id: str, run_id: int) -> Step:
    def step(replay: Replay, _: list[Exchange]) -> None:
        replay.make("POST", f"/api/queue/v1/task/{task_id}/runs/{run_id}/claim", WORKER)

    return step


def complete_dependency(replay: Replay, _: list[Exchange]) -> None:
    run = "/api/queue/v1/task/QJ2u3eimTQqgheMDXVXvrA/runs/0"
    replay.make("POST", f"{run}/claim", WORKER)
    replay.make("POST", f"{run}/completed")


def make_task_queues(replay: Replay, exchanges: list[Exchange]) -> None:
    """Those that others had used."""
    lists = [_answer(exchanges, "list-worker-types")["workerTypes"]]
    lists.append(_answer(exchanges, "list-task-queues")["taskQueues"])
    for queue in (queue for queues in lists for queue in queues):
        provisioner_id, worker_type = queue["taskQueueId"].split("/")
        path = f"/api/queue/v1/provisioners/{provisioner_id}/worker-types/{worker_type}"
        replay.make("PUT", path, {"description": queue["description"]})


def pass_deadline(replay: Replay, _: list[Exchange]) -> None:
    replay.tc.clock.advance(minutes=3)


def put_zeros(replay: Replay, exchanges: list[Exchange]) -> None:
    """The upload of 20,000 bytes, to a URL asked for once more."""
    [request] = _requests(exchanges, "create-upload-puturl")
    path = "/api/object/v1/upload/demo%2FWBvV9n%2Fput%20url%20%2B%25.bin"
    put = replay.make("PUT", path, request).json["uploadMethod"]["putUrl"]
    url = put["url"].removeprefix(replay.root.root_url)
    reply = replay.root.send("PUT", url, bytes(20_000), put["headers"])
    assert reply.status == 200, reply


STEPS: dict[str, Step] = {
    "pending-tasks": cancel_large_task,
    "get-latest-artifact-link-404": make_links,
    "get-latest-artifact-410": let_artifact_expire,
    "report-exception-malformed": claim("UvYkJrygTe6LFTNm-uWr3Q", 2),
    "status-dependency-done": complete_dependency,
    "list-provisioners-page-1": make_task_queues,
    "status-deadline-exceeded": pass_deadline,
    "finish-upload-puturl": put_zeros,
}


def _requests(exchanges: Iterable[Exchange], exchange_id: str) -> list[Any]:
    return [exchange["request"]["body"] for exchange in exchanges if exchange["id"] == exchange_id]


def _answer(exchanges: Iterable[Exchange], exchange_id: str) -> Any:
    [body] = [exchange["response"]["body"] for exchange in exchanges if exchange["id"] == exchange_id]
    return body
