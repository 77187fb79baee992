"""Recording from a deployment: how it differs does not show, and what it has not stays as it was recorded before."""

# A method is recorded as long as a server has it.
# pyright: reportDeprecated=false

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import cassettes
import httpx
import pytest
from cassettes import (
    HOUSE,
    Needs,
    RecordedTest,
    deployment,
    local_server,
    record_anew,
    recorded_tests,
    what_is_said_of,
)
from flavours import SYNC
from front import ADDED, STORAGE, Front, Missing
from offline import offline
from recorded_tasks import WORKER, definition, put

from tc_core import APIError, Client, Credentials, NotFound, Retry, ServerError
from tc_queue import Queue
from tc_testing import LocalTaskcluster
from tc_testing.recording import Recording, leaks, replay

pytestmark = pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")

NOTHING = Needs((), ())
EVERY = [
    pytest.param(test, id=f"{path.parents[1].name}-{test.name.removeprefix('test_')}")
    for path in sorted(HOUSE.glob("packages/*/tests/test_cassettes.py"))
    for test in recorded_tests(path)
]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalTaskcluster]:
    with LocalTaskcluster() as running:
        yield running


@pytest.fixture
def tc(server: LocalTaskcluster, monkeypatch: pytest.MonkeyPatch) -> LocalTaskcluster:
    server.reset()
    monkeypatch.setattr("tc_testing.recording._recording._PAUSE", 0)
    monkeypatch.setattr(cassettes, "environ", dict(server.environ))
    return server


@pytest.fixture
def front(tc: LocalTaskcluster) -> Iterator[Front]:
    """A deployment that has everything."""
    with Front(tc.root_url) as front:
        use(front)
        yield front


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(cassettes, "kept", names)
    return names


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A cassette that was recorded before."""
    path = tmp_path / "tc-queue" / "tests" / "cassettes" / "calls.yaml"
    record_anew(path, local_server(NOTHING, {}, lambda _: None), ping)
    return path


def use(front: Front) -> None:
    cassettes.environ["TASKCLUSTER_ROOT_URL"] = front.url


def ping(recording: Recording) -> Coroutine[Any, Any, None]:
    return call(recording, "api/queue/v1/ping")


async def call(recording: Recording, route: str) -> None:
    with Client(recording.root_url, credentials=recording.credentials) as client:
        client.request("GET", route)


async def count_tasks(recording: Recording) -> None:
    with Queue(recording.root_url, credentials=recording.credentials, retry=Retry(retries=0)) as queue:
        queue.taskQueueCounts(f"{recording.name()}/worker")


async def a_task_with_an_artifact(recording: Recording) -> None:
    with Queue(recording.root_url, credentials=recording.credentials, clock=recording.clock) as queue:
        task_id = recording.slug_id()
        with pytest.raises(NotFound):
            queue.task(task_id)
        queue.createTask(task_id, definition(recording))
        for attempt in recording.attempts():
            with attempt:
                members = [each["status"]["taskId"] for each in queue.listTaskGroup_items(task_id)]
                assert members == [task_id]
        claim = queue.claimTask(task_id, 0, WORKER)
        worker = queue.with_options(credentials=Credentials.from_json(claim["credentials"]))
        expires = recording.now() + timedelta(hours=1)
        artifact = worker.createArtifact(
            task_id, 0, "public/text", {"storageType": "s3", "contentType": "text/plain", "expires": expires}
        )
        assert artifact["storageType"] == "s3"
        put(artifact["putUrl"], b"a text", "text/plain")
        worker.reportCompleted(task_id, 0)
        assert httpx.get(queue.getArtifact(task_id, 0, "public/text")["url"]).text == "a text"


def replayed(path: Path, play: Callable[[Recording], Coroutine[Any, Any, None]]) -> None:
    with offline() as sockets, replay(path) as recording:
        SYNC.run(lambda: play(recording))
    assert sockets == []
    assert recording.unplayed == []


@pytest.mark.parametrize("test", EVERY)
def test_each_recording_is_made_and_replayed(
    tc: LocalTaskcluster, front: Front, tmp_path: Path, kept: list[str], test: RecordedTest
) -> None:
    test.set_up(tc)
    cassettes.environ.update({f"RECORD_{name.upper()}": value for name, value in test.facts.items()})

    def play(recording: Recording) -> Coroutine[Any, Any, None]:
        return test.play(recording, SYNC)

    path = tmp_path / "tc-any" / "tests" / "cassettes" / "calls.yaml"
    for _ in range(2):  # The second time all is there that the first has left.
        record_anew(path, deployment(test.needs), play)
        replayed(path, play)
    text = path.read_text("utf-8")
    again = {"builds_are_cancelled": ["tc-any/calls: the server has no build that can be cancelled"]}
    assert kept == again.get(test.name.removeprefix("test_"), [])
    assert leaks(text) == []
    assert STORAGE not in text
    assert not [value for name, value in ADDED.items() if name.lower() in text or value in text]


def test_lists_that_lag_and_buckets_elsewhere_are_replayed_at_once(
    front: Front, path: Path, kept: list[str]
) -> None:
    record_anew(path, deployment(NOTHING), a_task_with_an_artifact)
    replayed(path, a_task_with_an_artifact)
    assert [place.rpartition("/")[2] for place in front.lists] == ["list", "list"]
    text = path.read_text("utf-8")
    assert text.count("/list\n") == 1
    assert "http://host-1.example.com/s3/" in text
    assert '"params":{},"payload":{}' in text


def test_the_cassette_says_so(front: Front, path: Path, kept: list[str]) -> None:
    assert what_is_said_of(path)["kind"] == "local"
    record_anew(path, deployment(NOTHING), ping)
    assert what_is_said_of(path)["kind"] == "deployment"
    assert what_is_said_of(path)["version"].startswith("Taskcluster ")
    assert kept == []


# What is not there ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lacks", ["queue", "queue.taskQueueCounts"])
@pytest.mark.parametrize(
    ("missing", "references"),
    [
        ("error", True),
        ("page", True),
        ("website", True),
        ("not-implemented", True),
        ("error", False),
        ("page", False),
        ("not-implemented", False),
    ],
)
def test_a_service_or_a_method_that_is_missing(
    tc: LocalTaskcluster, path: Path, kept: list[str], lacks: str, missing: Missing, references: bool
) -> None:
    old = path.read_bytes()
    with Front(tc.root_url, lacks=[lacks], missing=missing, references=references) as front:
        use(front)
        record_anew(path, deployment(NOTHING), count_tasks)
    assert path.read_bytes() == old
    assert kept == ["tc-queue/calls: the server has no queue.taskQueueCounts"]


def test_a_missing_method_shows_although_cleaning_up_fails_as_well(
    tc: LocalTaskcluster, path: Path, kept: list[str]
) -> None:
    async def calls(recording: Recording) -> None:
        with Queue(recording.root_url, credentials=recording.credentials) as queue:
            try:
                queue.createTask(recording.slug_id(), definition(recording))
            finally:
                queue.cancelTask(recording.slug_id())

    with Front(tc.root_url, lacks=["queue.createTask"]) as front:
        use(front)
        record_anew(path, deployment(NOTHING), calls)
    assert kept == ["tc-queue/calls: the server has no queue.createTask"]


@pytest.mark.parametrize("status", [404, 501])
def test_an_error_of_a_method_that_is_published_is_an_error(
    tc: LocalTaskcluster, front: Front, path: Path, kept: list[str], status: int
) -> None:
    old = path.read_bytes()
    tc.faults.add("queue", "taskQueueCounts", status=status, body="<html>", times=None)
    with pytest.raises((NotFound, ServerError)):
        record_anew(path, deployment(NOTHING), count_tasks)
    assert path.read_bytes() == old
    assert kept == []


@pytest.mark.parametrize("missing", ["page", "website"])
def test_a_root_url_that_leads_to_no_taskcluster_is_an_error(
    tc: LocalTaskcluster, path: Path, kept: list[str], missing: Missing
) -> None:
    with Front(tc.root_url, lacks=["auth", "queue"], missing=missing, references=False) as front:
        use(front)
        with pytest.raises((APIError, ValueError)):
            record_anew(path, deployment(NOTHING), ping)
    assert kept == []


def test_a_run_that_fails_shows_no_credentials() -> None:
    unfit = "an access token, with blanks"
    variables = {
        "TASKCLUSTER_ROOT_URL": "http://127.0.0.1:1",
        "TASKCLUSTER_CLIENT_ID": "somebody",
        "TASKCLUSTER_ACCESS_TOKEN": unfit,
    }
    tests = "packages/tc-secrets/tests/test_cassettes.py"
    command = [sys.executable, "-m", "pytest", "-k", "monitoring and sync", "--record=deployment", tests]
    finished = subprocess.run(
        command, cwd=HOUSE, env=os.environ | variables, capture_output=True, text=True, check=False
    )
    assert "1 failed" in finished.stdout
    assert unfit not in finished.stdout + finished.stderr


def test_an_account_that_is_not_set_up(front: Front, path: Path, kept: list[str]) -> None:
    old = path.read_bytes()
    record_anew(path, deployment(Needs((), ("sentry_project",))), ping)
    assert path.read_bytes() == old
    assert kept == ["tc-queue/calls: RECORD_SENTRY_PROJECT is not set"]


def test_scopes_that_are_missing(
    tc: LocalTaskcluster, front: Front, path: Path, kept: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = path.read_bytes()
    poor = tc.credentials_with("auth:current-scopes")
    monkeypatch.setitem(cassettes.environ, "TASKCLUSTER_CLIENT_ID", poor.client_id)
    monkeypatch.setitem(cassettes.environ, "TASKCLUSTER_ACCESS_TOKEN", poor.access_token)
    record_anew(path, deployment(Needs(("queue:cancel-task:*",), ())), ping)
    assert path.read_bytes() == old
    assert kept == ["tc-queue/calls: the credentials do not have queue:cancel-task:*"]


def test_other_errors_are_errors(front: Front, path: Path, kept: list[str]) -> None:
    old = path.read_bytes()
    with pytest.raises(NotFound):
        record_anew(
            path,
            deployment(NOTHING),
            lambda recording: call(recording, "api/queue/v1/task/FAkI05yUSGqRv214J1ZCCA/status"),
        )
    assert path.read_bytes() == old
    assert kept == []
