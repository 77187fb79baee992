"""Those who are measured, each doing the same work in its own way.

A module is loaded only in the process that measures it, by the names in `SYNC` and `ASYNC`. What is measured
against is loaded with `import_module`, so that type checkers do without these packages.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

SYNC = {
    "http.client": "floor:HttpClient",
    "ours": "ours:Ours",
    "official": "official:Official",
    "httpx + mohawk": "stock_httpx:SignedHttpx",
    "httpx, unsigned": "stock_httpx:Httpx",
    "requests, unsigned": "bare_requests:Requests",
}
ASYNC = {
    "aiohttp, unsigned": "bare_aiohttp:Aiohttp",
    "ours": "ours:AsyncOurs",
    "ours on aiohttp": "ours:AsyncOursOnAiohttp",
    "official, shared session": "official:OfficialShared",
    "official, no session": "official:OfficialUnshared",
    "httpx, unsigned": "stock_httpx:AsyncHttpx",
}


class Contender(Protocol):
    """A sync client of a deployment at ``root_url``."""

    def __init__(self, root_url: str) -> None: ...

    def get(self) -> object:
        """Call queue.task and return its decoded answer."""
        ...

    def status(self) -> object:
        """Call queue.status and return its decoded answer."""
        ...

    def put(self) -> object:
        """Call queue.createTask and return its decoded answer."""
        ...


class AsyncContender(Protocol):
    """An async client of a deployment at ``root_url``; made inside a running event loop."""

    def __init__(self, root_url: str, in_flight: int) -> None: ...

    async def status(self) -> object:
        """Call queue.status and return its decoded answer."""
        ...


class Walker(Contender, Protocol):
    """A sync client that also walks over pages."""

    def walk(self) -> int:
        """Walk over all pages of queue.listTaskGroup, and return the number of tasks."""
        ...


def load(name: str) -> Any:
    """Return the class that ``name`` (module:class) stands for."""
    module, attribute = name.split(":")
    return getattr(import_module(f"{__name__}.{module}"), attribute)
