"""Task groups: shown, listed, sealed and cancelled."""

from __future__ import annotations

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._pages import page
from .records import TaskGroup

__all__ = ["handlers"]

handlers = Handlers()


@handlers("getTaskGroup")
async def get_task_group(call: Call) -> Answer:
    return _find(call).json()


@handlers("listTaskGroup")
async def list_task_group(call: Call) -> Answer:
    group = _find(call)
    tasks, more = page(call.state.queue.tasks_of(group), call.query)
    shown = [{"status": task.status(), "task": task.definition} for task in tasks]
    return {**group.json(), "tasks": shown, **more}


@handlers("sealTaskGroup")
async def seal_task_group(call: Call) -> Answer:
    group = _find(call)
    call.authorize(schedulerId=group.scheduler_id)
    call.state.queue.seal(group)
    return group.json()


@handlers("cancelTaskGroup")
async def cancel_task_group(call: Call) -> Answer:
    group = _find(call)
    call.authorize(schedulerId=group.scheduler_id)
    if not group.sealed:
        raise APIError(
            "RequestConflict",
            f"Task group `{group.task_group_id}` is not sealed. Seal it before it is cancelled.",
        )
    cancelled = [task for task in call.state.queue.tasks_of(group) if not task.is_resolved]
    for task in cancelled:
        call.state.queue.cancel(task)
    return {
        "taskGroupSize": len(group.task_ids),
        "taskIds": [task.task_id for task in cancelled],
        "cancelledCount": len(cancelled),
        "taskGroupId": group.task_group_id,
    }


@handlers("changeTaskGroupPriority")
async def change_task_group_priority(call: Call) -> Answer:
    group, priority = _find(call), call.payload["newPriority"]
    call.authorize(schedulerId=group.scheduler_id)
    queue = call.state.queue
    changed = [task for task in queue.tasks_of(group) if not task.is_resolved]
    for task in changed:
        queue.set_priority(task, priority)
    queue.announce.group("taskGroupPriorityChanged", group, newPriority=priority, tasksAffected=len(changed))
    return {
        "taskGroupId": group.task_group_id,
        "schedulerId": group.scheduler_id,
        "newPriority": priority,
        "tasksAffected": len(changed),
        "taskIds": [task.task_id for task in changed],
    }


def _find(call: Call) -> TaskGroup:
    group = call.state.queue.group(call.params["taskGroupId"])
    if group is None:
        raise APIError("ResourceNotFound", f"No task-group with taskGroupId: `{call.params['taskGroupId']}`")
    return group
