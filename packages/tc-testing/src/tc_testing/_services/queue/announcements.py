"""What the queue tells the world: its messages, ready to be published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from tc_core import json_date

from .records import Task, TaskGroup

__all__ = ["Announcements", "Publish", "publish_nothing"]

Publish: TypeAlias = "Callable[[str, Mapping[str, str], dict[str, Any], Sequence[str]], None]"
"""Takes the name of an exchange, the parts of the routing key by name, the payload, and the routes of the task."""


def publish_nothing(
    exchange: str, key: Mapping[str, str], payload: dict[str, Any], routes: Sequence[str]
) -> None:
    """The `Publish` for a queue that nobody listens to."""


class Announcements:
    """Makes messages and hands them to `publish`."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish

    def task(self, exchange: str, task: Task, run_id: int | None = None, **facts: Any) -> None:
        """Announce something about a task or one of its runs; `facts` are what this message alone says."""
        payload = {"status": task.status(), "task": {"tags": task.definition["tags"]}}
        self._about(exchange, task, run_id, payload | facts)

    def artifact(self, task: Task, run_id: int, artifact: dict[str, Any]) -> None:
        """Announce that an artifact is there."""
        # The schema of the message knows of no contentLength.
        told = {name: artifact[name] for name in ("storageType", "name", "expires", "contentType")}
        self._about("artifactCreated", task, run_id, {"status": task.status(), "artifact": told})

    def priority(self, task: Task, old: str) -> None:
        """Announce that a task, or the group it is in, has another priority."""
        payload = {
            "status": task.status(),
            "oldPriority": old,
            "newPriority": task.definition["priority"],
        }
        self._about("taskPriorityChanged", task, None, payload)

    def group(self, exchange: str, group: TaskGroup, **facts: Any) -> None:
        """Announce something about a task group."""
        key = {"taskGroupId": group.task_group_id, "schedulerId": group.scheduler_id}
        self._publish(exchange, key, {"version": 1, **key, **facts}, [])

    def group_changed(self, exchange: str, group: TaskGroup) -> None:
        """Announce that a task group was sealed or that all in it is resolved."""
        sealed = {"sealed": group.sealed} if group.sealed else {}
        self.group(exchange, group, expires=json_date(group.expires), **sealed)

    def _about(self, exchange: str, task: Task, run_id: int | None, payload: dict[str, Any]) -> None:
        key: dict[str, str] = {"taskId": task.task_id}
        run = None if run_id is None else task.run(run_id)
        if run is not None:
            payload = {"runId": run_id, **payload, **run.worker}
            key |= {"runId": str(run_id), **run.worker}
        parts = ("provisionerId", "workerType", "schedulerId", "taskGroupId")
        key |= {name: task.definition[name] for name in parts}
        self._publish(exchange, key, {"version": 1, **payload}, task.definition["routes"])
