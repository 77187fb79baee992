"""What each method of tc-worker-manager sends, byte for byte."""

from __future__ import annotations

from pathlib import Path

from wire_cases import WireTests

from tc_worker_manager import AsyncWorkerManager, WorkerManager


class TestWire(WireTests):
    package = Path(__file__).parents[1]
    sync, asynchronous = WorkerManager, AsyncWorkerManager
