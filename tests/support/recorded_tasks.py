"""Tasks of recordings, and the worker that claims them."""

# A method is recorded as long as a server has it.
# pyright: reportDeprecated=false

from __future__ import annotations

from datetime import timedelta

import httpx
from cassettes import Scene

from tc_core import Credentials
from tc_queue import AsyncQueue, Queue
from tc_queue.types import CreateTaskRequest, TaskClaimRequest
from tc_testing.recording import Recording

WORKER: TaskClaimRequest = {"workerGroup": "recording", "workerId": "worker"}

SCOPES = [
    "queue:cancel-task:*",
    "queue:claim-task:recording-*",
    "queue:create-task:lowest:recording-*",
    "queue:create-task:project:none",
    "queue:scheduler-id:-",
    "queue:worker-id:recording/*",
]
"""What it takes to make a task, to claim it, and to cancel it in the end."""


def definition(scene: Scene | Recording, task_queue_id: str | None = None) -> CreateTaskRequest:
    """The definition of a task, in a task queue of its own unless one is named."""
    return {
        "taskQueueId": task_queue_id or f"{scene.name()}/worker",
        "created": scene.now(),
        "deadline": scene.now() + timedelta(hours=1),
        "payload": {},
        "metadata": {
            "name": "a task",
            "description": "of a recording",
            "owner": "ci@example.com",
            "source": "https://example.com/recording",
        },
    }


async def claimed(scene: Scene, task_id: str, run_id: int = 0) -> AsyncQueue:
    """Claim a task; return the queue as its worker sees it, with the credentials of the claim."""
    queue = await scene.connect(Queue, AsyncQueue)
    claim = await queue.claimTask(task_id, run_id, WORKER)
    return await scene.connect(Queue, AsyncQueue, Credentials.from_json(claim["credentials"]))


async def created(scene: Scene) -> str:
    """Make a task that is cancelled in the end; return its id."""
    queue = await scene.connect(Queue, AsyncQueue)
    task_id = scene.slug_id()
    await queue.createTask(task_id, definition(scene))
    scene.afterwards(queue.cancelTask, task_id)
    return task_id


def put(url: str, content: bytes, content_type: str) -> None:
    """Upload to a presigned URL, as any HTTP client does."""
    httpx.put(url, content=content, headers={"content-type": content_type}).raise_for_status()
