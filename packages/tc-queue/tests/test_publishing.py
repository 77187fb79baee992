"""Artifacts published and read back against a local Taskcluster, which checks signatures, scopes and URLs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

import pytest
from depot import Depot, content
from flavours import Flavour, every_flavour
from wire import Wire, answer

from tc_core import (
    BadRequest,
    Conflict,
    Credentials,
    FailedDependency,
    InsufficientScopes,
    NotFound,
    Retry,
    TaskclusterError,
    from_now,
    slug_id,
)
from tc_queue import AsyncQueue, Queue
from tc_testing import Fault, LocalTaskcluster, Relay

MEBIBYTE = 1024 * 1024
EXPIRES = from_now("1 day")
Storage = Literal["object", "s3"]
STORAGES: list[Storage] = ["object", "s3"]


class Claimed(NamedTuple):
    """A task that is being run, and the credentials of its run."""

    tc: LocalTaskcluster
    task_id: str
    credentials: Credentials

    def make(self, flavour: Flavour, url: str | None = None, **options: Any) -> AsyncQueue:
        given = {"credentials": self.credentials, "retry": Retry(delay=0), **options}
        return flavour.make(Queue, AsyncQueue, url or self.tc.root_url, **given)


@pytest.fixture(scope="module")
def server() -> Iterator[LocalTaskcluster]:
    with LocalTaskcluster() as running:
        yield running


@pytest.fixture
def claimed(server: LocalTaskcluster) -> Claimed:
    server.reset()
    task_id = slug_id()
    with Queue(server.root_url, credentials=server.credentials) as queue:
        queue.createTask(
            task_id,
            {
                "taskQueueId": "demo/linux",
                "projectId": "demo-project",
                "created": from_now("0 seconds"),
                "deadline": from_now("2 hours"),
                "expires": from_now("2 days"),
                "payload": {},
                "metadata": {
                    "name": "a task",
                    "description": "for a test",
                    "owner": "ci@example.com",
                    "source": "https://example.com/demo",
                },
            },
        )
        claims = queue.claimWork("demo/linux", {"workerGroup": "group", "workerId": "worker", "tasks": 1})
    given = claims["tasks"][0]["credentials"]
    credentials = Credentials(given["clientId"], given["accessToken"], given["certificate"])
    return Claimed(server, task_id, credentials)


@every_flavour
@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("size", [0, 1, 8191, 8192, 8193, MEBIBYTE + 1])
async def test_what_is_published_is_read_back(
    flavour: Flavour, storage: Storage, size: int, claimed: Claimed, tmp_path: Path
) -> None:
    data = content(size)
    (tmp_path / "source").write_bytes(data)
    name = "public/a b+'%.bin"
    async with claimed.make(flavour) as queue:
        sent = await queue.create_artifact_from(
            claimed.task_id,
            0,
            name,
            tmp_path / "source",
            expires=EXPIRES,
            content_type="text/x-log",
            storage=storage,
        )
        got = await queue.download_artifact(claimed.task_id, name)
        listed = await queue.listArtifacts(claimed.task_id, 0)
    assert sent.length == size
    assert (got.content, got.content_type) == (data, "text/x-log")
    assert got.hashes == (sent.hashes if storage == "object" else {})
    assert [(each["name"], each["storageType"]) for each in listed["artifacts"]] == [(name, storage)]


@every_flavour
async def test_anybody_may_read_what_is_public(flavour: Flavour, claimed: Claimed) -> None:
    async with claimed.make(flavour) as queue:
        for storage in STORAGES:
            for name in ("public", "private"):
                await queue.create_artifact_from(
                    claimed.task_id, 0, f"{name}/{storage}", b"data", expires=EXPIRES, storage=storage
                )
    async with claimed.make(flavour, credentials=None) as anybody:
        for storage in STORAGES:
            assert (await anybody.download_artifact(claimed.task_id, f"public/{storage}")).content == b"data"
            with pytest.raises(InsufficientScopes):
                await anybody.download_artifact(claimed.task_id, f"private/{storage}")


@every_flavour
@pytest.mark.parametrize("storage", STORAGES)
async def test_publishing_survives_lost_connections(
    flavour: Flavour, storage: Storage, claimed: Claimed
) -> None:
    data = content(MEBIBYTE)
    with Relay(claimed.tc.root_url) as relay:
        async with claimed.make(flavour, relay.url) as queue:
            # Every request is made twice, but for the first: Taskcluster takes it for an object only once.
            first = [Fault.pass_through()] if storage == "object" else []
            relay.plan(*first, *[Fault.reset("headers"), Fault.pass_through()] * 5)
            await queue.create_artifact_from(
                claimed.task_id, 0, "public/x", data, expires=EXPIRES, storage=storage
            )
            relay.plan(*[Fault.truncate("body", after=9), Fault.pass_through()] * 3)
            assert (await queue.download_artifact(claimed.task_id, "public/x")).content == data


@every_flavour
@pytest.mark.parametrize("storage", STORAGES)
async def test_urls_to_read_that_expired_are_renewed(
    flavour: Flavour, storage: Storage, claimed: Claimed
) -> None:
    data = content(MEBIBYTE)
    moved: list[int] = []

    def late(done: int, total: int | None, phase: str) -> None:
        if not moved:
            moved.append(done)
            claimed.tc.clock.advance(minutes=31)

    async with claimed.make(flavour) as queue:
        await queue.create_artifact_from(
            claimed.task_id, 0, "private/x", data, expires=EXPIRES, storage=storage
        )
    # The credentials of a run do not live that long.
    lasting = claimed._replace(credentials=claimed.tc.credentials)
    with Relay(claimed.tc.root_url) as relay:
        async with lasting.make(flavour, relay.url) as queue:
            calls = 1 if storage == "s3" else 2
            relay.plan(*[Fault.pass_through()] * calls, Fault.truncate("body", after=700_000))
            got = await queue.download_artifact(claimed.task_id, "private/x", run_id=0, on_progress=late)
    assert moved
    assert got.content == data


@every_flavour
async def test_a_url_to_write_that_expired_is_renewed(flavour: Flavour) -> None:
    refused = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
    with Wire(answer(403, refused), answer(200, b"")) as storage:
        made = {"storageType": "s3", "contentType": "text/x-log", "expires": "2999-01-01T00:00:00.000Z"}
        answers = [answer(200, {**made, "putUrl": f"{storage.url}/x?{number}"}) for number in range(2)]
        with Wire(*answers) as wire:
            async with flavour.make(Queue, AsyncQueue, wire.url) as queue:
                await queue.create_artifact_from(slug_id(), 0, "x", b"data", expires=EXPIRES, storage="s3")
        assert wire.requests[0].body == wire.requests[1].body
        first, second = storage.requests
        assert (first.target, second.target) == ("/x?0", "/x?1")
        assert second.body == b"data"
        assert second.headers == {
            "host": storage.url.removeprefix("http://"),
            "content-type": "text/x-log",
            "content-length": "4",
        }


@every_flavour
async def test_an_object_is_not_finished_before_all_was_sent(flavour: Flavour, claimed: Claimed) -> None:
    def broken(done: int, total: int | None, phase: str) -> None:
        raise LookupError("enough")

    async with claimed.make(flavour) as queue:
        with pytest.raises(LookupError):
            await queue.create_artifact_from(
                claimed.task_id, 0, "public/x", content(MEBIBYTE), expires=EXPIRES, on_progress=broken
            )
        with pytest.raises(NotFound):
            await queue.download_artifact(claimed.task_id, "public/x")


@every_flavour
async def test_references_errors_and_links(flavour: Flavour, claimed: Claimed) -> None:
    task_id = claimed.task_id
    with Wire(answer(200, b"elsewhere")) as there:
        async with claimed.make(flavour) as queue:
            await queue.create_artifact_from(task_id, 0, "public/x", b"data", expires=EXPIRES, storage="s3")
            await queue.create_link_artifact(task_id, 0, "public/link", "public/x", expires=EXPIRES)
            await queue.create_reference_artifact(task_id, 0, "public/ref", there.url, expires=EXPIRES)
            await queue.create_error_artifact(
                task_id, 0, "public/err", "file-missing-on-worker", "no such file", expires=EXPIRES
            )
            assert (await queue.download_artifact(task_id, "public/link")).content == b"data"
            assert (await queue.download_artifact(task_id, "public/ref")).content == b"elsewhere"
            with pytest.raises(FailedDependency, match="file-missing-on-worker: no such file"):
                await queue.download_artifact(task_id, "public/err", run_id=0)
            await queue.create_link_artifact(task_id, 0, "public/far", "public/ref", expires=EXPIRES)
            for name in ("public/ref", "public/far"):
                with pytest.raises(TaskclusterError, match="is a reference"):
                    await queue.download_artifact(task_id, name, managed_only=True)
        assert len(there.requests) == 1


@every_flavour
async def test_what_the_queue_refuses_is_an_error(flavour: Flavour, claimed: Claimed) -> None:
    task_id = claimed.task_id
    async with claimed.make(flavour) as queue:
        with pytest.raises(BadRequest, match="after the task expiration"):
            await queue.create_artifact_from(task_id, 0, "public/x", b"", expires=from_now("9 days"))
        await queue.create_error_artifact(
            task_id, 0, "public/x", "file-missing-on-worker", "", expires=EXPIRES
        )
        with pytest.raises(Conflict):
            await queue.create_artifact_from(task_id, 0, "public/x", b"", expires=EXPIRES)


@every_flavour
async def test_a_folder_of_artifacts(flavour: Flavour, claimed: Claimed, tmp_path: Path) -> None:
    names = [f"public/{quote(str(number))}/log.txt" for number in range(5)]
    async with claimed.make(flavour) as queue:
        for number, name in enumerate(names):
            await queue.create_artifact_from(
                claimed.task_id, 0, name, name.encode(), expires=EXPIRES, storage=STORAGES[number % 2]
            )
        got = await queue.download_artifacts(claimed.task_id, "public/**/*.txt", to=tmp_path)
    assert {name: each.path.read_bytes() for name, each in got.items()} == {
        name: name.encode() for name in names
    }


PAST = datetime.now(UTC) - timedelta(minutes=1)
COMMON: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "empty task id": ({"task_id": ""}, ValueError, "task_id: is empty"),
    "run id of another type": ({"run_id": None}, TypeError, "run_id: NoneType"),
    "empty name": ({"name": ""}, ValueError, "name: is empty"),
    "name that is not ASCII": ({"name": "caf\xe9"}, ValueError, "name: has characters other than"),
    "expiry in the past": ({"expires": PAST}, ValueError, "expires: is .*has passed"),
    "expiry of another type": ({"expires": None}, TypeError, "expires: NoneType"),
}
METHODS: dict[str, dict[str, Any]] = {
    "create_artifact_from": {"source": b"x"},
    "create_reference_artifact": {"url": "https://example.com/x"},
    "create_error_artifact": {"reason": "file-missing-on-worker", "message": "none"},
    "create_link_artifact": {"artifact": "public/y"},
}
SPECIAL: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("create_artifact_from", {"source": None}, TypeError, "source: NoneType"),
    ("create_artifact_from", {"source": "/none/there"}, ValueError, "source: '/none/there' cannot be read"),
    ("create_artifact_from", {"source": "/"}, ValueError, "source: '/' is a folder"),
    ("create_artifact_from", {"source": lambda: None}, TypeError, "source: the function returned NoneType"),
    (
        "create_artifact_from",
        {"source": lambda: None, "storage": "s3"},
        TypeError,
        "source: the function returned NoneType",
    ),
    ("create_artifact_from", {"storage": "tape"}, ValueError, "storage: is 'tape'; pass 'object' or 's3'"),
    ("create_artifact_from", {"content_type": "a\nb"}, ValueError, "content_type: has characters"),
    ("create_reference_artifact", {"url": "ftp://example.com"}, ValueError, "url: must begin with http"),
    ("create_reference_artifact", {"url": ""}, ValueError, "url: is empty"),
    ("create_error_artifact", {"message": None}, TypeError, "message: NoneType"),
    ("create_link_artifact", {"artifact": ""}, ValueError, "artifact: is empty"),
]


@every_flavour
@pytest.mark.parametrize(
    ("method", "changes", "kind", "message"),
    [*((method, *case) for method in METHODS for case in COMMON.values()), *SPECIAL],
)
async def test_bad_input_is_told_before_anything_is_sent(
    flavour: Flavour, method: str, changes: dict[str, Any], kind: type[Exception], message: str
) -> None:
    arguments = {"task_id": slug_id(), "run_id": 0, "name": "public/x", "expires": EXPIRES, **METHODS[method]}
    with Depot() as depot:
        async with flavour.make(Queue, AsyncQueue, depot.url) as queue:
            with pytest.raises(kind, match=message):
                await getattr(queue, method)(**arguments | changes)
        assert depot.calls == []
