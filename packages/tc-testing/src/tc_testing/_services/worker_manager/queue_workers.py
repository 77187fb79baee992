"""Workers as the queue knows them, with what worker-manager knows besides."""

from __future__ import annotations

from typing import Any

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._pages import page
from ..queue.workforce import Worker as QueueWorker
from ..queue.workforce import WorkerKey as QueueWorkerKey
from .records import WorkerKey
from .workers import STATE, check_query

__all__ = ["handlers"]

handlers = Handlers()


@handlers("listWorkers")
async def list_workers(call: Call) -> Answer:
    quarantined = check_query(call, "quarantined", "^(true|false)$")
    state, config_id = check_query(call, "workerState", STATE), call.query.get("launchConfigId")
    now = call.state.clock.now()
    listed: list[dict[str, Any]] = []
    for worker in call.state.queue.workforce.workers(_worker_pool_id(call)):
        known = _known(call, worker)
        if (
            quarantined in (None, "true" if worker.quarantine_until >= now else "false")
            and state in (None, known["state"])
            and config_id in (None, known.get("launchConfigId"))
        ):
            shown = worker.json()
            names = ("workerGroup", "workerId", "firstClaim", "lastDateActive", "quarantineUntil")
            latest = {"latestTask": worker.recent_tasks[-1]} if worker.recent_tasks else {}
            listed.append({name: shown[name] for name in names} | known | latest)
    workers, more = page(listed, call.query)
    return {"workers": workers, **more}


@handlers("getWorker")
async def get_worker(call: Call) -> Answer:
    params = call.params
    key = QueueWorkerKey(_worker_pool_id(call), params["workerGroup"], params["workerId"])
    worker = call.state.queue.workforce.worker(key)
    if worker is None:
        raise APIError(
            "ResourceNotFound",
            f"Worker with workerId `{params['workerId']}`, workerGroup `{params['workerGroup']}`,"
            f"worker-type `{params['workerType']}` and provisioner `{params['provisionerId']}` not found. "
            "Are you sure it was created?",
        )
    shown = worker.json()
    del shown["taskQueueId"]
    return shown | _known(call, worker) | {"quarantineDetails": worker.quarantine_details}


def _worker_pool_id(call: Call) -> str:
    return f"{call.params['provisionerId']}/{call.params['workerType']}"


def _known(call: Call, worker: QueueWorker) -> dict[str, Any]:
    """What worker-manager knows of a worker; it may not know it, and then that is standalone."""
    key = WorkerKey(*worker.key)
    known = call.state.worker_manager.worker(key)
    facts: dict[str, Any] = {"workerPoolId": key.worker_pool_id}
    if known is None:
        return facts | {"state": "standalone", "capacity": 0, "providerId": "none"}
    seen = {"state": known.state, "capacity": known.capacity, "providerId": known.provider_id}
    return facts | seen | known.launch_config
