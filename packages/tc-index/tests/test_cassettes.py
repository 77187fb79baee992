"""What a Taskcluster answered to the methods of this service, replayed from cassettes (see docs/cassettes.md)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cassettes import Scene, monitoring, recorded
from recorded_tasks import SCOPES, claimed, created

from tc_core import InsufficientScopes, NotFound
from tc_index import AsyncIndex, Index

test_monitoring = monitoring(Index, AsyncIndex)


@recorded(
    Index,
    AsyncIndex,
    scopes=[
        "index:delete-task:recording-*",
        "index:find-task:recording-*",
        "index:insert-task:recording-*",
        "index:list-namespaces:recording-*",
        "index:list-tasks:recording-*",
    ],
)
async def test_tasks_are_indexed_and_found(index: AsyncIndex, scene: Scene) -> None:
    top, task_id = scene.name(), scene.slug_id()
    paths = [f"{top}.build.linux", f"{top}.build.macos", f"{top}.test.linux"]
    expires = scene.now() + timedelta(days=1)
    for path in paths:
        scene.afterwards(index.deleteTask, path)
        await index.insertTask(path, {"taskId": task_id, "rank": 1, "data": {"k": "v"}, "expires": expires})
    found = await index.findTask(paths[0])
    assert (found["taskId"], found["data"]) == (task_id, {"k": "v"})
    for attempt in scene.attempts():
        with attempt:
            both = await index.findTasksAtIndex({"indexes": paths[:2]})
            assert {task["namespace"] for task in both["tasks"]} == set(paths[:2])
            listed = [task["namespace"] async for task in index.listTasks_items(f"{top}.build", limit=1)]
            assert set(listed) == set(paths[:2])
            names = [each["name"] async for each in index.listNamespaces_items(top, limit=1)]
            assert set(names) == {"build", "test"}
    with pytest.raises(NotFound):
        await index.findTask(f"{top}.none")


@recorded(
    Index,
    AsyncIndex,
    scopes=[
        "index:delete-task:recording-*",
        "index:insert-task:recording-*",
        "queue:get-artifact:public/*",
        *SCOPES,
    ],
)
async def test_an_artifact_of_an_indexed_task(index: AsyncIndex, scene: Scene) -> None:
    path, task_id = scene.name(), await created(scene)
    worker = await claimed(scene, task_id)
    await worker.createArtifact(
        task_id,
        0,
        "public/page",
        {
            "storageType": "reference",
            "url": "https://example.com/page",
            "contentType": "text/html",
            "expires": scene.now() + timedelta(hours=1),
        },
    )
    await worker.reportCompleted(task_id, 0)
    scene.afterwards(index.deleteTask, path)
    await index.insertTask(
        path, {"taskId": task_id, "rank": 1, "data": {}, "expires": scene.now() + timedelta(days=1)}
    )
    url = await index.findArtifactFromTask(path, "public/page")
    assert url.startswith(f"{scene.root_url}/api/queue/v1/task/{task_id}/artifacts/public%2Fpage")


@recorded(Index, AsyncIndex)
async def test_what_is_refused(index: AsyncIndex, scene: Scene) -> None:
    with pytest.raises(InsufficientScopes):
        await index.deleteTask(scene.name())
