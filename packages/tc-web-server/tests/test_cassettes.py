"""What a Taskcluster answered to the methods of this service, replayed from cassettes (see docs/cassettes.md)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cassettes import Scene, monitoring, recorded
from recorded_tasks import SCOPES, claimed, created, put

from tc_core import BadRequest, NotFound
from tc_web_server import AsyncWebServer, WebServer

LOG = b"[taskcluster 2026-11-23T09:30:55.000Z] === Task Starting ===\n"

test_monitoring = monitoring(WebServer, AsyncWebServer)


@recorded(
    WebServer,
    AsyncWebServer,
    scopes=SCOPES,
)
async def test_a_task_group_has_a_profile(web: AsyncWebServer, scene: Scene) -> None:
    task_id = await created(scene)
    assert "threads" in await web.taskGroupProfile(task_id)
    with pytest.raises(NotFound):  # It is not resolved.
        await web.taskProfile(task_id)


@recorded(WebServer, AsyncWebServer, scopes=SCOPES)
async def test_a_task_has_a_profile(web: AsyncWebServer, scene: Scene) -> None:
    task_id = await created(scene)
    worker = await claimed(scene, task_id)
    artifact = await worker.createArtifact(
        task_id,
        0,
        "public/logs/live.log",
        {"storageType": "s3", "contentType": "text/plain", "expires": scene.now() + timedelta(hours=1)},
    )
    assert artifact["storageType"] == "s3"
    put(artifact["putUrl"], LOG, "text/plain")
    await worker.reportCompleted(task_id, 0)
    assert "threads" in await web.taskProfile(task_id)


@recorded(WebServer, AsyncWebServer)
async def test_what_is_refused(web: AsyncWebServer, scene: Scene) -> None:
    with pytest.raises(NotFound):
        await web.taskGroupProfile(scene.slug_id())
    with pytest.raises(BadRequest):
        await web.taskProfile("xyz")
