"""What each method of tc-notify sends, byte for byte."""

from __future__ import annotations

from pathlib import Path

from wire_cases import WireTests

from tc_notify import AsyncNotify, Notify


class TestWire(WireTests):
    package = Path(__file__).parents[1]
    sync, asynchronous = Notify, AsyncNotify
