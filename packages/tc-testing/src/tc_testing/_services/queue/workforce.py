"""What the queue remembers of those who work: provisioners, task queues and workers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tc_core import json_date

from ..._clock import Clock

__all__ = ["Provisioner", "TaskQueue", "Worker", "WorkerKey", "Workforce", "split_task_queue_id"]

_TASK_QUEUE_LASTS = timedelta(days=5)
_WORKER_LASTS = timedelta(days=1)
# How long ago a worker was in quarantine that never was.
_NEVER = timedelta(days=3652)
_MOST_RECENT_TASKS = 20


def split_task_queue_id(task_queue_id: str) -> dict[str, str]:
    """A task queue id as the two names that it used to be."""
    provisioner_id, _, worker_type = task_queue_id.partition("/")
    return {"provisionerId": provisioner_id, "workerType": worker_type}


class WorkerKey(NamedTuple):
    """What tells a worker from all others."""

    task_queue_id: str
    worker_group: str
    worker_id: str


@dataclass(slots=True)
class TaskQueue:
    """A task queue that somebody used or declared."""

    task_queue_id: str
    expires: datetime
    last_active: datetime
    description: str = ""
    stability: str = "experimental"

    def json(self) -> dict[str, Any]:
        """The task queue as the queue shows it."""
        return {
            "taskQueueId": self.task_queue_id,
            "expires": json_date(self.expires),
            "lastDateActive": json_date(self.last_active),
            "description": self.description,
            "stability": self.stability,
        }

    def worker_type(self) -> dict[str, Any]:
        """The task queue as a worker type, which it used to be."""
        return self.json() | split_task_queue_id(self.task_queue_id)


@dataclass(slots=True)
class Provisioner:
    """The first half of the ids of some task queues. Nothing that is declared of it is kept."""

    provisioner_id: str
    expires: datetime
    last_active: datetime

    def json(self) -> dict[str, Any]:
        """The provisioner as the queue shows it."""
        return {
            "provisionerId": self.provisioner_id,
            "expires": json_date(self.expires),
            "lastDateActive": json_date(self.last_active),
            "description": "",
            "stability": "experimental",
            "actions": [],
        }


@dataclass(slots=True)
class Worker:
    """A worker that asked for work or was declared."""

    key: WorkerKey
    first_claim: datetime
    last_active: datetime
    expires: datetime
    quarantine_until: datetime
    recent_tasks: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    quarantine_details: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def json(self) -> dict[str, Any]:
        """The worker as the queue shows it."""
        return {
            "taskQueueId": self.key.task_queue_id,
            "workerGroup": self.key.worker_group,
            "workerId": self.key.worker_id,
            "quarantineUntil": json_date(self.quarantine_until),
            "expires": json_date(self.expires),
            "firstClaim": json_date(self.first_claim),
            "recentTasks": self.recent_tasks,
            "lastDateActive": json_date(self.last_active),
            **split_task_queue_id(self.key.task_queue_id),
            "actions": [],
        }

    def listed(self, now: datetime) -> dict[str, Any]:
        """The worker as it is shown in a list."""
        shown: dict[str, Any] = {
            "workerGroup": self.key.worker_group,
            "workerId": self.key.worker_id,
            "firstClaim": json_date(self.first_claim),
            "lastDateActive": json_date(self.last_active),
        }
        if self.recent_tasks:
            shown["latestTask"] = self.recent_tasks[-1]
        if self.quarantine_until > now:
            shown["quarantineUntil"] = json_date(self.quarantine_until)
        return shown


class Workforce:
    """Task queues, and workers by their task queue, group and id; each is forgotten some time after it was last seen.

    A worker in quarantine is remembered until that is over.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._task_queues: dict[str, TaskQueue] = {}
        self._workers: dict[WorkerKey, Worker] = {}

    def task_queues(self) -> list[TaskQueue]:
        """The task queues by their ids."""
        now = self._clock.now()
        return [queue for _, queue in sorted(self._task_queues.items()) if queue.expires > now]

    def task_queue(self, task_queue_id: str) -> TaskQueue | None:
        """The task queue, None if none was seen."""
        queue = self._task_queues.get(task_queue_id)
        return queue if queue and queue.expires > self._clock.now() else None

    def provisioners(self) -> list[Provisioner]:
        """The provisioners of all task queues, by their ids."""
        found: dict[str, Provisioner] = {}
        for queue in self.task_queues():
            name = split_task_queue_id(queue.task_queue_id)["provisionerId"]
            one = found.setdefault(name, Provisioner(name, queue.expires, queue.last_active))
            one.expires = max(one.expires, queue.expires)
            one.last_active = max(one.last_active, queue.last_active)
        return [one for _, one in sorted(found.items())]

    def workers(self, task_queue_id: str) -> list[Worker]:
        """The workers of a task queue by group and id."""
        return [
            worker
            for key, worker in sorted(self._workers.items())
            if key.task_queue_id == task_queue_id and self._is_known(worker)
        ]

    def worker(self, key: WorkerKey) -> Worker | None:
        """The worker, None if none was seen."""
        worker = self._workers.get(key)
        return worker if worker and self._is_known(worker) else None

    def is_quarantined(self, key: WorkerKey) -> bool:
        """Whether the worker must not have work now."""
        worker = self.worker(key)
        return worker is not None and worker.quarantine_until > self._clock.now()

    def task_queue_seen(
        self, task_queue_id: str, *, lasts: timedelta = _TASK_QUEUE_LASTS, expires: datetime | None = None
    ) -> TaskQueue:
        """Note that a task queue is in use."""
        now = self._clock.now()
        known = self.task_queue(task_queue_id)
        queue = known or TaskQueue(task_queue_id, now, now)
        queue.last_active = now
        queue.expires = max(queue.expires, expires or now + lasts)
        self._task_queues[task_queue_id] = queue
        return queue

    def worker_seen(self, key: WorkerKey, *, expires: datetime | None = None) -> Worker:
        """Note that a worker is there."""
        now = self._clock.now()
        self.task_queue_seen(key.task_queue_id, lasts=_WORKER_LASTS, expires=expires)
        worker = self.worker(key)
        if worker is None:
            worker = self._workers[key] = Worker(key, now, now, now, now - _NEVER)
        worker.last_active = now
        worker.expires = max(worker.expires, expires or now + _WORKER_LASTS)
        return worker

    def claimed(self, key: WorkerKey, task_id: str, run_id: int) -> None:
        """Note that a worker got a run."""
        worker = self.worker_seen(key)
        run = {"taskId": task_id, "runId": run_id}
        worker.recent_tasks = [*worker.recent_tasks[1 - _MOST_RECENT_TASKS :], run]

    def quarantine(self, worker: Worker, until: datetime, client_id: str, info: str) -> None:
        """Keep a worker from work until a date; one that has passed ends the quarantine."""
        now = self._clock.now()
        worker.quarantine_until = until
        worker.expires = max(worker.expires, now + _WORKER_LASTS)
        worker.quarantine_details.append(
            {
                "clientId": client_id,
                "updatedAt": json_date(now),
                "quarantineUntil": json_date(until),
                "quarantineInfo": info,
            }
        )

    def _is_known(self, worker: Worker) -> bool:
        return max(worker.expires, worker.quarantine_until) > self._clock.now()
