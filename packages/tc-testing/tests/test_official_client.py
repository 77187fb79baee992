"""The official Python client does its work against the local Taskcluster, as it does against a deployment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import official_client
import pytest

from tc_testing import LocalTaskcluster


def run(tc: LocalTaskcluster, case: str) -> None:
    script = Path(__file__).with_name("support") / "official_client.py"
    ran = subprocess.run(
        [sys.executable, script, case],
        env=os.environ | tc.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("case", official_client.CASES)
def test_it_works(tc: LocalTaskcluster, case: str) -> None:
    run(tc, case)


def test_what_it_did_is_published(tc: LocalTaskcluster) -> None:
    run(tc, "life_of_a_task")
    assert [message.name for message in tc.messages] == [
        "taskDefined",
        "taskPending",
        "taskRunning",
        "artifactCreated",
        "taskCompleted",
        "taskGroupResolved",
    ]
