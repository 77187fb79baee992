"""What each method of tc-queue sends, byte for byte."""

from __future__ import annotations

from pathlib import Path

from wire_cases import WireTests

from tc_queue import AsyncQueue, Queue


class TestWire(WireTests):
    package = Path(__file__).parents[1]
    sync, asynchronous = Queue, AsyncQueue
