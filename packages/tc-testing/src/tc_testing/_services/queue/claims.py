"""Runs from the side of a worker: claimed, claimed again, and reported as resolved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta
from typing import Any

from tc_core import json_date, parse_json_date

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._settling import settle
from .bell import Bell
from .lookup import find_run, find_task
from .records import Task
from .workforce import WorkerKey

__all__ = ["handlers"]

handlers = Handlers()

_LONGEST_POLL = timedelta(seconds=20)


@handlers("claimWork")
async def claim_work(call: Call) -> Answer:
    worker = _worker(call, call.params["taskQueueId"])
    call.authorize(workerGroup=worker.worker_group, workerId=worker.worker_id)
    queue = call.state.queue
    queue.workforce.worker_seen(worker)
    tasks: list[Task] = []
    async with aclosing(_attempts(call, queue.runs_of(worker.task_queue_id).bell)) as attempts:
        async for _ in attempts:
            if not queue.workforce.is_quarantined(worker):
                tasks = queue.claim_next(worker, call.payload["tasks"])
            if tasks:
                break
    return {"tasks": [_claim(call, task) for task in tasks]}


@handlers("claimTask")
async def claim_task(call: Call) -> Answer:
    task = find_task(call)
    worker = _worker(call, task.task_queue_id)
    queue_parts = {name: task.definition[name] for name in ("provisionerId", "workerType")}
    call.authorize(workerGroup=worker.worker_group, workerId=worker.worker_id, **queue_parts)
    _check_deadline(call, task, "claimed")
    queue = call.state.queue
    if queue.workforce.is_quarantined(worker):
        raise APIError("RequestConflict", f"Worker {worker.worker_group}/{worker.worker_id} is quarantined.")
    run_id, run = find_run(call, task)
    if run_id == task.last_run_id and run.state == "pending":
        queue.claim(task, worker)
    elif run.state != "running" or (run.worker_group, run.worker_id) != worker[1:]:
        raise APIError("RequestConflict", f"Run {run_id} was already claimed by another worker.")
    return _claim(call, task)


@handlers("reclaimTask")
async def reclaim_task(call: Call) -> Answer:
    task = find_task(call)
    run_id, run = find_run(call, task)
    _check_deadline(call, task, "reclaimed")
    if run.state != "running":
        raise _not_running(task, run_id)
    call.state.queue.reclaim(task)
    claim = _claim(call, task)
    del claim["task"]
    return claim | {"takenUntil": run.taken_until}


@handlers("reportCompleted")
async def report_completed(call: Call) -> Answer:
    return _report(call, "completed")


@handlers("reportFailed")
async def report_failed(call: Call) -> Answer:
    return _report(call, "failed")


@handlers("reportException")
async def report_exception(call: Call) -> Answer:
    task, reason = find_task(call), call.payload["reason"]
    run_id, run = find_run(call, task)
    if run.state == "running":
        call.state.queue.report_exception(task, reason)
    elif run.reason_resolved != reason or task.last_run_id > run_id + 1:
        raise _not_running(task, run_id)
    return {"status": task.status()}


def _report(call: Call, state: str) -> Answer:
    task = find_task(call)
    run_id, run = find_run(call, task)
    if run.state == "running":
        queue = call.state.queue
        (queue.complete if state == "completed" else queue.fail)(task)
    elif run.state != state:
        raise APIError("RequestConflict", f"Run {run_id} of task `{task.task_id}` is not running or {state}.")
    elif run_id != task.last_run_id:
        raise _not_running(task, run_id)
    return {"status": task.status()}


async def _attempts(call: Call, bell: Bell) -> AsyncGenerator[None, None]:
    """Now, and again whenever there may be work, for 20 seconds of the server's clock.

    Not for a client that hung up: a task that it were given would be lost for 20 minutes.
    """
    queue, clock = call.state.queue, call.state.clock
    until = clock.now() + _LONGEST_POLL
    rings = bell.rings
    yield
    gone = asyncio.ensure_future(call.wait_for_disconnect())
    try:
        while not queue.is_closed and (now := clock.now()) < until:
            rest = min(until, call.state.agenda.next_due or until) - now
            ringing = asyncio.ensure_future(bell.wait(rings, max(rest.total_seconds(), 0)))
            await asyncio.wait({gone, ringing}, return_when=asyncio.FIRST_COMPLETED)
            ringing.cancel()
            if gone.done():
                return
            rings = bell.rings
            settle(call.state)
            yield
    finally:
        gone.cancel()


def _claim(call: Call, task: Task) -> dict[str, Any]:
    """What a worker is told of the running run of a task."""
    run, run_id = task.runs[-1], task.last_run_id
    assert run.taken_until is not None
    taken_until = parse_json_date(run.taken_until)
    key = f"{task.task_id}/{run_id}"
    until = f"{taken_until.timestamp():.3f}".rstrip("0").rstrip(".")
    credentials = call.state.service_clients.issue(
        "queue",
        f"task-client/{key}/on/{run.worker_group}/{run.worker_id}/until/{until}",
        [
            f"queue:reclaim-task:{key}",
            f"queue:resolve-task:{key}",
            f"queue:create-artifact:{key}",
            *task.definition["scopes"],
        ],
        taken_until,
    )
    return {
        "status": task.status(),
        "runId": run_id,
        **run.worker,
        "takenUntil": taken_until.isoformat(timespec="milliseconds"),  # the one date that does not end in Z
        "task": task.definition,
        "credentials": credentials,
    }


def _worker(call: Call, task_queue_id: str) -> WorkerKey:
    return WorkerKey(task_queue_id, call.payload["workerGroup"], call.payload["workerId"])


def _check_deadline(call: Call, task: Task, done: str) -> None:
    if task.deadline <= call.state.clock.now():
        raise APIError(
            "RequestConflict",
            f"Task `{task.task_id}` can't be {done} past its deadline of {json_date(task.deadline)}.",
        )


def _not_running(task: Task, run_id: int) -> APIError:
    return APIError("RequestConflict", f"Run {run_id} on task `{task.task_id}` is resolved or not running.")
