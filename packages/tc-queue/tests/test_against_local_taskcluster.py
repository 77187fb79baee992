"""The life of tasks and their group, as a user would write it, against a server that checks every signature."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from urllib.request import urlopen

import pytest
from flavours import Flavour, every_flavour

from tc_core import (
    AsyncClient,
    AuthenticationFailed,
    BadRequest,
    Client,
    Conflict,
    Credentials,
    InsufficientScopes,
    NotFound,
    Retry,
    ServerError,
    TooManyRequests,
    from_now,
    slug_id,
)
from tc_queue import AsyncQueue, Queue
from tc_queue.types import CreateTaskRequest
from tc_testing import LocalTaskcluster


@pytest.fixture(scope="module")
def server() -> Iterator[LocalTaskcluster]:
    with LocalTaskcluster() as running:
        yield running


@pytest.fixture
def tc(server: LocalTaskcluster) -> LocalTaskcluster:
    server.reset()
    return server


def definition(group_id: str, name: str = "a task") -> CreateTaskRequest:
    return {
        "taskQueueId": "demo/linux",
        "taskGroupId": group_id,
        "created": from_now("0 seconds"),
        "deadline": from_now("2 hours"),
        "payload": {"command": ["echo", "café ☃"], "maxRunTime": 600},
        "metadata": {
            "name": name,
            "description": "for a test",
            "owner": "ci@example.com",
            "source": "https://example.com/demo",
        },
    }


def connect(flavour: Flavour, tc: LocalTaskcluster) -> AsyncQueue:
    return flavour.make(Queue, AsyncQueue, tc.root_url, credentials=tc.credentials)


@every_flavour
async def test_a_task_is_created_and_read_back(flavour: Flavour, tc: LocalTaskcluster) -> None:
    task_id = slug_id()
    async with connect(flavour, tc) as queue:
        created = await queue.createTask(task_id, definition(task_id, "ünï"))
        assert (created["status"]["taskId"], created["status"]["state"]) == (task_id, "pending")
        task = await queue.task(task_id)
        assert (task["metadata"]["name"], task["payload"]["command"]) == ("ünï", ["echo", "café ☃"])
        assert await queue.status(task_id) == created
        again = await queue.createTask(task_id, task)
        assert again == created


@every_flavour
async def test_a_group_is_listed_page_by_page(flavour: Flavour, tc: LocalTaskcluster) -> None:
    group_id = slug_id()
    task_ids = {slug_id() for _ in range(5)}
    async with connect(flavour, tc) as queue:
        for task_id in task_ids:
            await queue.createTask(task_id, definition(group_id))
        pages = [page["tasks"] async for page in queue.listTaskGroup_pages(group_id, limit=2)]
        assert [len(page) for page in pages] == [2, 2, 1]
        items = [item async for item in queue.listTaskGroup_items(group_id, limit=2)]
        assert items == [item for page in pages for item in page]
        assert {item["status"]["taskId"] for item in items} == task_ids
        statuses = queue.statuses_items({"taskIds": list(task_ids)}, limit=3)
        assert {item["taskId"] async for item in statuses} == task_ids


@every_flavour
async def test_a_group_is_sealed_and_cancelled(flavour: Flavour, tc: LocalTaskcluster) -> None:
    group_id = slug_id()
    async with connect(flavour, tc) as queue:
        await queue.createTask(group_id, definition(group_id))
        with pytest.raises(Conflict) as caught:
            await queue.cancelTaskGroup(group_id)
        assert (caught.value.method, caught.value.code) == ("queue.cancelTaskGroup", "RequestConflict")
        assert "sealed" in (await queue.sealTaskGroup(group_id))
        with pytest.raises(Conflict):
            await queue.createTask(slug_id(), definition(group_id))
        cancelled = await queue.cancelTaskGroup(group_id)
        assert (cancelled["cancelledCount"], cancelled["taskIds"]) == (1, [group_id])
        assert (await queue.status(group_id))["status"]["state"] == "exception"


@every_flavour
async def test_named_temporary_credentials_do_what_they_are_for(
    flavour: Flavour, tc: LocalTaskcluster
) -> None:
    task_id = slug_id()
    issuer = Credentials("project/demo/ci", tc.add_client("project/demo/ci", ["*"]))
    scopes = ["queue:seal-task-group:*", "queue:cancel-task-group:*"]
    limited = issuer.create_named_temp_creds("project/demo/closer", ttl=timedelta(hours=1), scopes=scopes)
    async with flavour.make(Client, AsyncClient, tc.root_url, credentials=issuer) as client:
        queue = flavour.make(Queue, AsyncQueue, client)
        closer = queue.with_options(credentials=limited)
        await queue.createTask(task_id, definition(task_id))
        with pytest.raises(InsufficientScopes) as caught:
            await closer.createTask(slug_id(), definition(task_id))
        assert (caught.value.status, caught.value.code) == (403, "InsufficientScopes")
        assert "project/demo/closer" in caught.value.message
        await closer.sealTaskGroup(task_id)
        with pytest.raises(InsufficientScopes):
            await closer.with_options(authorized_scopes=scopes[:1]).cancelTaskGroup(task_id)
        assert (await closer.cancelTaskGroup(task_id))["cancelledCount"] == 1


@every_flavour
async def test_a_signed_url_is_good_for_any_http_client(flavour: Flavour, tc: LocalTaskcluster) -> None:
    task_id = slug_id()
    limited = tc.credentials.create_temp_creds(ttl=3600, scopes=["queue:list-task-group:*"])
    async with connect(flavour, tc) as queue:
        await queue.createTask(task_id, definition(task_id))
        url = await queue.task_signed_url(task_id, ttl=60)
        listing = await queue.with_options(credentials=limited).listTaskGroup_signed_url(task_id, limit=5)
    with urlopen(url) as answer:
        assert json.load(answer)["metadata"]["name"] == "a task"
    with urlopen(listing) as answer:
        assert len(json.load(answer)["tasks"]) == 1


@every_flavour
async def test_what_is_refused_says_why(flavour: Flavour, tc: LocalTaskcluster) -> None:
    task_id = slug_id()
    task = definition(task_id)
    async with connect(flavour, tc) as queue:
        with pytest.raises(NotFound) as not_found:
            await queue.task(task_id)
        assert (not_found.value.method, not_found.value.code) == ("queue.task", "ResourceNotFound")
        assert task_id in str(not_found.value)
        with pytest.raises(BadRequest) as bad_request:
            await queue.createTask(task_id, {**task, "deadline": from_now("10 days")})
        assert bad_request.value.code == "InputError"
        await queue.createTask(task_id, task)
        with pytest.raises(Conflict):
            await queue.createTask(task_id, {**task, "priority": "high"})
        stranger = queue.with_options(credentials=Credentials(tc.client_id, "wrong"))
        with pytest.raises(AuthenticationFailed):
            await stranger.task(task_id)
        nobody = queue.with_options(credentials=None)
        with pytest.raises(InsufficientScopes):
            await nobody.cancelTask(task_id)
        assert (await nobody.ping())["alive"]


@every_flavour
async def test_passing_failures_go_unnoticed_and_lasting_ones_are_told(
    flavour: Flavour, tc: LocalTaskcluster
) -> None:
    task_id = slug_id()
    async with connect(flavour, tc) as connected:
        queue = connected.with_options(retry=Retry(retries=2, delay=0))
        tc.faults.add("queue", "createTask", status=503)
        tc.faults.add("queue", "createTask", status=429, headers={"Retry-After": "0"})
        created = await queue.createTask(task_id, definition(task_id))
        assert created["status"]["state"] == "pending"
        assert [request.status for request in tc.requests] == [503, 429, 200]
        tc.faults.add("queue", "task", status=500, times=3)
        with pytest.raises(ServerError):
            await queue.task(task_id)
        tc.faults.add("queue", "task", status=429, headers={"Retry-After": "3600"})
        with pytest.raises(TooManyRequests) as caught:
            await queue.task(task_id)
        assert caught.value.retry_after == 3600
        assert (await queue.task(task_id))["taskGroupId"] == task_id
