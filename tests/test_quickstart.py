"""examples/quickstart.py against a local Taskcluster, and whether its help tells the truth."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import quickstart

from tc_auth import Auth
from tc_core import AuthenticationFailed, Client, InsufficientScopes
from tc_secrets import Secrets
from tc_testing import LocalTaskcluster

SCRIPT = Path(quickstart.__file__)
QUEUE = "proj-x/linux"
PREFIX = "proj/x"


@pytest.fixture
def taskcluster() -> Iterator[LocalTaskcluster]:
    with LocalTaskcluster() as server:
        yield server


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)


def documented_scopes() -> list[str]:
    listed = run("--help").stdout.partition("scopes needed")[2].splitlines()[1:]
    dotted, dashed = PREFIX.replace("/", "."), PREFIX.replace("/", "-")
    scopes: list[str] = []
    for line in listed:
        scope = line.strip().replace("TASK_QUEUE", QUEUE)
        scope = re.sub(r"^(index:\S+:)PREFIX", rf"\g<1>{dotted}", scope)
        scope = re.sub(r"^(queue:\S+:)PREFIX", rf"\g<1>{dashed}", scope)
        scopes.append(scope.replace("PREFIX", PREFIX))
    return scopes


def test_each_step_prints_a_line(taskcluster: LocalTaskcluster) -> None:
    finished = run(**taskcluster.environ)
    assert finished.stderr == ""
    assert finished.returncode == 0
    assert len(finished.stdout.splitlines()) == 9


def test_what_is_left_expires(taskcluster: LocalTaskcluster) -> None:
    with Client(taskcluster.root_url, credentials=taskcluster.credentials) as client:
        before = Auth(client).listClients()
        assert run(**taskcluster.environ).returncode == 0
        assert Auth(client).listClients() == before
        assert Secrets(client).list()["secrets"] == []


def test_a_step_that_fails_ends_it(taskcluster: LocalTaskcluster) -> None:
    finished = run(**taskcluster.environ | {"TASKCLUSTER_ACCESS_TOKEN": "wrong"})
    assert finished.returncode == 1
    assert finished.stderr.startswith("failed: AuthenticationFailed: ")


def test_no_environment_is_told_plainly() -> None:
    finished = run()
    assert finished.returncode == 1
    assert "TASKCLUSTER_ROOT_URL" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_the_scopes_in_its_help_are_enough_and_all_needed(
    taskcluster: LocalTaskcluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scopes = documented_scopes()
    assert len(scopes) == 13
    monkeypatch.setenv("TASKCLUSTER_ROOT_URL", taskcluster.root_url)
    monkeypatch.setenv("TASKCLUSTER_CLIENT_ID", "someone")
    for missing in (None, *scopes):
        token = taskcluster.add_client("someone", [scope for scope in scopes if scope != missing])
        monkeypatch.setenv("TASKCLUSTER_ACCESS_TOKEN", token)
        if missing is None:
            quickstart.walk(QUEUE, PREFIX)
        else:
            with pytest.raises((AuthenticationFailed, InsufficientScopes)):
                quickstart.walk(QUEUE, PREFIX)
    assert capsys.readouterr().out
