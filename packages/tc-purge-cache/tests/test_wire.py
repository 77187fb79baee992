"""What each method of tc-purge-cache sends, byte for byte."""

from __future__ import annotations

from pathlib import Path

from wire_cases import WireTests

from tc_purge_cache import AsyncPurgeCache, PurgeCache


class TestWire(WireTests):
    package = Path(__file__).parents[1]
    sync, asynchronous = PurgeCache, AsyncPurgeCache
