"""What httpx.Client would have added to its transports: TLS settings and proxies of the environment."""

from __future__ import annotations

import os
import ssl
from threading import Lock
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpx

_contexts: dict[tuple[str | None, str | None], ssl.SSLContext] = {}
_contexts_lock = Lock()

ONE_CONNECTION = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=60.0)
"""A transport holds one connection: a pool of many scans all of them for each request."""


def transport_options(scheme: str, host: str, port: int, context: ssl.SSLContext | None) -> dict[str, Any]:
    """Return the keyword arguments for a transport to ``host`` that holds one connection."""
    proxy = _proxy(scheme, host, port)
    return {
        "limits": ONE_CONNECTION,
        "verify": context or (_bare_context() if scheme == "http" and proxy is None else _shared_context()),
        "proxy": proxy,
        "trust_env": False,
    }


def _proxy(scheme: str, host: str, port: int) -> str | None:
    proxies: dict[str, str] = getproxies()
    url = proxies.get(scheme) or proxies.get("all")
    # NO_PROXY names an IPv6 literal without its brackets, and may name a port.
    if not url or proxy_bypass(f"{host}:{port}") or proxy_bypass(host.strip("[]")):
        return None
    return url if "://" in url else f"http://{url}"


def _shared_context() -> ssl.SSLContext:
    """Loading the certificates takes milliseconds and megabytes: once for a process is enough."""
    key = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    with _contexts_lock:
        if key not in _contexts:
            _contexts[key] = httpx.create_ssl_context()
        return _contexts[key]


def _bare_context() -> ssl.SSLContext:
    """A transport without TLS wants a context too, and would load the certificates for it."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
