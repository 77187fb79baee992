"""Routes of tasks: those that begin with `index.` put a completed task into the index."""

from __future__ import annotations

from typing import Any

from tc_core import json_date, parse_json_date

from ..._json import is_object
from ..index.store import IndexedTask, IndexStore
from .records import Task

__all__ = ["index_routes"]

_PREFIX = "index."


def index_routes(index: IndexStore, task: Task) -> None:
    """Put a task that was completed where its routes say."""
    options = task.definition["extra"].get("index")
    for route in task.definition["routes"]:
        if route.startswith(_PREFIX):
            index.insert(_entry(route.removeprefix(_PREFIX), task, options if is_object(options) else {}))


def _entry(namespace: str, task: Task, options: dict[str, Any]) -> IndexedTask:
    # What is wrong with `extra.index` is passed over: no one is there to be told.
    rank, data = options.get("rank"), options.get("data")
    return IndexedTask(
        namespace,
        task.task_id,
        rank if isinstance(rank, int | float) else 0,
        data if is_object(data) else {},
        _date(options.get("expires")) or json_date(task.expires),
    )


def _date(value: object) -> str | None:
    try:
        return json_date(parse_json_date(value)) if isinstance(value, str) else None
    except ValueError:
        return None
