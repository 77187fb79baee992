"""The one query argument of all services that is a date."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from flavours import Flavour, every_flavour
from wire import Wire, answer

from tc_purge_cache import AsyncPurgeCache, PurgeCache

DATE = datetime(2026, 11, 23, 10, 29, 57, 575999, timezone(timedelta(hours=1)))


@every_flavour
async def test_a_date_travels_in_utc_and_milliseconds(flavour: Flavour) -> None:
    with Wire(answer(200, {"requests": []})) as wire:
        async with flavour.make(PurgeCache, AsyncPurgeCache, wire.url) as purge_cache:
            await purge_cache.purgeRequests("demo/w-0795", since=DATE)
    # What a Taskcluster 106.0.0 was sent, and understood.
    assert wire.requests[0].target == (
        "/api/purge-cache/v1/purge-cache/demo%2Fw-0795?since=2026-11-23T09%3A29%3A57.575Z"
    )


@every_flavour
async def test_a_naive_date_is_refused_and_nothing_sent(flavour: Flavour) -> None:
    with Wire() as wire:
        async with flavour.make(PurgeCache, AsyncPurgeCache, wire.url) as purge_cache:
            with pytest.raises(ValueError, match=r"^since: is a naive datetime; give it a time zone"):
                await purge_cache.purgeRequests("demo/w-0795", since=DATE.replace(tzinfo=None))
    assert wire.accepted == 0
