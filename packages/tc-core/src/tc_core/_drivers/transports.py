"""httpx's transports, each on a single connection instead of a pool.

httpx's pool looks through all its connections and requests at each step, and takes locks for it.
"""

from __future__ import annotations

import ssl
from typing import Any

import httpcore
import httpx

from .async_connections import AsyncConnection
from .deadlines import bound_by_deadlines
from .handshakes import SecureTransport
from .http1 import IDLE_SECONDS
from .network import proxy_to, tls_context
from .sync_connections import Connection

_LIMITS = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=IDLE_SECONDS)


class OneConnection(httpx.HTTPTransport):
    """A transport on one connection. `handle_request` is httpx's own: tools that record calls replace it."""

    def __init__(self, connection: Connection) -> None:
        # The constructor of httpx would make a pool here.
        self._pool: Any = connection


class AsyncOneConnection(httpx.AsyncHTTPTransport):
    """`OneConnection` for asyncio and trio."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._pool: Any = connection


def new_transport(
    scheme: str, host: str, port: int, context: ssl.SSLContext | None
) -> OneConnection | httpx.HTTPTransport:
    """Make a transport that holds one connection; on the way through a proxy, httpx's own."""
    if proxy := proxy_to(scheme, host, port):
        return bound_by_deadlines(httpx.HTTPTransport(**_through(proxy, context)))
    return OneConnection(Connection(_origin(scheme, host, port), _context(scheme, context)))


def new_async_transport(
    scheme: str, host: str, port: int, context: ssl.SSLContext | None
) -> AsyncOneConnection | SecureTransport:
    """Make an async transport that holds one connection; on the way through a proxy, httpx's own."""
    if proxy := proxy_to(scheme, host, port):
        return SecureTransport(**_through(proxy, context))
    return AsyncOneConnection(AsyncConnection(_origin(scheme, host, port), _context(scheme, context)))


def reusable(transport: httpx.BaseTransport | httpx.AsyncBaseTransport) -> bool:
    """Tell whether a transport that was kept is good for another request."""
    inside: Any = transport
    if isinstance(transport, (OneConnection, AsyncOneConnection)):
        connection: Connection | AsyncConnection = inside._pool
        return connection.reusable
    # A pool of httpx replaces what has ended by itself.
    return not any(_leftovers(each) for each in inside._pool.connections)


def _leftovers(connection: Any) -> bytes:
    """Return what came behind the last answer: httpcore would take it for the beginning of the next one."""
    # No public interface shows it. Where the private one that leads there is gone, a test of proxies says so.
    while inner := getattr(connection, "_connection", None):
        connection = inner
    data: bytes = connection._h11_state.trailing_data[0]
    return data


def _origin(scheme: str, host: str, port: int) -> httpcore.Origin:
    # By way of httpx, so that the host is written as in the requests that httpx will hand on.
    url = httpx.URL(f"{scheme}://{host}:{port}")
    return httpcore.Origin(url.raw_scheme, url.raw_host, port)


def _context(scheme: str, given: ssl.SSLContext | None) -> ssl.SSLContext | None:
    return tls_context(given) if scheme == "https" else None


def _through(proxy: httpx.Proxy, context: ssl.SSLContext | None) -> dict[str, Any]:
    return {"limits": _LIMITS, "verify": tls_context(context), "proxy": proxy, "trust_env": False}
