"""Purge requests: what the recorded exchanges do not show."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from checked import checked_root
from hawk_client import Caller

from tc_testing import LocalTaskcluster

POOL = "/api/purge-cache/v1/purge-cache/demo%2Fw"


@pytest.fixture
def root(tc: LocalTaskcluster) -> Caller:
    return checked_root(tc)


def purge(root: Caller, cache: str) -> None:
    assert root("POST", POOL, {"cacheName": cache}).status == 204


def requests(root: Caller, query: str = "") -> list[Any]:
    return root("GET", POOL + query).json["requests"]


def test_only_what_is_newer(tc: LocalTaskcluster, root: Caller) -> None:
    purge(root, "old")
    tc.clock.advance(minutes=1)
    since = tc.clock.now().isoformat()
    purge(root, "new")
    assert [request["cacheName"] for request in requests(root)] == ["new", "old"]
    assert [request["cacheName"] for request in requests(root, f"?since={quote(since)}")] == ["new"]
    tc.clock.advance(minutes=1)
    purge(root, "old")
    assert len(requests(root, f"?since={quote(since)}")) == 2


def test_requests_end_after_a_day(tc: LocalTaskcluster, root: Caller) -> None:
    purge(root, "c")
    tc.clock.advance(hours=23)
    assert len(requests(root)) == 1
    tc.clock.advance(hours=2)
    assert requests(root) == []
    assert root("GET", "/api/purge-cache/v1/purge-cache/list").json == {"requests": []}


def test_scope_names_the_cache(tc: LocalTaskcluster) -> None:
    caller = Caller(tc.root_url, "c", tc.add_client("c", ["purge-cache:demo/w:mine"]))
    assert caller("POST", POOL, {"cacheName": "mine"}).status == 204
    assert caller("POST", POOL, {"cacheName": "other"}).status == 403


@pytest.mark.parametrize("pool", ["demo", "demo%2FW", "a%2Fb%2Fc"])
def test_what_is_no_worker_pool(root: Caller, pool: str) -> None:
    path = f"/api/purge-cache/v1/purge-cache/{pool}"
    assert root("POST", path, {"cacheName": "c"}).code == "InvalidRequestArguments"
