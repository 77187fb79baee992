"""What a Taskcluster answered to the methods of this service, replayed from cassettes (see docs/cassettes.md)."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import pytest
from cassettes import Scene, monitoring, recorded

from tc_core import Conflict, InsufficientScopes, NotAcceptable, NotFound
from tc_object import AsyncObject, Object

test_monitoring = monitoring(Object, AsyncObject)

CONTENT = b"content of a recording"


@recorded(Object, AsyncObject, scopes=["object:download:recording-*", "object:upload:recording:recording-*"])
async def test_an_object_is_uploaded_and_read(objects: AsyncObject, scene: Scene) -> None:
    name, upload_id = scene.name(), scene.slug_id()
    with pytest.raises(NotFound):
        await objects.object(name)
    upload = await objects.createUpload(
        name,
        {
            "projectId": "recording",
            "uploadId": upload_id,
            "expires": scene.now() + timedelta(hours=1),
            "proposedUploadMethods": {
                "dataInline": {
                    "contentType": "text/plain",
                    "objectData": base64.b64encode(CONTENT).decode(),
                }
            },
        },
    )
    assert upload["uploadMethod"] == {"dataInline": True}
    hashes = {"sha256": hashlib.sha256(CONTENT).hexdigest()}
    await objects.finishUpload(name, {"projectId": "recording", "uploadId": upload_id, "hashes": hashes})
    with pytest.raises(Conflict):
        await objects.finishUpload(
            name, {"projectId": "recording", "uploadId": upload_id, "hashes": {"sha256": "0" * 64}}
        )
    assert (await objects.object(name))["hashes"] == hashes
    assert "?" not in (await objects.download(name)) or scene.recording.live
    simple = await objects.startDownload(name, {"acceptDownloadMethods": {"simple": True}})
    assert simple["method"] == "simple"
    checked = await objects.startDownload(name, {"acceptDownloadMethods": {"getUrl": True}})
    assert checked["method"] == "getUrl"
    with pytest.raises(NotAcceptable):
        await objects.startDownload(name, {"acceptDownloadMethods": {}})


@recorded(Object, AsyncObject, scopes=["object:upload:recording:recording-*"])
async def test_a_url_to_upload_to(objects: AsyncObject, scene: Scene) -> None:
    upload = await objects.createUpload(
        scene.name(),
        {
            "projectId": "recording",
            "uploadId": scene.slug_id(),
            "expires": scene.now() + timedelta(hours=1),
            "proposedUploadMethods": {"putUrl": {"contentType": "text/plain", "contentLength": 2}},
        },
    )
    assert "url" in upload["uploadMethod"].get("putUrl", {})


@recorded(Object, AsyncObject)
async def test_what_is_refused(objects: AsyncObject, scene: Scene) -> None:
    with pytest.raises(InsufficientScopes):
        await objects.download(scene.name())
