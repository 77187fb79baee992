"""httpx's transports for asyncio and trio, each on a single connection instead of a pool.

httpx's pool looks through all its connections and requests at each step, and takes locks for it.
"""

from __future__ import annotations

import ssl
from typing import Any

import httpx

from ..network import proxy_to
from ..transports import context_for, has_leftovers, httpcore_origin, through
from .connections import AsyncConnection
from .handshakes import SecureTransport


class AsyncOneConnection(httpx.AsyncHTTPTransport):
    """A transport on one connection. `handle_async_request` is httpx's own: tools that record calls replace it."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        # The constructor of httpx would make a pool here.
        self._pool: Any = connection


AsyncTransport = AsyncOneConnection | SecureTransport


def new_async_transport(scheme: str, host: str, port: int, context: ssl.SSLContext | None) -> AsyncTransport:
    """Make a transport that holds one connection; on the way through a proxy, httpx's own."""
    if proxy := proxy_to(scheme, host, port):
        return SecureTransport(**through(proxy, context))
    return AsyncOneConnection(
        AsyncConnection(httpcore_origin(scheme, host, port), context_for(scheme, context))
    )


def reusable(transport: AsyncTransport) -> bool:
    """Tell whether a transport that was kept is good for another request."""
    if isinstance(transport, AsyncOneConnection):
        return transport.connection.reusable
    return not has_leftovers(transport)  # what has ended, httpx's pool replaces by itself
