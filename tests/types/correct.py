"""Uses that mypy --strict and pyright strict must accept. Only checked, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import assert_type

from tc_auth import Auth
from tc_core import AsyncClient, Client, Credentials, InsufficientScopes, Retry, from_now, slug_id
from tc_core.transfers import Download, DownloadedBytes, DownloadedFile, Sink, Upload
from tc_index import Index
from tc_object import AsyncObject, Object
from tc_queue import AsyncQueue, Queue
from tc_queue.types import CreateTaskRequest, ListTaskGroupResponse
from tc_secrets import AsyncSecrets, Secrets
from tc_secrets.types import Secret

ROOT_URL = "https://tc.example.com"


def a_task_with_lists_tuples_dates_and_texts() -> CreateTaskRequest:
    return {
        "taskQueueId": "proj/linux",
        "created": datetime.now(UTC),
        "deadline": from_now("2 hours"),
        "expires": "2030-01-01T00:00:00.000Z",
        "dependencies": [slug_id()],
        "scopes": ("secrets:get:proj/one", "secrets:get:proj/two"),
        "routes": ["index.proj.latest"],
        "priority": "low",
        "payload": {"command": ["true"], "maxRunTime": 600},
        "metadata": {
            "name": "a",
            "description": "b",
            "owner": "c@example.com",
            "source": "https://example.com",
        },
        "extra": {"anything": [1, None, {"deeper": True}]},
        "tags": {"kind": "build"},
    }


def an_answer_is_an_input(queue: Queue, other: str) -> None:
    queue.createTask(slug_id(), queue.task(other))


def a_changed_answer_is_an_input(queue: Queue, other: str) -> None:
    task: CreateTaskRequest = {
        **queue.task(other),
        "created": from_now("0 seconds"),
        "deadline": from_now("1 day"),
    }
    queue.createTask(slug_id(), task)


def answers_are_typed(queue: Queue, task_id: str) -> None:
    status = queue.status(task_id)["status"]
    assert_type(status["taskId"], str)
    assert_type(status["retriesLeft"], int)
    if status["state"] == "completed":
        assert_type(queue.task(task_id)["metadata"]["name"], str)


def keys_that_may_be_missing_are_asked_for(queue: Queue, group_id: str) -> str | None:
    return queue.listTaskGroup(group_id, limit=10).get("continuationToken")


def pages_and_items(queue: Queue, group_id: str) -> None:
    pages: Iterator[ListTaskGroupResponse] = queue.listTaskGroup_pages(group_id)
    for page in pages:
        assert_type(page["taskGroupId"], str)
    for member in queue.listTaskGroup_items(group_id, limit=10):
        assert_type(member["task"]["metadata"]["owner"], str)


def items_that_are_texts(secrets: Secrets) -> list[str]:
    return [name.upper() for name in secrets.list_items(limit=100)]


def urls(queue: Queue) -> None:
    assert_type(queue.getArtifact_url(slug_id(), 0, "public/log"), str)
    assert_type(queue.task_signed_url(slug_id(), ttl=60), str)


def options(queue: Queue) -> Queue:
    Queue(
        ROOT_URL,
        credentials=Credentials("id", "token"),
        authorized_scopes=("one:scope",),
        retry=Retry(retries=5),
        timeout=30,
    )
    return queue.with_options(timeout=5, authorized_scopes=["one:scope"])


def a_shared_client() -> None:
    with Client.from_env() as client:
        queue, index, auth = Queue(client), Index(client), Auth(client)
        index.insertTask("proj.x", {"taskId": slug_id(), "rank": 1, "data": {}, "expires": from_now("1 day")})
        try:
            queue.ping()
        except InsufficientScopes as error:
            assert_type(error.status, int)
        for scope in auth.currentScopes()["scopes"]:
            assert_type(scope, str)


def methods_named_like_builtins(secrets: Secrets) -> None:
    secrets.set("proj/one", {"secret": {"a": 1}, "expires": from_now("1 day")})
    secret = secrets.get("proj/one")["secret"]
    print(secret["a"])
    names: list[str] = list(secrets.list()["secrets"])
    names.sort()


async def the_same_in_async() -> None:
    async with AsyncQueue.from_env() as queue:
        task = await queue.task(slug_id())
        await queue.createTask(slug_id(), task)
        assert_type(queue.task_url(slug_id()), str)
        assert_type(await queue.task_signed_url(slug_id()), str)
        pages: AsyncIterator[ListTaskGroupResponse] = queue.listTaskGroup_pages(slug_id())
        async for page in pages:
            assert_type(page["taskGroupId"], str)
        async for member in queue.listTaskGroup_items(slug_id(), limit=10):
            assert_type(member["status"]["taskId"], str)


async def a_shared_async_client() -> None:
    async with AsyncClient(ROOT_URL) as client:
        assert_type(await AsyncSecrets(client).get("proj/one"), Secret)


def credentials_that_expire() -> Credentials:
    return Credentials.from_env().create_named_temp_creds("proj/ci", ttl=3600, scopes=["one:scope"])


def transfers(queue: Queue, objects: Object, to: Sink) -> None:
    name, expires = "public/log", from_now("1 day")
    assert_type(queue.download_artifact(slug_id(), name), DownloadedBytes)
    assert_type(queue.download_artifact(slug_id(), name, to="log"), DownloadedFile)
    assert_type(queue.download_artifact(slug_id(), name, to=Path("log")), DownloadedFile)
    assert_type(queue.download_artifact(slug_id(), name, to=BytesIO()), Download)
    assert_type(objects.download_object(name, to=lambda: BytesIO()), Download)
    print(objects.download_object(name, to=to).length)
    assert_type(queue.download_artifacts(slug_id(), "**", to="logs"), dict[str, DownloadedFile])
    for source in (b"data", bytearray(), "log", Path("log"), BytesIO(), lambda: BytesIO()):
        objects.upload_object(name, source, project_id="proj", expires=expires)
    with open("log", "rb") as file:
        assert_type(queue.create_artifact_from(slug_id(), 0, name, file, expires=expires), Upload)
    queue.create_error_artifact(slug_id(), 0, name, "file-missing-on-worker", "none", expires=expires)
    objects.download_object(name, on_progress=lambda done, total, phase: print(done, total, phase))


async def transfers_in_async(queue: AsyncQueue, objects: AsyncObject) -> None:
    assert_type(await queue.download_artifact(slug_id(), "public/log"), DownloadedBytes)
    assert_type(await objects.download_object("log", to="log"), DownloadedFile)
