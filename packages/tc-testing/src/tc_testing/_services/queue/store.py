"""What the queue remembers: tasks with their runs, and task groups."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tc_core import json_date, parse_json_date

from ..._clock import Clock

__all__ = ["QueueStore", "Run", "Task", "TaskGroup"]

_RESOLVED = frozenset({"completed", "failed", "exception"})
# A task group outlives the last of its tasks by this.
_GROUP_OUTLIVES = timedelta(hours=1)


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

    def json(self, run_id: int) -> dict[str, Any]:
        """The run as the queue shows it: what has not happened is left out."""
        shown = {
            "runId": run_id,
            "state": self.state,
            "reasonCreated": self.reason_created,
            "reasonResolved": self.reason_resolved,
            "workerGroup": self.worker_group,
            "workerId": self.worker_id,
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

    @property
    def state(self) -> str:
        return self.runs[-1].state if self.runs else "unscheduled"

    @property
    def is_resolved(self) -> bool:
        return self.state in _RESOLVED

    @property
    def deadline(self) -> datetime:
        return parse_json_date(self.definition["deadline"])

    def status(self) -> dict[str, Any]:
        """The status of the task as the queue shows it."""
        copied = (
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
        return {
            "taskId": self.task_id,
            **{name: self.definition[name] for name in copied},
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
    task_ids: list[str] = field(default_factory=list[str])

    def json(self) -> dict[str, Any]:
        """The group as the queue shows it."""
        shown = {
            "taskGroupId": self.task_group_id,
            "schedulerId": self.scheduler_id,
            "expires": json_date(self.expires),
        }
        return shown | ({"sealed": self.sealed} if self.sealed else {})


class QueueStore:
    """Tasks and task groups by id, and the rules by which tasks change on their own.

    Whatever time has brought about is made up for when the store is next asked.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: dict[str, Task] = {}
        self._groups: dict[str, TaskGroup] = {}
        self._dependents: dict[str, list[str]] = {}
        self._deadlines: list[tuple[datetime, str]] = []  # a heap

    def task(self, task_id: str) -> Task | None:
        """The task as it is now, None if there is none."""
        self._settle()
        return self._tasks.get(task_id)

    def group(self, task_group_id: str) -> TaskGroup | None:
        """The task group, None if there is none."""
        return self._groups.get(task_group_id)

    def tasks_of(self, group: TaskGroup) -> list[Task]:
        """The tasks of a group by task id, as they are now."""
        self._settle()
        return [self._tasks[task_id] for task_id in sorted(group.task_ids, key=_collated)]

    def dependents_of(self, task_id: str) -> list[Task]:
        """The tasks that wait or waited for a task, by task id, as they are now."""
        self._settle()
        return [
            self._tasks[dependent] for dependent in sorted(self._dependents.get(task_id, ()), key=_collated)
        ]

    def add(self, task: Task) -> None:
        """Take a new task in, and schedule it if it waits for nothing."""
        definition = task.definition
        self._tasks[task.task_id] = task
        heapq.heappush(self._deadlines, (task.deadline, task.task_id))
        expires = parse_json_date(definition["expires"])
        group = self._groups.get(definition["taskGroupId"])
        if group is None:
            group = TaskGroup(definition["taskGroupId"], definition["schedulerId"], expires + _GROUP_OUTLIVES)
            self._groups[group.task_group_id] = group
        if group.expires < expires:
            group.expires = expires + _GROUP_OUTLIVES
        group.task_ids.append(task.task_id)
        for dependency in definition["dependencies"]:
            self._dependents.setdefault(dependency, []).append(task.task_id)
        if self._is_ready(task):
            self.add_run(task, "scheduled")

    def add_run(self, task: Task, reason: str) -> None:
        """Give the task a run that waits for a worker."""
        task.runs.append(Run("pending", reason, self._now()))

    def cancel(self, task: Task) -> None:
        """Resolve the task as canceled."""
        self._resolve(task, "exception", "canceled")

    def _resolve(self, task: Task, state: str, reason: str) -> None:
        if not task.runs:  # never scheduled: a run says why it never will be
            task.runs.append(Run("pending", "exception", self._now()))
        run = task.runs[-1]
        run.state, run.reason_resolved, run.resolved = state, reason, self._now()
        for task_id in self._dependents.get(task.task_id, ()):
            dependent = self._tasks[task_id]
            if dependent.state == "unscheduled" and self._is_ready(dependent):
                self.add_run(dependent, "scheduled")

    def _is_ready(self, task: Task) -> bool:
        enough = _RESOLVED if task.definition["requires"] == "all-resolved" else {"completed"}
        return all(self._tasks[task_id].state in enough for task_id in task.definition["dependencies"])

    def _settle(self) -> None:
        """Resolve the tasks whose deadline has passed."""
        now = self._clock.now()
        while self._deadlines and self._deadlines[0][0] <= now:
            _, task_id = heapq.heappop(self._deadlines)
            task = self._tasks[task_id]
            if not task.is_resolved:
                self._resolve(task, "exception", "deadline-exceeded")

    def _now(self) -> str:
        return json_date(self._clock.now())


def _collated(task_id: str) -> tuple[str, str]:
    # The data base of the queue sorts letters before it looks at their case.
    return task_id.lower(), task_id
