"""What each method of tc-object sends, byte for byte."""

from __future__ import annotations

from pathlib import Path

from wire_cases import WireTests

from tc_object import AsyncObject, Object


class TestWire(WireTests):
    package = Path(__file__).parents[1]
    sync, asynchronous = Object, AsyncObject
