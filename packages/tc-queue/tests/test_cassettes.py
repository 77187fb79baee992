"""What a Taskcluster answered to the methods of this service, replayed from cassettes (see docs/cassettes.md)."""

# A method is recorded as long as a server has it.
# pyright: reportDeprecated=false

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from cassettes import Scene, monitoring, recorded
from recorded_tasks import SCOPES, WORKER, claimed, created, definition, put

from tc_core import (
    AsyncClient,
    AuthenticationFailed,
    BadRequest,
    Client,
    Conflict,
    Credentials,
    FailedDependency,
    InsufficientScopes,
    NotFound,
    json_date,
)
from tc_queue import AsyncQueue, Queue
from tc_queue.types import ClaimWorkRequest, CreateTaskRequest, QuarantineWorkerRequest
from tc_testing import LocalTaskcluster

test_monitoring = monitoring(Queue, AsyncQueue)
CLAIM: ClaimWorkRequest = {**WORKER, "tasks": 1}


def failing_once(tc: LocalTaskcluster) -> None:
    failure = {"code": "InternalServerError", "message": "Internal Server Error"}
    tc.faults.add("queue", "createTask", status=500, body=failure)


@recorded(
    Queue,
    AsyncQueue,
    scopes=[
        *SCOPES,
        "queue:change-task-group-priority:-/*",
        "queue:cancel-task-group:-/*",
        "queue:get-task:*",
        "queue:list-task-group:*",
        "queue:seal-task-group:-/*",
        "queue:status:*",
    ],
    local=failing_once,
)
async def test_a_group_is_listed_sealed_and_cancelled(queue: AsyncQueue, scene: Scene) -> None:
    """A local server fails at first, so that a retry is on the cassette."""
    group, tasks = scene.slug_id(), sorted(scene.slug_id() for _ in range(3))
    task: CreateTaskRequest = {**definition(scene), "taskGroupId": group}
    for task_id in tasks:
        scene.afterwards(queue.cancelTask, task_id)
        assert (await queue.createTask(task_id, task))["status"]["state"] == "pending"
    pages: list[Any] = []
    for attempt in scene.attempts():
        with attempt:
            pages = [page["tasks"] async for page in queue.listTaskGroup_pages(group, limit=2)]
            assert sorted(each["status"]["taskId"] for page in pages for each in page) == tasks
    assert [len(page) for page in pages] == [2, 1]
    read = [each["taskId"] async for each in queue.tasks_items({"taskIds": tasks}, limit=2)]
    assert sorted(read) == tasks
    states = [each["status"]["state"] async for each in queue.statuses_items({"taskIds": tasks}, limit=2)]
    assert states == ["pending"] * 3
    assert (await queue.task(tasks[0]))["taskGroupId"] == group
    await queue.changeTaskGroupPriority(group, {"newPriority": "very-low"})
    with pytest.raises(Conflict):
        await queue.cancelTaskGroup(group)
    assert (await queue.sealTaskGroup(group))["taskGroupId"] == group
    assert "sealed" in await queue.getTaskGroup(group)
    assert (await queue.cancelTaskGroup(group))["cancelledCount"] == 3
    with pytest.raises(Conflict):
        await queue.createTask(scene.slug_id(), task)


@recorded(
    Queue,
    AsyncQueue,
    scopes=[
        *SCOPES,
        "queue:change-task-priority:*",
        "queue:claim-work:recording-*",
        "queue:claimed-count:recording-*",
        "queue:claimed-list:recording-*",
        "queue:list-dependent-tasks:*",
        "queue:pending-count:recording-*",
        "queue:pending-list:recording-*",
        "queue:rerun-task:-/*",
        "queue:schedule-task:-/*",
        "queue:status:*",
    ],
)
async def test_tasks_are_claimed_and_resolved(queue: AsyncQueue, scene: Scene) -> None:
    task_queue = f"{scene.name()}/worker"
    first, second = scene.slug_id(), scene.slug_id()
    for task_id in (first, second):
        scene.afterwards(queue.cancelTask, task_id)
    task: CreateTaskRequest = {**definition(scene, task_queue), "taskGroupId": first}
    await queue.createTask(first, task)
    await queue.createTask(second, {**task, "dependencies": [first]})
    for attempt in scene.attempts():
        with attempt:
            dependents = [
                each["status"]["taskId"] async for each in queue.listDependentTasks_items(first, limit=1)
            ]
            assert dependents == [second]
            pending = [each["taskId"] async for each in queue.listPendingTasks_items(task_queue, limit=1)]
            assert pending == [first]
    assert (await queue.pendingTasks(task_queue))["pendingTasks"] == 1
    await queue.changeTaskPriority(first, {"newPriority": "very-low"})

    [claim] = (await queue.claimWork(task_queue, CLAIM))["tasks"]
    assert claim["status"]["taskId"] == first
    for attempt in scene.attempts():
        with attempt:
            running = [each["taskId"] async for each in queue.listClaimedTasks_items(task_queue, limit=1)]
            assert running == [first]
    assert "claimedTasks" in await queue.taskQueueCounts(task_queue)
    worker = await scene.connect(Queue, AsyncQueue, Credentials.from_json(claim["credentials"]))
    again = await worker.reclaimTask(first, 0)
    worker = await scene.connect(Queue, AsyncQueue, Credentials.from_json(again["credentials"]))
    assert (await worker.reportFailed(first, 0))["status"]["state"] == "failed"
    with pytest.raises(Conflict):
        await worker.reportCompleted(first, 0)

    assert (await queue.rerunTask(first))["status"]["state"] == "pending"
    worker = await claimed(scene, first, 1)
    assert (await worker.reportException(first, 1, {"reason": "worker-shutdown"}))["status"]["runs"][1]
    worker = await claimed(scene, first, 2)
    assert (await worker.reportCompleted(first, 2))["status"]["state"] == "completed"
    for attempt in scene.attempts():
        with attempt:
            assert (await queue.status(second))["status"]["state"] == "pending"
    await queue.scheduleTask(second)
    assert (await queue.cancelTask(second))["status"]["state"] == "exception"


@recorded(Queue, AsyncQueue, scopes=[*SCOPES, "queue:get-artifact:public/*", "queue:list-artifacts:*"])
async def test_artifacts_are_made_and_read(queue: AsyncQueue, scene: Scene) -> None:
    task_id = await created(scene)
    worker = await claimed(scene, task_id)
    expires = scene.now() + timedelta(hours=1)
    uploaded = await worker.createArtifact(
        task_id, 0, "public/text", {"storageType": "s3", "contentType": "text/plain", "expires": expires}
    )
    assert uploaded["storageType"] == "s3"
    put(uploaded["putUrl"], b"text of a recording", "text/plain")
    page = "https://example.com/page"
    await worker.createArtifact(
        task_id,
        0,
        "public/page",
        {"storageType": "reference", "url": page, "contentType": "text/html", "expires": expires},
    )
    await worker.createArtifact(
        task_id,
        0,
        "public/error",
        {"storageType": "error", "reason": "file-missing-on-worker", "message": "none", "expires": expires},
    )
    stored = await worker.createArtifact(
        task_id,
        0,
        "public/object",
        {"storageType": "object", "contentType": "text/plain", "expires": expires},
    )
    assert stored["storageType"] == "object"
    with pytest.raises(BadRequest):
        await worker.finishArtifact(task_id, 0, "public/object", {"uploadId": scene.slug_id()})
    uploader = await scene.connect(Client, AsyncClient, Credentials.from_json(stored["credentials"]))
    upload = {"projectId": stored["projectId"], "uploadId": stored["uploadId"]}
    data = {"contentType": "text/plain", "objectData": "dGV4dA=="}
    proposed = {**upload, "expires": json_date(expires), "proposedUploadMethods": {"dataInline": data}}
    name = quote(stored["name"], safe="")
    await uploader.request("PUT", f"api/object/v1/upload/{name}", payload=proposed)
    await uploader.request("POST", f"api/object/v1/finish-upload/{name}", payload=upload)
    await worker.finishArtifact(task_id, 0, "public/object", {"uploadId": stored["uploadId"]})
    for attempt in scene.attempts():
        with attempt:
            listed = [each["name"] async for each in queue.listArtifacts_items(task_id, 0, limit=2)]
            assert {"public/text", "public/page", "public/error"} <= set(listed)
            latest = [each["name"] async for each in queue.listLatestArtifacts_items(task_id, limit=2)]
            assert latest == listed
    assert (await queue.artifactInfo(task_id, 0, "public/text"))["storageType"] == "s3"
    assert (await queue.latestArtifactInfo(task_id, "public/text"))["storageType"] == "s3"
    assert (await queue.artifact(task_id, 0, "public/page"))["storageType"] == "reference"
    assert (await queue.latestArtifact(task_id, "public/page"))["storageType"] == "reference"
    assert (await queue.getArtifact(task_id, 0, "public/page"))["url"] == page
    assert (await queue.getLatestArtifact(task_id, "public/page"))["url"] == page
    assert "public/text" in (await queue.getLatestArtifact(task_id, "public/text"))["url"]
    with pytest.raises(FailedDependency):
        await queue.getLatestArtifact(task_id, "public/error")
    with pytest.raises(NotFound):
        await queue.getLatestArtifact(task_id, "public/none")


@recorded(
    Queue,
    AsyncQueue,
    scopes=[
        *SCOPES,
        "queue:declare-provisioner:recording-*",
        "queue:declare-worker-type:recording-*",
        "queue:declare-worker:recording-*",
        "queue:get-provisioner:recording-*",
        "queue:get-task-queue:recording-*",
        "queue:get-worker-type:recording-*",
        "queue:get-worker:recording-*",
        "queue:list-provisioners",
        "queue:list-task-queues",
        "queue:list-worker-types:recording-*",
        "queue:list-workers:recording-*",
        "queue:quarantine-worker:recording-*",
    ],
)
async def test_task_queues_and_workers_are_declared(queue: AsyncQueue, scene: Scene) -> None:
    provisioner, expires = scene.name(), scene.now() + timedelta(hours=1)
    worker = (provisioner, "worker", "recording", "worker")
    # A task queue is known once it was used.
    task_id = scene.slug_id()
    scene.afterwards(queue.cancelTask, task_id)
    await queue.createTask(task_id, definition(scene, f"{provisioner}/worker"))
    await claimed(scene, task_id)
    await queue.declareProvisioner(
        provisioner, {"description": "of a recording", "stability": "experimental", "expires": expires}
    )
    await queue.declareWorkerType(
        provisioner, "worker", {"description": "of a recording", "stability": "stable", "expires": expires}
    )
    await queue.declareWorker(*worker, {"expires": expires})
    assert (await queue.getProvisioner(provisioner))["provisionerId"] == provisioner
    assert (await queue.getWorkerType(provisioner, "worker"))["workerType"] == "worker"
    assert (await queue.getTaskQueue(f"{provisioner}/worker"))["taskQueueId"] == f"{provisioner}/worker"
    assert (await queue.getWorker(*worker))["workerId"] == "worker"
    quarantine: QuarantineWorkerRequest = {"quarantineUntil": expires, "quarantineInfo": "of a recording"}
    assert "quarantineUntil" in await queue.quarantineWorker(*worker, quarantine)
    for attempt in scene.attempts():
        with attempt:
            assert provisioner in [each["provisionerId"] async for each in queue.listProvisioners_items()]
            types = queue.listWorkerTypes_items(provisioner, limit=1)
            assert [each["workerType"] async for each in types] == ["worker"]
            assert f"{provisioner}/worker" in [
                each["taskQueueId"] async for each in queue.listTaskQueues_items(limit=100)
            ]
            workers = queue.listWorkers_items(provisioner, "worker", limit=1, quarantined=True)
            assert [each["workerId"] async for each in workers] == ["worker"]


@recorded(Queue, AsyncQueue, scopes=[*SCOPES, "queue:get-task:*"])
async def test_what_is_refused(queue: AsyncQueue, scene: Scene) -> None:
    task_id = scene.slug_id()
    with pytest.raises(NotFound) as not_found:
        await queue.task(task_id)
    assert (not_found.value.status, not_found.value.code) == (404, "ResourceNotFound")
    assert not_found.value.request_id
    with pytest.raises(InsufficientScopes):
        await queue.claimWork(f"{scene.name()}/worker", CLAIM)
    late: CreateTaskRequest = {**definition(scene), "deadline": scene.now() + timedelta(days=10)}
    with pytest.raises(BadRequest):
        await queue.createTask(task_id, late)
    stranger = await scene.connect(Queue, AsyncQueue, Credentials(scene.client_id, "wrong"))
    with pytest.raises(AuthenticationFailed):
        await stranger.task(task_id)
