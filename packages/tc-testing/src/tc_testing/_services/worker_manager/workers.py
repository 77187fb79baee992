"""Workers as worker-manager knows them: made, changed, removed, shown."""

from __future__ import annotations

import re
from typing import Any

from tc_core import json_date, parse_json_date

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._pages import page
from .lookup import find_pool, find_worker, key_of
from .records import Worker, WorkerPool

__all__ = ["STATE", "check_query", "handlers"]

handlers = Handlers()

STATE = "^(requested|running|stopping|stopped|standalone)$"


def check_query(call: Call, name: str, pattern: str) -> str | None:
    """A query parameter that is one of a few words, None without it. Raises APIError 400."""
    value = call.query.get(name)
    if value is not None and not re.fullmatch(pattern, value):
        raise APIError(
            "InvalidRequestArguments",
            f'Query-string parameter: {name}="{value}" does not match expression: /{pattern}/',
        )
    return value


@handlers("createWorker")
async def create_worker(call: Call) -> Answer:
    _pool_of_static_worker(call)
    expires = parse_json_date(call.payload["expires"])
    now = call.state.clock.now()
    if expires < now:
        raise APIError("InputError", "worker.expires must be in the future")
    _refuse_if_not_static(call)
    worker = call.state.worker_manager.put_static_worker(key_of(call), *_static_facts(call))
    # A worker that was there keeps its dates, but the answer does not tell.
    date = json_date(now)
    return worker.json() | {"created": date, "lastModified": date, "lastChecked": date}


@handlers("updateWorker")
async def update_worker(call: Call) -> Answer:
    _pool_of_static_worker(call)
    key = key_of(call)
    worker = call.state.worker_manager.worker(key)
    if worker is None:
        raise APIError("ResourceNotFound", f"Worker {key} does not exist")
    _refuse_if_not_static(call)
    call.state.worker_manager.update_static_worker(worker, *_static_facts(call))
    return worker.json()


@handlers("removeWorker")
async def remove_worker(call: Call) -> Answer:
    worker = find_worker(call)
    call.state.worker_manager.remove_worker(worker, "workerManager.removeWorker API call")
    return {}


@handlers("worker")
async def worker(call: Call) -> Answer:
    return find_worker(call).json()


@handlers("shouldWorkerTerminate")
async def should_worker_terminate(call: Call) -> Answer:
    worker = find_worker(call)
    pool = call.state.worker_manager.pool(worker.key.worker_pool_id)
    config = pool and pool.launch_configs.get(worker.launch_config_id or "")
    if config and config.is_archived:
        return {"terminate": True, "reason": "launch config is archived"}
    return {"terminate": False, "reason": "none"}


@handlers("listWorkersForWorkerPool")
async def list_workers_for_worker_pool(call: Call) -> Answer:
    state, config_id = check_query(call, "state", STATE), call.query.get("launchConfigId")
    pool = find_pool(call)
    workers = [
        worker
        for worker in call.state.worker_manager.workers(pool.worker_pool_id)
        if state in (None, worker.state) and config_id in (None, worker.launch_config_id)
    ]
    return _show(call, workers)


@handlers("listWorkersForWorkerGroup")
async def list_workers_for_worker_group(call: Call) -> Answer:
    return _show(
        call, call.state.worker_manager.workers(call.params["workerPoolId"], call.params["workerGroup"])
    )


def _show(call: Call, workers: list[Worker]) -> Answer:
    shown, more = page(workers, call.query)
    return {"workers": [worker.json() for worker in shown], **more}


def _pool_of_static_worker(call: Call) -> WorkerPool:
    pool = call.state.worker_manager.pool(call.params["workerPoolId"])
    if pool is None:
        name = call.params["workerPoolId"]
        raise APIError("ResourceNotFound", f"Worker pool {name} does not exist")
    return pool


def _refuse_if_not_static(call: Call) -> None:
    if _pool_of_static_worker(call).provider_id != "static":
        raise APIError("InputError", "not supported for this provider")


def _static_facts(call: Call) -> tuple[Any, int, str]:
    """When the worker ends, what it can do at a time, and its secret. Raises APIError 400 if that is missing."""
    payload = call.payload
    if "providerInfo" not in payload:
        raise APIError("InputError", "no worker staticSecret provided")
    return (
        parse_json_date(payload["expires"]),
        payload.get("capacity", 1),
        payload["providerInfo"]["staticSecret"],
    )
