"""What each method of tc-github sends, byte for byte."""

from __future__ import annotations

from pathlib import Path

from wire_cases import WireTests

from tc_github import AsyncGithub, Github


class TestWire(WireTests):
    package = Path(__file__).parents[1]
    sync, asynchronous = Github, AsyncGithub
