"""Task queues: what waits and what is worked on in each, and what they are. Provisioners and worker types too."""

from __future__ import annotations

from typing import Any

from tc_core import parse_json_date

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._pages import page, page_after
from .pending import RunKey, TaskQueueRuns
from .store import collated
from .workforce import TaskQueue, split_task_queue_id

__all__ = ["handlers"]

handlers = Handlers()


@handlers("pendingTasks")
async def pending_tasks(call: Call) -> Answer:
    return _counts(call, pendingTasks=len(_runs(call).pending))


@handlers("taskQueueCounts")
async def task_queue_counts(call: Call) -> Answer:
    runs = _runs(call)
    return _counts(call, pendingTasks=len(runs.pending), claimedTasks=len(runs.claimed))


@handlers("listPendingTasks")
async def list_pending_tasks(call: Call) -> Answer:
    return _list_runs(call, _runs(call).pending, "inserted")


@handlers("listClaimedTasks")
async def list_claimed_tasks(call: Call) -> Answer:
    return _list_runs(call, _runs(call).claimed, "claimed")


@handlers("listTaskQueues")
async def list_task_queues(call: Call) -> Answer:
    queues, more = page(call.state.queue.workforce.task_queues(), call.query)
    return {"taskQueues": [queue.json() for queue in queues], **more}


@handlers("getTaskQueue")
async def get_task_queue(call: Call) -> Answer:
    return _find(call, call.params["taskQueueId"]).json()


@handlers("listProvisioners")
async def list_provisioners(call: Call) -> Answer:
    # Without the continuation token: the service loses it, so that later pages are out of reach.
    provisioners, _ = page(call.state.queue.workforce.provisioners(), call.query)
    return {"provisioners": [provisioner.json() for provisioner in provisioners]}


@handlers("declareProvisioner")
async def declare_provisioner(call: Call) -> Answer:
    call.authorize(properties=list(call.payload))
    return _find_provisioner(call)


@handlers("getProvisioner")
async def get_provisioner(call: Call) -> Answer:
    return _find_provisioner(call)


@handlers("listWorkerTypes")
async def list_worker_types(call: Call) -> Answer:
    beginning = f"{call.params['provisionerId']}/"
    queues = [
        queue
        for queue in call.state.queue.workforce.task_queues()
        if queue.task_queue_id.startswith(beginning)
    ]
    shown, more = page(queues, call.query)
    return {"workerTypes": [queue.worker_type() for queue in shown], **more}


@handlers("getWorkerType")
async def get_worker_type(call: Call) -> Answer:
    return _find(call, task_queue_id_of(call)).worker_type() | {"actions": []}


@handlers("declareWorkerType")
async def declare_worker_type(call: Call) -> Answer:
    payload = call.payload
    call.authorize(properties=list(payload))
    expires = parse_json_date(payload["expires"]) if "expires" in payload else None
    queue = call.state.queue.workforce.task_queue_seen(task_queue_id_of(call), expires=expires)
    queue.description = payload.get("description", queue.description)
    queue.stability = payload.get("stability", queue.stability)
    return queue.worker_type() | {"actions": []}


def task_queue_id_of(call: Call) -> str:
    """The task queue that a call names by its two parts."""
    return f"{call.params['provisionerId']}/{call.params['workerType']}"


def _runs(call: Call) -> TaskQueueRuns:
    return call.state.queue.runs_of(call.params["taskQueueId"])


def _counts(call: Call, **counts: int) -> Answer:
    task_queue_id = call.params["taskQueueId"]
    return {**split_task_queue_id(task_queue_id), "taskQueueId": task_queue_id, **counts}


def _list_runs(call: Call, runs: dict[RunKey, str], date_name: str) -> Answer:
    def place(key: RunKey) -> tuple[str, ...]:
        return runs[key], *collated(key[0])

    keys, more = page_after(sorted(runs, key=place), place, call.query)
    return {"tasks": [_shown(call, key, {date_name: runs[key]}) for key in keys], **more}


def _shown(call: Call, key: RunKey, date: dict[str, str]) -> dict[str, Any]:
    task_id, run_id = key
    task = call.state.queue.task(task_id)
    assert task is not None
    return {"taskId": task_id, "runId": run_id, **task.runs[run_id].worker, "task": task.definition, **date}


def _find(call: Call, task_queue_id: str) -> TaskQueue:
    queue = call.state.queue.workforce.task_queue(task_queue_id)
    if queue is None:
        raise APIError("ResourceNotFound", f"Task queue `{task_queue_id}` not found. Was it ever used?")
    return queue


def _find_provisioner(call: Call) -> Answer:
    wanted = call.params["provisionerId"]
    for provisioner in call.state.queue.workforce.provisioners():
        if provisioner.provisioner_id == wanted:
            return provisioner.json()
    raise APIError("ResourceNotFound", f"Provisioner `{wanted}` not found. Was any of its task queues used?")
