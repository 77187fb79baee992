"""What each method of tc-web-server sends, byte for byte."""

from __future__ import annotations

from pathlib import Path

from wire_cases import WireTests

from tc_web_server import AsyncWebServer, WebServer


class TestWire(WireTests):
    package = Path(__file__).parents[1]
    sync, asynchronous = WebServer, AsyncWebServer
