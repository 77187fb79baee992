"""Profiles of tasks and task groups, for the Firefox Profiler."""

from __future__ import annotations

import gzip

from starlette.responses import Response

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._json import write
from ..queue.artifacts import bucket_of
from ..queue.records import Task
from . import profiler

__all__ = ["handlers"]

handlers = Handlers()

_LOG = "public/logs/live.log"
_MOST_LINKS = 10


@handlers("taskGroupProfile")
async def task_group_profile(call: Call) -> Answer:
    group = call.state.queue.group(call.params["taskGroupId"])
    if group is None:
        raise APIError("ResourceNotFound", "Task group not found")
    return profiler.of_task_group(group.task_group_id, call.state.queue.tasks_of(group))


@handlers("taskProfile")
async def task_profile(call: Call) -> Answer:
    task = call.state.queue.task(call.params["taskId"])
    if task is None:
        raise APIError("ResourceNotFound", "Task not found")
    if not task.is_resolved:
        raise APIError(
            "ResourceNotFound",
            "Profiling is only supported on resolved tasks. Wait for the task to finish and retry",
        )
    log = _log(call, task)
    if log is None:
        raise APIError(
            "ResourceNotFound",
            "Could not fetch task log. The task may not have logs or they may have expired.",
        )
    profile = profiler.of_task(task, log.decode(errors="replace"))
    # It is sent compressed, whatever the caller accepts.
    return Response(
        gzip.compress(write(profile)),
        headers={"content-encoding": "gzip"},
        media_type="application/json; charset=utf-8",
    )


def _log(call: Call, task: Task) -> bytes | None:
    """The log of the last run, None if it is not in a bucket of this server."""
    name = _LOG
    for _ in range(_MOST_LINKS):
        artifact = call.state.queue.artifacts.get(task.task_id, task.last_run_id, name)
        if artifact is None or artifact.expires < call.state.clock.now():
            return None
        if artifact.storage_type != "link":
            break
        name = artifact.details["artifact"]
    blob = call.state.buckets.get(bucket_of(name), f"{task.task_id}/{task.last_run_id}/{name}")
    return None if blob is None else blob.content
