"""Recording from a deployment: what is not there stays as it was recorded before, and is named."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import cassettes
import pytest
from cassettes import Needs, deployment, local_server, record_anew, what_is_said_of

from tc_core import Client, NotFound
from tc_testing import LocalTaskcluster
from tc_testing.recording import Recording

NOTHING = Needs((), ())


@pytest.fixture
def tc(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalTaskcluster]:
    with LocalTaskcluster() as running:
        monkeypatch.setattr(cassettes, "environ", dict(running.environ))
        yield running


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(cassettes, "kept", names)
    return names


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A cassette that was recorded before."""
    path = tmp_path / "calls.yaml"
    record_anew(path, local_server(NOTHING, None, None), ping)
    return path


def ping(recording: Recording) -> Coroutine[Any, Any, None]:
    return call(recording, "api/auth/v1/ping")


async def call(recording: Recording, route: str) -> None:
    with Client(recording.root_url, credentials=recording.credentials) as client:
        client.request("GET", route)


def test_the_cassette_says_so(tc: LocalTaskcluster, path: Path, kept: list[str]) -> None:
    assert what_is_said_of(path)["kind"] == "local"
    record_anew(path, deployment(NOTHING), ping)
    assert what_is_said_of(path)["kind"] == "deployment"
    assert what_is_said_of(path)["version"].startswith("Taskcluster ")
    assert kept == []


@pytest.mark.parametrize(
    ("status", "body"), [(404, {"error": "Not found"}), (501, {"code": "NotImplemented", "message": "none"})]
)
def test_a_method_that_is_missing(
    tc: LocalTaskcluster, path: Path, kept: list[str], status: int, body: object
) -> None:
    old = path.read_bytes()
    tc.faults.add("auth", "ping", status=status, body=body, times=None)
    record_anew(path, deployment(NOTHING), ping)
    assert path.read_bytes() == old
    assert len(kept) == 1
    assert kept[0].startswith("calls.yaml: the server has no ")


def test_an_account_that_is_not_set_up(tc: LocalTaskcluster, path: Path, kept: list[str]) -> None:
    old = path.read_bytes()
    record_anew(path, deployment(Needs((), ("sentry_project",))), ping)
    assert path.read_bytes() == old
    assert kept == ["calls.yaml: RECORD_SENTRY_PROJECT is not set"]


def test_scopes_that_are_missing(
    tc: LocalTaskcluster, path: Path, kept: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = path.read_bytes()
    poor = tc.credentials_with("auth:current-scopes")
    monkeypatch.setitem(cassettes.environ, "TASKCLUSTER_CLIENT_ID", poor.client_id)
    monkeypatch.setitem(cassettes.environ, "TASKCLUSTER_ACCESS_TOKEN", poor.access_token)
    record_anew(path, deployment(Needs(("queue:cancel-task:*",), ())), ping)
    assert path.read_bytes() == old
    assert kept == ["calls.yaml: the credentials do not have queue:cancel-task:*"]


def test_other_errors_are_errors(tc: LocalTaskcluster, path: Path, kept: list[str]) -> None:
    old = path.read_bytes()
    with pytest.raises(NotFound):
        record_anew(
            path,
            deployment(NOTHING),
            lambda recording: call(recording, "api/queue/v1/task/FAkI05yUSGqRv214J1ZCCA/status"),
        )
    assert path.read_bytes() == old
    assert kept == []
