"""Calls replayed from a cassette: a failure and a retry, two pages, an error.

To record it anew: ``pytest packages/tc-queue/tests/test_cassette.py --record``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cassettes import ROOT_URL, leaks, recording, replaying
from flavours import SYNC, Flavour, every_flavour
from offline import offline
from vcr.cassette import Cassette
from vcr.errors import CannotOverwriteExistingCassetteException
from wire import Wire, answer, refusing

import tc_testing
from tc_core import Credentials, NotFound, Retry, TransportError, json_date, parse_json_date
from tc_queue import AsyncQueue, Queue
from tc_queue.types import CreateTaskRequest
from tc_testing import LocalTaskcluster

CASSETTE = Path(__file__).parent / "cassettes" / "retry-pages-error.yaml"

CREDENTIALS = Credentials("project/demo/ci", "an-access-token")

GROUP = "Tw8L0L5RSKKyGlCUEk4LQA"
TASKS = ["D2pVFMkwSbqA2dYiHS3XlA", "fN1SbArXTPSVFNUvaOlinQ", "Kd5s0nNpQzSkcrMTYQVhWw"]
NOT_A_TASK = "XVxS4bJUQm6Zx7Kl0yqvCA"


@pytest.fixture(scope="module", autouse=True)
def record(pytestconfig: pytest.Config) -> None:
    if not pytestconfig.getoption("--record", default=False):
        return
    with LocalTaskcluster() as tc, recording(CASSETTE, tc.root_url) as cassette:
        failure = {"code": "InternalServerError", "message": "Internal Server Error"}
        tc.faults.add("queue", "createTask", status=500, body=failure)

        async def calls() -> None:
            async with make(SYNC, tc.root_url, credentials=tc.credentials) as queue:
                await walk(queue, cassette)

        SYNC.run(calls)
    assert tc.access_token not in CASSETTE.read_text()


async def walk(queue: AsyncQueue, cassette: Cassette) -> None:
    """Make the calls. Their dates come from the day of the recording, so that each is replayed as it was sent."""
    recorded = cassette.get_metadata(
        "recorded",
        {"at": json_date(datetime.now(UTC)), "against": f"tc-testing {tc_testing.__version__}"},
    )
    task = definition(parse_json_date(recorded["at"]))
    for task_id in TASKS:
        created = await queue.createTask(task_id, task)
        assert created["status"]["state"] == "pending"
    pages = [page["tasks"] async for page in queue.listTaskGroup_pages(GROUP, limit=2)]
    assert [[member["status"]["taskId"] for member in page] for page in pages] == [TASKS[:2], TASKS[2:]]
    with pytest.raises(NotFound) as caught:
        await queue.task(NOT_A_TASK)
    assert (caught.value.status, caught.value.code) == (404, "ResourceNotFound")
    assert NOT_A_TASK in caught.value.message
    assert caught.value.request_id


def definition(now: datetime) -> CreateTaskRequest:
    return {
        "taskQueueId": "demo/linux",
        "taskGroupId": GROUP,
        "created": now,
        "deadline": now + timedelta(hours=2),
        "payload": {"command": ["true"], "maxRunTime": 600},
        "metadata": {
            "name": "a task",
            "description": "of a recording",
            "owner": "ci@example.com",
            "source": "https://example.com/demo",
        },
    }


def make(flavour: Flavour, root_url: str = ROOT_URL, **options: Any) -> AsyncQueue:
    usual: dict[str, Any] = {"credentials": CREDENTIALS, "retry": Retry(delay=0)}
    return flavour.make(Queue, AsyncQueue, root_url, **usual | options)


@every_flavour
async def test_the_calls_are_replayed_without_a_socket(flavour: Flavour) -> None:
    with offline() as sockets, replaying(CASSETTE) as cassette:
        async with make(flavour) as queue:
            await walk(queue, cassette)
    assert sockets == []
    assert cassette.all_played
    statuses = [response["status"]["code"] for response in cassette.responses]
    assert statuses == [500, 200, 200, 200, 200, 200, 404]


@every_flavour
async def test_a_client_that_is_connected_already_replays_too(flavour: Flavour) -> None:
    with Wire(answer(200, {"alive": True})) as wire:
        async with make(flavour, wire.url) as queue:
            await queue.ping()
            with replaying(CASSETTE) as cassette:
                await walk(queue, cassette)
    assert (wire.accepted, len(wire.requests)) == (1, 1)


@every_flavour
async def test_a_call_that_was_not_recorded_is_an_error_and_not_sent(flavour: Flavour) -> None:
    with offline() as sockets, replaying(CASSETTE):
        async with make(flavour) as queue:
            with pytest.raises(CannotOverwriteExistingCassetteException):
                await queue.task(TASKS[0])
    assert sockets == []


@every_flavour
async def test_without_a_cassette_a_call_does_reach_for_a_socket(flavour: Flavour) -> None:
    with refusing() as url, offline() as sockets:
        async with make(flavour, url, retry=Retry(retries=0)) as queue:
            with pytest.raises(TransportError):
                await queue.ping()
    assert sockets


def test_the_cassette_shows_no_secret() -> None:
    assert leaks(CASSETTE.read_text()) == []


@pytest.mark.parametrize(
    ("planted", "kind"),
    [
        ('Hawk id="a", mac="b"', "a Hawk header"),
        ("GET /api/queue/v1/ping?bewit=abc", "a bewit"),
        ('{"credentials": {"accessToken": "x"}}', "credentials"),
        ("Authorization: [x]", "credentials"),
        ('{"certificate": {"version": 1}}', "a certificate"),
        ("x: wIkMwbQzRKmoYgTBkGIGMg3fGZ-wOlQtmHYN0yD5aU_Q", "an access token"),
        ("uri: http://127.0.0.1:40123/api", "an address of the recording"),
    ],
)
def test_a_secret_on_a_cassette_would_be_found(planted: str, kind: str) -> None:
    assert leaks(CASSETTE.read_text() + planted) == [kind]
