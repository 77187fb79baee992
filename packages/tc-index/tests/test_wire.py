"""What each method of tc-index sends, byte for byte."""

from __future__ import annotations

from pathlib import Path

from wire_cases import WireTests

from tc_index import AsyncIndex, Index


class TestWire(WireTests):
    package = Path(__file__).parents[1]
    sync, asynchronous = Index, AsyncIndex
