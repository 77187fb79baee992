"""What a Taskcluster answered to the methods of this service, replayed from cassettes (see docs/cassettes.md)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cassettes import Scene, monitoring, recorded

from tc_core import InsufficientScopes
from tc_purge_cache import AsyncPurgeCache, PurgeCache

test_monitoring = monitoring(PurgeCache, AsyncPurgeCache)


@recorded(
    PurgeCache,
    AsyncPurgeCache,
    scopes=[
        "purge-cache:recording-*",
        "purge-cache:all-purge-requests",
        "purge-cache:purge-requests::recording-*",
    ],
)
async def test_a_cache_is_purged(purge: AsyncPurgeCache, scene: Scene) -> None:
    pool = f"{scene.name()}/pool"
    await purge.purgeCache(pool, {"cacheName": "cache"})
    for attempt in scene.attempts():
        with attempt:
            found = await purge.purgeRequests(pool)
            assert [each["cacheName"] for each in found["requests"]] == ["cache"]
    later = await purge.purgeRequests(pool, since=scene.now() + timedelta(days=1))
    assert later["requests"] == []
    assert "requests" in await purge.allPurgeRequests(limit=2)


@recorded(PurgeCache, AsyncPurgeCache)
async def test_what_is_refused(purge: AsyncPurgeCache, scene: Scene) -> None:
    with pytest.raises(InsufficientScopes):
        await purge.purgeCache(f"{scene.name()}/pool", {"cacheName": "cache"})
