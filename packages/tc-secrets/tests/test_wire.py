"""What each method of tc-secrets sends, byte for byte."""

from __future__ import annotations

from pathlib import Path

from wire_cases import WireTests

from tc_secrets import AsyncSecrets, Secrets


class TestWire(WireTests):
    package = Path(__file__).parents[1]
    sync, asynchronous = Secrets, AsyncSecrets
