"""Entries of the index: put, found, listed and removed."""

from __future__ import annotations

from tc_core import json_date, parse_json_date

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._pages import page
from .store import IndexedTask

__all__ = ["find_indexed", "handlers"]

handlers = Handlers()


@handlers("insertTask")
async def insert_task(call: Call) -> Answer:
    payload = call.payload
    task = IndexedTask(
        call.params["namespace"],
        payload["taskId"],
        payload["rank"],
        payload["data"],
        json_date(parse_json_date(payload["expires"])),
    )
    return call.state.index.insert(task).json()


@handlers("findTask")
async def find_task(call: Call) -> Answer:
    return find_indexed(call).json()


@handlers("findTasksAtIndex")
async def find_tasks_at_index(call: Call) -> Answer:
    paths: list[str] = call.payload["indexes"]
    call.authorize(indexPaths=paths)
    found = [task for task in map(call.state.index.find, dict.fromkeys(paths)) if task]
    tasks, more = page(found, call.query)
    return {"tasks": [task.json() for task in tasks], **more}


@handlers("listTasks")
async def list_tasks(call: Call) -> Answer:
    tasks, more = page(call.state.index.tasks_in(call.params["namespace"]), call.query)
    return {"tasks": [task.json() for task in tasks], **more}


@handlers("listNamespaces")
async def list_namespaces(call: Call) -> Answer:
    namespaces, more = page(call.state.index.namespaces_in(call.params["namespace"]), call.query)
    return {"namespaces": list(namespaces), **more}


@handlers("deleteTask")
async def delete_task(call: Call) -> Answer:
    call.state.index.remove(call.params["namespace"])
    return {}


def find_indexed(call: Call) -> IndexedTask:
    """The entry at the index path of the call. Raises APIError 404."""
    task = call.state.index.find(call.params["indexPath"])
    if task is None:
        raise APIError("ResourceNotFound", "Indexed task not found")
    return task
