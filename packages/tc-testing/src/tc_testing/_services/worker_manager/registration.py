"""Workers that come up and ask for credentials."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tc_core import json_date

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from .providers import is_cloud, providers
from .records import Worker, WorkerKey, WorkerPool
from .store import NULL_PROVIDER

__all__ = ["handlers"]

handlers = Handlers()

_LASTS_SECONDS = 96 * 60 * 60  # of the credentials, if the pool says nothing about it


@handlers("registerWorker")
async def register_worker(call: Call) -> Answer:
    pool = _pool_to_register_in(call)
    worker = _prove(call, pool)
    lifecycle = pool.definition["config"].get("lifecycle", {})
    secret = call.state.worker_manager.register(worker)
    return {
        **_credentials(call, worker, lifecycle.get("reregistrationTimeout", _LASTS_SECONDS)),
        "workerConfig": _worker_config(pool, worker),
        "secret": secret,
    }


@handlers("reregisterWorker")
async def reregister_worker(call: Call) -> Answer:
    payload = call.payload
    key = WorkerKey(payload["workerPoolId"], payload["workerGroup"], payload["workerId"])
    call.authorize(**key.json())
    worker = call.state.worker_manager.worker(key)
    if worker is None or worker.secret != payload["secret"]:
        raise APIError("InputError", "Could not generate credentials for this secret")
    # However long the first ones were good for.
    answer = _credentials(call, worker, _LASTS_SECONDS)
    return {**answer, "secret": call.state.worker_manager.renew_secret(worker)}


def _pool_to_register_in(call: Call) -> WorkerPool:
    worker_pool_id, provider_id = call.payload["workerPoolId"], call.payload["providerId"]
    pool = call.state.worker_manager.pool(worker_pool_id)
    if pool is None:
        raise APIError("ResourceNotFound", f"Worker pool {worker_pool_id} does not exist")
    if provider_id not in (NULL_PROVIDER, *providers(call.state.configuration.worker_providers)):
        raise APIError("ResourceNotFound", f"Provider {provider_id} does not exist")
    if provider_id != pool.provider_id and provider_id not in pool.former_providers:
        message = f"Worker pool {worker_pool_id} not associated with provider {provider_id}"
        raise APIError("InputError", message)
    return pool


def _prove(call: Call, pool: WorkerPool) -> Worker:
    """The worker that calls, once it has proved to be the one."""
    payload, store = call.payload, call.state.worker_manager
    key = WorkerKey(pool.worker_pool_id, payload["workerGroup"], payload["workerId"])
    worker, name = store.worker(key), f"Worker {key.worker_group}/{key.worker_id}"
    if worker is None and is_cloud(
        providers(call.state.configuration.worker_providers).get(pool.provider_id, "")
    ):
        # No cloud starts workers here, so one that says that it was started is believed.
        return store.add_cloud_worker(pool, key, next(iter(pool.active_launch_configs), None))
    if worker is None:
        raise APIError("ResourceNotFound", f"{name} in worker pool {pool.worker_pool_id} does not exist")
    if worker.expires < call.state.clock.now():
        raise APIError("InputError", f"{name} has expired")
    if worker.provider_id != payload["providerId"]:
        raise APIError("InputError", f"{name} does not have provider {payload['providerId']}")
    if worker.static_secret is not None:
        _check_static_secret(worker, payload["workerIdentityProof"])
    return worker


def _check_static_secret(worker: Worker, proof: dict[str, str]) -> None:
    if "staticSecret" not in proof:
        raise APIError("InputError", "missing staticSecret in workerIdentityProof")
    if proof["staticSecret"] != worker.static_secret:
        raise APIError("InputError", "bad staticSecret in workerIdentityProof")


def _worker_config(pool: WorkerPool, worker: Worker) -> dict[str, Any]:
    config = pool.launch_configs.get(worker.launch_config_id or "")
    source = config.configuration if config else pool.definition["config"]
    worker_config: dict[str, Any] = source.get("workerConfig", {})
    return worker_config


def _credentials(call: Call, worker: Worker, seconds: int) -> dict[str, Any]:
    expires = call.state.clock.now() + timedelta(seconds=seconds)
    pool_id, who = worker.key.worker_pool_id, f"{worker.key.worker_group}/{worker.key.worker_id}"
    scopes = [
        f"assume:worker-type:{pool_id}",
        f"assume:worker-pool:{pool_id}",
        f"assume:worker-id:{who}",
        f"queue:worker-id:{who}",
        f"queue:claim-work:{pool_id}",
        f"secrets:get:worker-type:{pool_id}",
        f"secrets:get:worker-pool:{pool_id}",
        f"worker-manager:remove-worker:{worker.key}",
        f"worker-manager:reregister-worker:{worker.key}",
        f"worker-manager:should-worker-terminate:{worker.key}",
    ]
    name = f"worker/{worker.provider_id}/{worker.key}"
    issued = call.state.service_clients.issue("worker-manager", name, scopes, expires)
    return {"expires": json_date(expires), "credentials": issued}
