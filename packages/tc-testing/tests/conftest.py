"""One server for all tests of a module, fresh for each test, and a plain signed HTTP client for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tc_testing import LocalTaskcluster

# The helpers of these tests; they are here, and not with those of the house, to be in the sdist.
sys.path.insert(0, str(Path(__file__).with_name("support")))

from hawk_client import Caller


@pytest.fixture(scope="module")
def server() -> Iterator[LocalTaskcluster]:
    with LocalTaskcluster() as running:
        yield running


@pytest.fixture
def tc(server: LocalTaskcluster) -> LocalTaskcluster:
    server.reset()
    return server


@pytest.fixture
def root(tc: LocalTaskcluster) -> Caller:
    return Caller(tc.root_url, tc.client_id, tc.access_token)


@pytest.fixture
def anonymous(tc: LocalTaskcluster) -> Caller:
    return Caller(tc.root_url)
