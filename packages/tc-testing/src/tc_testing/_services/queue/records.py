"""Tasks with their runs, and task groups: what the queue keeps of them, and how it shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tc_core import json_date, parse_json_date

__all__ = ["PRIORITIES", "RESOLVED", "Run", "Task", "TaskGroup"]

PRIORITIES = ("highest", "very-high", "high", "medium", "low", "very-low", "lowest")
RESOLVED = frozenset({"completed", "failed", "exception"})

_COPIED_INTO_STATUS = (
    "provisionerId",
    "workerType",
    "taskQueueId",
    "schedulerId",
    "projectId",
    "taskGroupId",
    "priority",
    "deadline",
    "expires",
)


@dataclass(slots=True)
class Run:
    """One attempt at a task. Dates are as Taskcluster writes them."""

    state: str
    reason_created: str
    scheduled: str
    reason_resolved: str | None = None
    worker_group: str | None = None
    worker_id: str | None = None
    taken_until: str | None = None
    started: str | None = None
    resolved: str | None = None

    @property
    def worker(self) -> dict[str, str]:
        """The worker that claimed the run, empty if none did."""
        if self.worker_group is None or self.worker_id is None:
            return {}
        return {"workerGroup": self.worker_group, "workerId": self.worker_id}

    def json(self, run_id: int) -> dict[str, Any]:
        """The run as the queue shows it: what has not happened is left out."""
        shown = {
            "runId": run_id,
            "state": self.state,
            "reasonCreated": self.reason_created,
            "reasonResolved": self.reason_resolved,
            **self.worker,
            "takenUntil": self.taken_until,
            "scheduled": self.scheduled,
            "started": self.started,
            "resolved": self.resolved,
        }
        return {name: value for name, value in shown.items() if value is not None}


@dataclass(slots=True)
class Task:
    """A task: its definition, complete, and what became of it."""

    task_id: str
    definition: dict[str, Any]
    retries_left: int
    runs: list[Run] = field(default_factory=list[Run])
    # Dependencies that have not been resolved as this task wants it; once one has, a rerun changes nothing.
    waits_for: set[str] = field(default_factory=set[str])

    @property
    def state(self) -> str:
        return self.runs[-1].state if self.runs else "unscheduled"

    @property
    def is_resolved(self) -> bool:
        return self.state in RESOLVED

    @property
    def last_run_id(self) -> int:
        return len(self.runs) - 1

    @property
    def task_queue_id(self) -> str:
        return str(self.definition["taskQueueId"])

    @property
    def deadline(self) -> datetime:
        return parse_json_date(self.definition["deadline"])

    @property
    def expires(self) -> datetime:
        return parse_json_date(self.definition["expires"])

    @property
    def urgency(self) -> int:
        """The place of its priority, 0 for the highest."""
        return PRIORITIES.index(self.definition["priority"])

    def run(self, run_id: int) -> Run | None:
        """The run, None if there is none."""
        return self.runs[run_id] if 0 <= run_id < len(self.runs) else None

    def is_satisfied_by(self, state: str) -> bool:
        """Whether a dependency in `state` is one to wait for no longer."""
        return state == "completed" or (self.definition["requires"] == "all-resolved" and state in RESOLVED)

    def status(self) -> dict[str, Any]:
        """The status of the task as the queue shows it."""
        return {
            "taskId": self.task_id,
            **{name: self.definition[name] for name in _COPIED_INTO_STATUS},
            "retriesLeft": self.retries_left,
            "state": self.state,
            "runs": [run.json(run_id) for run_id, run in enumerate(self.runs)],
        }


@dataclass(slots=True)
class TaskGroup:
    """A task group; it comes into being with its first task."""

    task_group_id: str
    scheduler_id: str
    expires: datetime
    sealed: str | None = None
    task_ids: dict[str, None] = field(default_factory=dict[str, None])
    unfinished: set[str] = field(default_factory=set[str])  # tasks that have never been resolved

    def json(self) -> dict[str, Any]:
        """The group as the queue shows it."""
        shown = {
            "taskGroupId": self.task_group_id,
            "schedulerId": self.scheduler_id,
            "expires": json_date(self.expires),
        }
        return shown | ({"sealed": self.sealed} if self.sealed else {})
