"""What went wrong in worker pools: reported, listed and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from tc_core import json_date

from ..._calls import Answer, Call, Handlers
from ..._pages import page
from .lookup import find_pool
from .records import PoolError, WorkerKey

__all__ = ["handlers"]

handlers = Handlers()

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@handlers("reportWorkerError")
async def report_worker_error(call: Call) -> Answer:
    payload = call.payload
    key = WorkerKey(call.params["workerPoolId"], payload["workerGroup"], payload["workerId"])
    call.authorize(**key.json())
    pool = find_pool(call)
    report = {name: payload[name] for name in ("kind", "title", "description", "extra")}
    return call.state.worker_manager.report_error(pool, key, report).json()


@handlers("listWorkerPoolErrors")
async def list_worker_pool_errors(call: Call) -> Answer:
    error_id, config_id = call.query.get("errorId"), call.query.get("launchConfigId")
    errors, more = page(
        [
            error
            for error in call.state.worker_manager.errors(call.params["workerPoolId"])
            if error_id in (None, error.error_id) and config_id in (None, error.launch_config_id)
        ],
        call.query,
    )
    return {"workerPoolErrors": [error.json() for error in errors], **more}


@handlers("workerPoolErrorStats")
async def worker_pool_error_stats(call: Call) -> Answer:
    worker_pool_id = call.query.get("workerPoolId", "")
    call.authorize(workerPoolId=worker_pool_id)
    now = call.state.clock.now()
    first = now.replace(hour=0, minute=0, second=0, microsecond=0) - 6 * _DAY
    errors = [
        error for error in call.state.worker_manager.errors(worker_pool_id or None) if error.reported >= first
    ]
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    config_ids = (error.launch_config_id or "unknown" for error in errors)
    return {
        "workerPoolId": worker_pool_id,
        "totals": {
            "total": len(errors),
            "hourly": _over_time(errors, this_hour - 23 * _HOUR, 24, _HOUR),
            "daily": _over_time(errors, first, 7, _DAY),
            "title": Counter(error.report["title"] for error in errors),
            "code": Counter(str(error.report["extra"].get("code", "other")) for error in errors),
            "workerPool": Counter(error.worker_pool_id for error in errors),
            # Told of one pool only.
            "launchConfig": Counter(config_ids) if worker_pool_id else {},
        },
    }


def _over_time(errors: Iterable[PoolError], first: datetime, count: int, step: timedelta) -> dict[str, Any]:
    """How many errors there were in each of `count` stretches of time, by the date with which it begins."""
    counted = {first + number * step: 0 for number in range(count)}
    for error in errors:
        if error.reported >= first:
            counted[first + (error.reported - first) // step * step] += 1
    return {json_date(date): number for date, number in counted.items()}
