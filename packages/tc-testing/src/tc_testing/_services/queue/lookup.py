"""Finding the task and the run that a call is about."""

from __future__ import annotations

from ..._calls import Call
from ..._errors import APIError
from .records import Run, Task

__all__ = ["find_run", "find_task", "run_id_of"]


def find_task(call: Call) -> Task:
    """The task that the path names. Raises APIError 404."""
    task = call.state.queue.task(call.params["taskId"])
    if task is None:
        raise APIError("ResourceNotFound", f"Task `{call.params['taskId']}` not found. Was it ever created?")
    return task


def find_run(call: Call, task: Task) -> tuple[int, Run]:
    """The run of `task` that the path names, and its id. Raises APIError 404."""
    run_id = run_id_of(call)
    run = task.run(run_id)
    if run is None:
        raise APIError("ResourceNotFound", f"Run {run_id} not found on task `{task.task_id}`.")
    return run_id, run


def run_id_of(call: Call) -> int:
    """The run id in the path, which may have any number of digits; no task has a run of more than nine."""
    return int(call.params["runId"].lstrip("0")[:9] or 0)
