"""The fixtures that the package brings to pytest, in runs of their own."""

from __future__ import annotations

from pathlib import Path

from inner_pytest import run

FRESH = """
import os
from tc_core import Client

def listed():
    return Client.from_env().request("GET", "api/auth/v1/clients/").json()["clients"]

def test_one(taskcluster):
    taskcluster.add_client("left-behind", [])
    assert "left-behind" in [client["clientId"] for client in listed()]
    taskcluster.clock.advance(days=1)

def test_other(taskcluster, taskcluster_server):
    assert taskcluster is taskcluster_server
    assert "left-behind" not in [client["clientId"] for client in listed()]
    assert "TASKCLUSTER_PROXY_URL" not in os.environ

def test_without():
    assert os.environ["TASKCLUSTER_ROOT_URL"] == "https://tc.example.com"
"""

ASYNC = """
import pytest
from tc_core import APIError, AsyncClient

pytestmark = pytest.mark.anyio

@pytest.fixture
def anyio_backend():
    return "asyncio"

async def test_scopes(taskcluster):
    credentials = taskcluster.credentials_with("secrets:get:x")
    async with AsyncClient(taskcluster.root_url, credentials=credentials) as client:
        for name, status in ("x", 404), ("y", 403):
            with pytest.raises(APIError) as caught:
                await client.request("GET", f"api/secrets/v1/secret/{name}")
            assert caught.value.status == status
"""


def test_each_test_has_a_fresh_taskcluster(tmp_path: Path) -> None:
    report = run(tmp_path, FRESH)
    assert "3 passed" in report, report


def test_async_tests_have_it_too(tmp_path: Path) -> None:
    report = run(tmp_path, ASYNC, "-p", "anyio")
    assert "1 passed" in report, report


def test_fixtures_are_described(tmp_path: Path) -> None:
    report = run(tmp_path, "", "--fixtures")
    assert "taskcluster -- " in report
    assert "taskcluster_server [session scope] -- " in report
