"""Fixtures for pytest: one local Taskcluster for the session, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from . import LocalTaskcluster

_VARIABLES = ("PROXY_URL", "CERTIFICATE")  # of the caller, which would lead clients elsewhere


@pytest.fixture(scope="session")
def taskcluster_server() -> Iterator[LocalTaskcluster]:
    """A local Taskcluster that runs until the session ends, with all that tests leave behind in it."""
    from . import LocalTaskcluster

    with LocalTaskcluster() as server:
        yield server


@pytest.fixture
def taskcluster(taskcluster_server: LocalTaskcluster, monkeypatch: pytest.MonkeyPatch) -> LocalTaskcluster:
    """A local Taskcluster in which nothing has happened yet, for tests of any colour, async ones included.

    The TASKCLUSTER_* variables lead to it while the test runs.
    """
    taskcluster_server.reset()
    for name in _VARIABLES:
        monkeypatch.delenv(f"TASKCLUSTER_{name}", raising=False)
    for name, value in taskcluster_server.environ.items():
        monkeypatch.setenv(name, value)
    return taskcluster_server
