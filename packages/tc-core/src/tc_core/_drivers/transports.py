"""What transports have in common: where they lead, and through what."""

from __future__ import annotations

import ssl
from typing import Any

import httpcore
import httpx

from .http1 import IDLE_SECONDS
from .network import tls_context

_LIMITS = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=IDLE_SECONDS)


def httpcore_origin(scheme: str, host: str, port: int) -> httpcore.Origin:
    """Return what httpcore calls the other end."""
    # By way of httpx, so that the host is written as in the requests that httpx will hand on.
    url = httpx.URL(f"{scheme}://{host}:{port}")
    return httpcore.Origin(url.raw_scheme, url.raw_host, port)


def context_for(scheme: str, given: ssl.SSLContext | None) -> ssl.SSLContext | None:
    """Return what TLS needs; None where there is none."""
    return tls_context(given) if scheme == "https" else None


def through(proxy: httpx.Proxy, context: ssl.SSLContext | None) -> dict[str, Any]:
    """Return the arguments of a transport of httpx that holds one connection, through a proxy."""
    return {"limits": _LIMITS, "verify": tls_context(context), "proxy": proxy, "trust_env": False}


def has_leftovers(transport: httpx.HTTPTransport | httpx.AsyncHTTPTransport) -> bool:
    """Tell whether something came behind the last answer: httpcore would take it for the beginning of the next."""
    # No public interface shows it. Where the private one that leads there is gone, a test of proxies says so.
    inside: Any = transport
    return any(_innermost(each)._h11_state.trailing_data[0] for each in inside._pool.connections)


def _innermost(connection: Any) -> Any:
    while inner := getattr(connection, "_connection", None):
        connection = inner
    return connection
