"""httpx's transports, each on a single connection instead of a pool.

httpx's pool looks through all its connections and requests at each step, and takes locks for it.
"""

from __future__ import annotations

import ssl
from typing import Any

import httpcore
import httpx

from .connections import IDLE_SECONDS, AsyncConnection, Connection
from .deadlines import bound_by_deadlines
from .handshakes import SecureTransport
from .network import proxy_to, tls_context

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
    """Tell whether a transport that was kept is good for another request. A pool of httpx sees to that itself."""
    if isinstance(transport, (OneConnection, AsyncOneConnection)):
        connection: Connection | AsyncConnection = transport._pool  # pyright: ignore[reportPrivateUsage]
        return connection.reusable
    return True


def _origin(scheme: str, host: str, port: int) -> httpcore.Origin:
    # By way of httpx, so that the host is written as in the requests that httpx will hand on.
    url = httpx.URL(f"{scheme}://{host}:{port}")
    return httpcore.Origin(url.raw_scheme, url.raw_host, port)


def _context(scheme: str, given: ssl.SSLContext | None) -> ssl.SSLContext | None:
    return tls_context(given) if scheme == "https" else None


def _through(proxy: httpx.Proxy, context: ssl.SSLContext | None) -> dict[str, Any]:
    return {"limits": _LIMITS, "verify": tls_context(context), "proxy": proxy, "trust_env": False}
