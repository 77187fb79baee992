"""What each method of tc-hooks sends, byte for byte."""

from __future__ import annotations

from pathlib import Path

from wire_cases import WireTests

from tc_hooks import AsyncHooks, Hooks


class TestWire(WireTests):
    package = Path(__file__).parents[1]
    sync, asynchronous = Hooks, AsyncHooks
