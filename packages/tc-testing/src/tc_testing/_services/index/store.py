"""What the index service remembers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from tc_core import json_date, parse_json_date

from ..._clock import Clock

__all__ = ["IndexStore", "IndexedTask"]


@dataclass(frozen=True, slots=True)
class IndexedTask:
    """A task by a name."""

    namespace: str
    task_id: str
    rank: float
    data: dict[str, Any]
    expires: str

    def json(self) -> dict[str, Any]:
        """The entry as the service shows it."""
        return {
            "namespace": self.namespace,
            "taskId": self.task_id,
            "rank": self.rank,
            "data": self.data,
            "expires": self.expires,
        }


class IndexStore:
    """Entries by their path, and the namespaces that lead to them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: dict[str, IndexedTask] = {}
        self._namespaces: dict[str, datetime] = {}  # with the date each expires

    def insert(self, task: IndexedTask) -> IndexedTask:
        """Put `task` in its place unless a task of higher rank is there. Returns what is there now."""
        existing = self.find(task.namespace)
        if existing is not None and existing.rank > task.rank:
            return existing
        self._tasks[task.namespace] = task
        self._add_namespaces(task)
        return task

    def find(self, path: str) -> IndexedTask | None:
        """The entry, None if there is none that has not expired."""
        task = self._tasks.get(path)
        return task if task and parse_json_date(task.expires) > self._clock.now() else None

    def remove(self, path: str) -> None:
        self._tasks.pop(path, None)

    def tasks_in(self, namespace: str) -> list[IndexedTask]:
        """The entries right under `namespace`, by name."""
        paths = (path for path in sorted(self._tasks) if _split(path)[0] == namespace)
        return [task for task in map(self.find, paths) if task]

    def namespaces_in(self, namespace: str) -> list[dict[str, Any]]:
        """The namespaces right under `namespace`, by name, as the service shows them."""
        now = self._clock.now()
        return [
            {"namespace": path, "name": _split(path)[1], "expires": json_date(expires)}
            for path, expires in sorted(self._namespaces.items())
            if _split(path)[0] == namespace and expires > now
        ]

    def _add_namespaces(self, task: IndexedTask) -> None:
        # A namespace lasts until the end of the day on which the last of its tasks expires.
        day = parse_json_date(task.expires)
        expires = datetime.combine(day.date(), time(), day.tzinfo) + timedelta(days=1)
        path, _ = _split(task.namespace)
        while path:
            self._namespaces[path] = max(self._namespaces.get(path, expires), expires)
            path, _ = _split(path)


def _split(path: str) -> tuple[str, str]:
    """The namespace in which `path` is, and its name there."""
    namespace, _, name = path.rpartition(".")
    return namespace, name
