"""One server for all tests of a module, fresh for each test, and a plain signed HTTP client for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tc_testing import LocalTaskcluster
from tc_testing._facts import exchanges
from tc_testing._schemas import problems

# The helpers of these tests; they are here, and not with those of the house, to be in the sdist.
sys.path.insert(0, str(Path(__file__).with_name("support")))

import methods_table
from hawk_client import Caller


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-methods-table",
        action="store_true",
        help="write docs/local-taskcluster.md anew, with what these tests show",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # It is about what all the others have shown.
    items.sort(key=lambda item: item.path.name == methods_table.TEST_FILE)


@pytest.fixture(scope="module")
def server() -> Iterator[LocalTaskcluster]:
    with LocalTaskcluster() as running:
        yield running


@pytest.fixture
def tc(server: LocalTaskcluster, request: pytest.FixtureRequest) -> Iterator[LocalTaskcluster]:
    server.reset()
    yield server
    methods_table.note(request.node, server.requests)
    for message in server.messages:
        schema = exchanges()[message.service, message.name].schema
        assert problems(schema, message.payload) == [], message
        assert message.key, message


@pytest.fixture
def root(tc: LocalTaskcluster) -> Caller:
    return Caller(tc.root_url, tc.client_id, tc.access_token)


@pytest.fixture
def anonymous(tc: LocalTaskcluster) -> Caller:
    return Caller(tc.root_url)
