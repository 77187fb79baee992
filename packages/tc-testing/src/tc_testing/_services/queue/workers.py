"""Workers: listed, shown, declared and put into quarantine."""

from __future__ import annotations

from tc_core import parse_json_date

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._pages import page
from .task_queues import task_queue_id_of
from .workforce import Worker, WorkerKey

__all__ = ["handlers"]

handlers = Handlers()


@handlers("listWorkers")
async def list_workers(call: Call) -> Answer:
    quarantined = call.query.get("quarantined")
    if quarantined not in (None, "true", "false"):
        raise APIError(
            "InvalidRequestArguments",
            f"Query-string parameter: quarantined given as '{quarantined}' "
            "must match regular expression: '/^(true|false)$/'",
        )
    now = call.state.clock.now()
    # The service filters what is on the page, so that a page may be empty and not the last.
    workers, more = page(call.state.queue.workforce.workers(task_queue_id_of(call)), call.query)
    shown = [
        worker.listed(now)
        for worker in workers
        if quarantined is None or (worker.quarantine_until >= now) == (quarantined == "true")
    ]
    return {"workers": shown, **more}


@handlers("getWorker")
async def get_worker(call: Call) -> Answer:
    worker = _find(call)
    details = {"quarantineDetails": worker.quarantine_details} if worker.quarantine_details else {}
    return worker.json() | details


@handlers("quarantineWorker")
async def quarantine_worker(call: Call) -> Answer:
    worker, payload = _find(call), call.payload
    until, info = parse_json_date(payload["quarantineUntil"]), payload.get("quarantineInfo", "")
    call.state.queue.workforce.quarantine(worker, until, call.caller.client_id or "", info)
    return worker.json()


@handlers("declareWorker")
async def declare_worker(call: Call) -> Answer:
    call.authorize(properties=list(call.payload))
    expires = parse_json_date(call.payload["expires"]) if "expires" in call.payload else None
    return call.state.queue.workforce.worker_seen(_key(call), expires=expires).json()


def _find(call: Call) -> Worker:
    key = _key(call)
    worker = call.state.queue.workforce.worker(key)
    if worker is None:
        raise APIError(
            "ResourceNotFound",
            f"Worker `{key.worker_id}` of group `{key.worker_group}` in `{key.task_queue_id}` not found.",
        )
    return worker


def _key(call: Call) -> WorkerKey:
    return WorkerKey(task_queue_id_of(call), call.params["workerGroup"], call.params["workerId"])
