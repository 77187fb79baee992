"""What each method of tc-auth sends, byte for byte."""

from __future__ import annotations

from pathlib import Path

from wire_cases import WireTests

from tc_auth import AsyncAuth, Auth


class TestWire(WireTests):
    package = Path(__file__).parents[1]
    sync, asynchronous = Auth, AsyncAuth
