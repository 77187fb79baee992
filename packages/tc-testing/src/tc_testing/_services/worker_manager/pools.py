"""Worker pools and their launch configs: made, changed, shown and counted."""

from __future__ import annotations

from typing import Any

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._pages import page
from .lookup import find_pool
from .providers import check_config, providers
from .records import WorkerPool, capacity_by_state
from .store import NULL_PROVIDER

__all__ = ["handlers"]

handlers = Handlers()


@handlers("listProviders")
async def list_providers(call: Call) -> Answer:
    known = providers(call.state.configuration.worker_providers)
    listed = [{"providerId": name, "providerType": kind} for name, kind in known.items()]
    shown, more = page(listed, call.query)
    return {"providers": shown, **more}


@handlers("createWorkerPool")
async def create_worker_pool(call: Call) -> Answer:
    definition = _definition(call)
    worker_pool_id = call.params["workerPoolId"]
    known = call.state.worker_manager.pool(worker_pool_id)
    if known is None:
        return _show(call, call.state.worker_manager.add_pool(worker_pool_id, definition))
    if known.definition != definition:
        raise APIError("RequestConflict", "Worker pool already exists")
    return _show(call, known)


@handlers("updateWorkerPool")
async def update_worker_pool(call: Call) -> Answer:
    definition = _definition(call)
    if call.payload.get("workerPoolId", call.params["workerPoolId"]) != call.params["workerPoolId"]:
        raise APIError("InputError", "Incorrect workerPoolId in request body")
    pool = find_pool(call)
    call.state.worker_manager.update_pool(pool, definition)
    return _show(call, pool)


@handlers("deleteWorkerPool")
async def delete_worker_pool(call: Call) -> Answer:
    pool = find_pool(call)
    call.state.worker_manager.update_pool(pool, pool.definition | {"providerId": NULL_PROVIDER})
    return _show(call, pool)


@handlers("workerPool")
async def worker_pool(call: Call) -> Answer:
    return _show(call, find_pool(call))


@handlers("listWorkerPools")
async def list_worker_pools(call: Call) -> Answer:
    pools, more = page(call.state.worker_manager.pools(), call.query)
    return {"workerPools": [_show(call, pool) for pool in pools], **more}


@handlers("listWorkerPoolsStats")
async def list_worker_pools_stats(call: Call) -> Answer:
    pools, more = page(call.state.worker_manager.pools(), call.query)
    workers = call.state.worker_manager.workers
    stats = [
        {"workerPoolId": pool.worker_pool_id, **capacity_by_state(workers(pool.worker_pool_id))}
        for pool in pools
    ]
    return {"workerPoolsStats": stats, **more}


@handlers("workerPoolStats")
async def worker_pool_stats(call: Call) -> Answer:
    pool = find_pool(call)
    workers = call.state.worker_manager.workers(pool.worker_pool_id)
    names = {config.launch_config_id for config in pool.active_launch_configs}
    names |= {worker.launch_config_id or "unknown" for worker in workers}
    return {
        "launchConfigStats": [
            {
                "workerPoolId": pool.worker_pool_id,
                "launchConfigId": name,
                **capacity_by_state(
                    worker for worker in workers if name == (worker.launch_config_id or "unknown")
                ),
            }
            for name in sorted(names or {"unknown"})
        ]
    }


@handlers("listWorkerPoolLaunchConfigs")
async def list_worker_pool_launch_configs(call: Call) -> Answer:
    pool = find_pool(call)
    with_archived = call.query.get("includeArchived") == "true"
    configs, more = page(
        list(pool.launch_configs.values()) if with_archived else pool.active_launch_configs, call.query
    )
    return {"workerPoolLaunchConfigs": [config.json() for config in configs], **more}


def _definition(call: Call) -> dict[str, Any]:
    """What a pool is to be like, once the caller may have it so. Raises APIError."""
    payload = call.payload
    call.authorize(providerId=payload["providerId"])
    configured = call.state.configuration.worker_providers
    check_config(payload["providerId"], payload["config"], configured, call.root_url)
    kept = ("providerId", "description", "config", "owner", "emailOnError")
    return {name: payload[name] for name in kept}


def _show(call: Call, pool: WorkerPool) -> dict[str, Any]:
    return pool.json(call.state.worker_manager.workers(pool.worker_pool_id))
