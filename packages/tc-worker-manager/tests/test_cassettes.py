"""What a Taskcluster answered to the methods of this service, replayed from cassettes (see docs/cassettes.md)."""

# A method is recorded as long as a server has it.
# pyright: reportDeprecated=false

from __future__ import annotations

from datetime import timedelta

import pytest
from cassettes import Scene, monitoring, recorded

from tc_core import BadRequest, Conflict, Credentials, InsufficientScopes, NotFound
from tc_queue import AsyncQueue, Queue
from tc_worker_manager import AsyncWorkerManager, WorkerManager
from tc_worker_manager.types import CreateWorkerPoolRequest, CreateWorkerRequest, UpdateWorkerPoolRequest

test_monitoring = monitoring(WorkerManager, AsyncWorkerManager)

GROUP = "recording"


def definition(provider: str, description: str = "of a recording") -> CreateWorkerPoolRequest:
    return {
        "providerId": provider,
        "description": description,
        "config": {},
        "owner": "ci@example.com",
        "emailOnError": False,
    }


@recorded(
    WorkerManager,
    AsyncWorkerManager,
    scopes=[
        "worker-manager:get-worker-pool:recording-*",
        "worker-manager:list-providers",
        "worker-manager:list-worker-pools",
        "worker-manager:manage-worker-pool:recording-*",
        "worker-manager:provider:*",
    ],
)
async def test_a_pool_is_made_and_deleted(manager: AsyncWorkerManager, scene: Scene) -> None:
    pool = f"{scene.name()}/pool"
    providers = [each["providerId"] async for each in manager.listProviders_items(limit=1)]
    assert "static" in providers
    scene.afterwards(manager.deleteWorkerPool, pool)
    created = await manager.createWorkerPool(pool, definition("static"))
    assert created.get("workerPoolId") == pool
    with pytest.raises(Conflict):
        await manager.createWorkerPool(pool, definition("static", "another"))
    with pytest.raises(BadRequest):
        await manager.createWorkerPool(f"{scene.name()}/bad", definition("none"))
    updated: UpdateWorkerPoolRequest = {
        "providerId": "static",
        "description": "updated",
        "config": {},
        "owner": "ci@example.com",
        "emailOnError": False,
    }
    await manager.updateWorkerPool(pool, updated)
    assert (await manager.workerPool(pool))["description"] == "updated"
    for attempt in scene.attempts():
        with attempt:
            assert pool in [
                each.get("workerPoolId") async for each in manager.listWorkerPools_items(limit=100)
            ]
            stats = manager.listWorkerPoolsStats_items(limit=100)
            assert pool in [each["workerPoolId"] async for each in stats]
    assert "launchConfigStats" in await manager.workerPoolStats(pool)
    assert (await manager.listWorkerPoolLaunchConfigs(pool))["workerPoolLaunchConfigs"] == []
    with pytest.raises(NotFound):
        await manager.workerPool(f"{scene.name()}/none")


@recorded(
    WorkerManager,
    AsyncWorkerManager,
    scopes=[
        "queue:declare-worker:recording-*",
        "worker-manager:create-worker:recording-*",
        "worker-manager:get-worker:recording-*",
        "worker-manager:list-worker-pool-errors:recording-*",
        "worker-manager:list-workers:recording-*",
        "worker-manager:manage-worker-pool:recording-*",
        "worker-manager:provider:static",
        "worker-manager:remove-worker:recording-*",
        "worker-manager:update-worker:recording-*",
    ],
)
async def test_a_worker_registers_and_reports(manager: AsyncWorkerManager, scene: Scene) -> None:
    provisioner, worker_id, secret = scene.name(), scene.name(), scene.text()
    pool = f"{provisioner}/pool"
    scene.afterwards(manager.deleteWorkerPool, pool)
    await manager.createWorkerPool(pool, definition("static"))
    facts: CreateWorkerRequest = {
        "expires": scene.now() + timedelta(hours=2),
        "capacity": 1,
        "providerInfo": {"staticSecret": secret},
    }
    created = await manager.createWorker(pool, GROUP, worker_id, facts)
    assert created["workerId"] == worker_id
    scene.afterwards(manager.removeWorker, pool, GROUP, worker_id)
    await manager.updateWorker(pool, GROUP, worker_id, {**facts, "capacity": 2})
    assert (await manager.worker(pool, GROUP, worker_id))["capacity"] == 2
    with pytest.raises(NotFound):
        await manager.worker(pool, GROUP, "none")

    registered = await manager.registerWorker(
        {
            "workerPoolId": pool,
            "providerId": "static",
            "workerGroup": GROUP,
            "workerId": worker_id,
            "workerIdentityProof": {"staticSecret": secret},
        }
    )
    worker = await scene.connect(
        WorkerManager, AsyncWorkerManager, Credentials.from_json(registered["credentials"])
    )
    renewed = await worker.reregisterWorker(
        {"workerPoolId": pool, "workerGroup": GROUP, "workerId": worker_id, "secret": registered["secret"]}
    )
    credentials = Credentials.from_json(renewed["credentials"])
    worker = await scene.connect(WorkerManager, AsyncWorkerManager, credentials)
    reported = await worker.reportWorkerError(
        pool,
        {
            "workerGroup": GROUP,
            "workerId": worker_id,
            "kind": "worker-error",
            "title": "Disk full",
            "description": "no space left",
            "extra": {},
        },
    )
    assert reported["title"] == "Disk full"
    assert not (await worker.shouldWorkerTerminate(pool, GROUP, worker_id))["terminate"]
    # That a pool is a task queue too, the queue knows once it met one of its workers.
    queue = await scene.connect(Queue, AsyncQueue)
    await queue.declareWorker(
        provisioner, "pool", GROUP, worker_id, {"expires": scene.now() + timedelta(hours=1)}
    )

    for attempt in scene.attempts():
        with attempt:
            errors = manager.listWorkerPoolErrors_items(pool, limit=1)
            assert [each["title"] async for each in errors] == ["Disk full"]
            in_pool = manager.listWorkersForWorkerPool_items(pool, limit=1)
            assert [each["workerId"] async for each in in_pool] == [worker_id]
            in_group = manager.listWorkersForWorkerGroup_items(pool, GROUP, limit=1)
            assert [each["workerId"] async for each in in_group] == [worker_id]
            in_queue = manager.listWorkers_items(provisioner, "pool", limit=1)
            assert [each["workerId"] async for each in in_queue] == [worker_id]
    assert (await manager.workerPoolErrorStats(workerPoolId=pool))["totals"]["total"] == 1
    assert (await manager.getWorker(provisioner, "pool", GROUP, worker_id))["workerId"] == worker_id


@recorded(WorkerManager, AsyncWorkerManager)
async def test_what_is_refused(manager: AsyncWorkerManager, scene: Scene) -> None:
    with pytest.raises(InsufficientScopes):
        await manager.createWorkerPool(f"{scene.name()}/pool", definition("static"))
    with pytest.raises(NotFound):
        await manager.registerWorker(
            {
                "workerPoolId": f"{scene.name()}/none",
                "providerId": "static",
                "workerGroup": GROUP,
                "workerId": "worker",
                "workerIdentityProof": {"staticSecret": scene.text()},
            }
        )
