"""Finding the worker pool and the worker that a call is about."""

from __future__ import annotations

from ..._calls import Call
from ..._errors import APIError
from .records import Worker, WorkerKey, WorkerPool

__all__ = ["find_pool", "find_worker", "key_of"]


def find_pool(call: Call) -> WorkerPool:
    """The worker pool that the path names. Raises APIError 404."""
    pool = call.state.worker_manager.pool(call.params["workerPoolId"])
    if pool is None:
        raise APIError("ResourceNotFound", "Worker pool does not exist")
    return pool


def find_worker(call: Call) -> Worker:
    """The worker that the path names. Raises APIError 404."""
    worker = call.state.worker_manager.worker(key_of(call))
    if worker is None:
        raise APIError("ResourceNotFound", "Worker not found")
    return worker


def key_of(call: Call) -> WorkerKey:
    """What the path names a worker."""
    return WorkerKey(call.params["workerPoolId"], call.params["workerGroup"], call.params["workerId"])
