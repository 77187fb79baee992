"""Tasks: created, shown, scheduled, cancelled and run again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tc_core import json_date, parse_json_date

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._pages import page
from .records import PRIORITIES, Task
from .store import MOST_RUNS

__all__ = ["create", "handlers"]

handlers = Handlers()

_CREATED_TOLERANCE = timedelta(minutes=15)
_LONGEST_DEADLINE = timedelta(days=5)
_DEFAULT_LIFE = timedelta(days=365)  # after the deadline


@handlers("createTask")
async def create_task(call: Call) -> Answer:
    return {"status": create(call).status()}


def create(call: Call) -> Task:
    """Make the task of a createTask call, or find the same there. Raises APIError."""
    task_id, payload = call.params["taskId"], call.payload
    _fill_in_queue(payload)
    call.authorize(
        scopes=payload["scopes"],
        routes=payload["routes"],
        projectId=payload["projectId"],
        schedulerId=payload["schedulerId"],
        priorities=PRIORITIES[: PRIORITIES.index(payload["priority"]) + 1],
        provisionerId=payload["provisionerId"],
        workerType=payload["workerType"],
    )
    payload.setdefault("taskGroupId", task_id)
    definition = _definition(call, task_id)
    existing = call.state.queue.task(task_id)
    if existing is None:
        _check_group(call, definition)
        existing = Task(task_id, definition, definition["retries"])
        call.state.queue.add(existing)
    elif existing.definition != definition:
        raise APIError(
            "RequestConflict",
            f"taskId `{task_id}` already used by another task.\nThis could be the result of faulty idempotency!",
        )
    return existing


@handlers("task")
async def task(call: Call) -> Answer:
    found = call.state.queue.task(call.params["taskId"])
    if found is None:
        raise _not_found(call, "Are you sure this task has already been submitted?")
    return found.definition


@handlers("status")
async def status(call: Call) -> Answer:
    return {"status": _find(call).status()}


@handlers("tasks")
async def tasks(call: Call) -> Answer:
    found, more = _find_many(call)
    return {"tasks": [{"taskId": one.task_id, "task": one.definition} for one in found], **more}


@handlers("statuses")
async def statuses(call: Call) -> Answer:
    found, more = _find_many(call)
    return {"statuses": [{"taskId": one.task_id, "status": one.status()} for one in found], **more}


@handlers("listDependentTasks")
async def list_dependent_tasks(call: Call) -> Answer:
    task_id = _find(call).task_id
    found, more = page(call.state.queue.dependents_of(task_id), call.query)
    shown = [{"status": one.status(), "task": one.definition} for one in found]
    return {"taskId": task_id, "tasks": shown, **more}


@handlers("scheduleTask")
async def schedule_task(call: Call) -> Answer:
    found = _find_and_authorize(call)
    _check_deadline(call, found, "scheduled")
    call.state.queue.schedule(found)
    return {"status": found.status()}


@handlers("rerunTask")
async def rerun_task(call: Call) -> Answer:
    found = _find_and_authorize(call)
    _check_deadline(call, found, "rescheduled")
    if found.is_resolved and len(found.runs) >= MOST_RUNS:
        raise APIError(
            "RequestConflict", f"Task `{found.task_id}` has had {MOST_RUNS} runs, which is the most."
        )
    call.state.queue.rerun(found)
    return {"status": found.status()}


@handlers("cancelTask")
async def cancel_task(call: Call) -> Answer:
    found = _find_and_authorize(call)
    _check_deadline(call, found, "canceled")
    if not found.is_resolved:
        call.state.queue.cancel(found)
    return {"status": found.status()}


@handlers("changeTaskPriority")
async def change_task_priority(call: Call) -> Answer:
    found = _find(call)
    call.authorize(taskQueueId=found.task_queue_id)
    if found.is_resolved:
        raise APIError(
            "RequestConflict", f"Task `{found.task_id}` is already resolved and cannot be reprioritized."
        )
    call.state.queue.set_priority(found, call.payload["newPriority"])
    return {"status": found.status()}


def _fill_in_queue(payload: dict[str, Any]) -> None:
    """Complete what the payload says of the task queue, which can be said in two ways. Raises APIError 400."""
    if "taskQueueId" in payload:
        provisioner_id, worker_type = payload["taskQueueId"].split("/")
        given = payload.get("provisionerId", provisioner_id), payload.get("workerType", worker_type)
        if given != (provisioner_id, worker_type):
            raise APIError(
                "InputError", "`taskQueueId` is not `provisionerId` and `workerType` with a slash between"
            )
        payload |= {"provisionerId": provisioner_id, "workerType": worker_type}
    elif "provisionerId" in payload and "workerType" in payload:
        payload["taskQueueId"] = f"{payload['provisionerId']}/{payload['workerType']}"
    else:
        raise APIError("InputError", "`taskQueueId`, or `provisionerId` and `workerType`, must be given")


def _definition(call: Call, task_id: str) -> dict[str, Any]:
    """The complete definition of the task to create, its keys in the order of the service."""
    payload, now = call.payload, call.state.clock.now()
    created, deadline = parse_json_date(payload["created"]), parse_json_date(payload["deadline"])
    expires = parse_json_date(payload["expires"]) if "expires" in payload else deadline + _DEFAULT_LIFE
    for refused, problem in (
        (abs(created - now) > _CREATED_TOLERANCE, "`created` must be within 15 minutes of the current time"),
        (
            created > deadline,
            "`deadline` cannot be later than `created`",
        ),  # means: earlier; the queue says this
        (deadline < now, "`deadline` cannot be in the past"),
        (deadline - now > _LONGEST_DEADLINE, "`deadline` cannot be more than 5 days into the future"),
        (deadline > expires, "`expires` cannot be before `deadline`"),
    ):
        if refused:
            raise APIError("InputError", problem)
    _check_dependencies(call, task_id)
    dates = {"created": json_date(created), "deadline": json_date(deadline), "expires": json_date(expires)}
    return {name: dates.get(name, payload.get(name)) for name in _DEFINITION_KEYS}


_DEFINITION_KEYS = (
    "provisionerId",
    "workerType",
    "taskQueueId",
    "schedulerId",
    "projectId",
    "taskGroupId",
    "dependencies",
    "requires",
    "routes",
    "priority",
    "retries",
    "created",
    "deadline",
    "expires",
    "scopes",
    "payload",
    "metadata",
    "tags",
    "extra",
)


def _check_dependencies(call: Call, task_id: str) -> None:
    missing = [
        dependency
        for dependency in call.payload["dependencies"]
        if dependency != task_id and call.state.queue.task(dependency) is None
    ]
    if missing:
        lines = "".join(f"\n * {dependency}" for dependency in missing)
        raise APIError(
            "InputError",
            f"`task.dependencies` references non-existing tasks: {lines}\n"
            "All taskIds in `task.dependencies` **must** exist\nbefore the task is created.\n",
        )


def _check_group(call: Call, definition: dict[str, Any]) -> None:
    group = call.state.queue.group(definition["taskGroupId"])
    if group is None:
        return
    if group.scheduler_id != definition["schedulerId"]:
        raise APIError(
            "RequestConflict",
            f"Task group `{group.task_group_id}` contains tasks with a schedulerId other\n"
            f"than `{definition['schedulerId']}`. All tasks in the same task-group must have\nthe same schedulerId.",
        )
    if group.sealed:
        raise APIError(
            "RequestConflict", f"Task group `{group.task_group_id}` is sealed and does not accept new tasks."
        )


def _find(call: Call) -> Task:
    found = call.state.queue.task(call.params["taskId"])
    if found is None:
        raise _not_found(call, "Are you sure this task exists?")
    return found


def _find_and_authorize(call: Call) -> Task:
    found = _find(call)
    call.authorize(**{name: found.definition[name] for name in ("schedulerId", "taskGroupId", "projectId")})
    return found


def _find_many(call: Call) -> tuple[list[Task], dict[str, Any]]:
    task_ids: list[str] = call.payload["taskIds"]
    call.authorize(taskIds=task_ids)
    found = [one for one in map(call.state.queue.task, dict.fromkeys(task_ids)) if one]
    cut, more = page(found, call.query)
    return list(cut), more


def _check_deadline(call: Call, found: Task, done: str) -> None:
    if found.deadline < call.state.clock.now():
        raise APIError(
            "RequestConflict",
            f"Task `{found.task_id}` can't be {done} past its deadline of {found.definition['deadline']}.",
        )


def _not_found(call: Call, question: str) -> APIError:
    task_id = call.params["taskId"]
    return APIError("ResourceNotFound", f"`{task_id}` does not correspond to a task that exists.\n{question}")
