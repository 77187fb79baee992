"""The calls to the queue that its tests make again and again."""

from __future__ import annotations

import json
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from checked import CheckedCaller, checked_root
from hawk_client import Caller, Reply

from tc_testing import LocalTaskcluster

WORKER = {"workerGroup": "group-1", "workerId": "worker-1"}
QUEUE = "demo%2Fw-1"


def slug_id() -> str:
    return urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def date(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class QueueClient:
    """Acts on tasks, as the client that may do everything; all answers are checked."""

    def __init__(self, tc: LocalTaskcluster) -> None:
        self.tc = tc
        self.root = checked_root(tc)

    def create(self, **changes: Any) -> str:
        """Make a task in the queue demo/w-1. Returns its id."""
        task_id = slug_id()
        now = self.tc.clock.now()
        task = {
            "taskQueueId": "demo/w-1",
            "created": date(now),
            "deadline": date(now + timedelta(hours=2)),
            "payload": {},
            "metadata": {
                "name": "n",
                "description": "d",
                "owner": "o@example.com",
                "source": "https://example.com",
            },
            **changes,
        }
        reply = self.root("PUT", f"/api/queue/v1/task/{task_id}", task)
        assert reply.status == 200, reply
        return task_id

    def status(self, task_id: str) -> dict[str, Any]:
        return self.root("GET", f"/api/queue/v1/task/{task_id}/status").json["status"]

    def act(self, task_id: str, action: str, payload: Any = None) -> Reply:
        return self.root("POST", f"/api/queue/v1/task/{task_id}/{action}", payload)

    def claim_work(self, count: int = 1, *, queue: str = QUEUE, **worker: str) -> list[dict[str, Any]]:
        """The claims; there must be something to claim, else this takes 20 seconds."""
        payload = {"tasks": count, **WORKER, **worker}
        reply = self.root("POST", f"/api/queue/v1/claim-work/{queue}", payload)
        assert reply.status == 200, reply
        return reply.json["tasks"]

    def claim(self, task_id: str, run_id: int = 0, **worker: str) -> dict[str, Any]:
        reply = self.act(task_id, f"runs/{run_id}/claim", {**WORKER, **worker})
        assert reply.status == 200, reply
        return reply.json

    def complete(self, task_id: str, run_id: int = 0) -> None:
        """Claim the task and report it as completed."""
        self.claim(task_id, run_id)
        assert self.act(task_id, f"runs/{run_id}/completed").status == 200

    def runs(self, task_id: str) -> list[tuple[str, str, str | None]]:
        """Of all runs: state, why they were made, why they were resolved."""
        return [
            (run["state"], run["reasonCreated"], run.get("reasonResolved"))
            for run in self.status(task_id)["runs"]
        ]

    def counts(self, queue: str = QUEUE) -> tuple[int, int]:
        """How many runs are pending, and how many are claimed."""
        counts = self.root("GET", f"/api/queue/v1/task-queues/{queue}/counts").json
        return counts["pendingTasks"], counts["claimedTasks"]

    def client(self, scopes: Iterable[str]) -> CheckedCaller:
        """A caller with these scopes and no others but those of everyone."""
        return CheckedCaller(self.tc.root_url, "limited", self.tc.add_client("limited", scopes))

    def with_credentials(self, credentials: dict[str, str]) -> Caller:
        """A caller with the temporary credentials of an answer."""
        ext = {"certificate": json.loads(credentials["certificate"])}
        return CheckedCaller(self.tc.root_url, credentials["clientId"], credentials["accessToken"], ext=ext)
