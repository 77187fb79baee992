"""What httpx.Client would have added to its transports: TLS settings and proxies of the environment."""

from __future__ import annotations

import os
import ssl
from urllib.request import getproxies, proxy_bypass

import httpx

from .._forks import Lock

_contexts: dict[tuple[str | None, str | None], ssl.SSLContext] = {}
_contexts_lock = Lock()


def proxy_to(scheme: str, host: str, port: int) -> httpx.Proxy | None:
    """Return the proxy that the environment names for the way to ``host``, if any."""
    proxies: dict[str, str] = getproxies()
    url = proxies.get(scheme) or proxies.get("all")
    # NO_PROXY names an IPv6 literal without its brackets, and may name a port.
    if not url or proxy_bypass(f"{host}:{port}") or proxy_bypass(host.strip("[]")):
        return None
    url = url if "://" in url else f"http://{url}"
    # That of httpcore would believe all other authorities beside those in SSL_CERT_FILE.
    context = _shared_context() if url.lower().startswith("https:") else None
    try:
        proxy = httpx.Proxy(url, ssl_context=context)
        proxy.url.raw_host.decode().encode("idna")  # as those do who look it up, without naming the variable
        return proxy
    except (ValueError, httpx.InvalidURL):
        # They may hold a password, as may the error, and some reports show local variables.
        del url, proxies
    raise ValueError(f"{scheme}_proxy: the environment names no proxy such as http://proxy.example.com:3128")


def tls_context(given: ssl.SSLContext | None = None) -> ssl.SSLContext:
    """Return what a user gave, or else the context that all clients of the process share."""
    return given or _shared_context()


def _shared_context() -> ssl.SSLContext:
    """Loading the certificates takes milliseconds and megabytes: once for a process is enough."""
    key = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    with _contexts_lock.mutex:
        if key not in _contexts:
            try:
                _contexts[key] = httpx.create_ssl_context()
            except OSError as error:
                name = "SSL_CERT_FILE" if key[0] else "SSL_CERT_DIR"
                raise ValueError(f"{name}: {key[0] or key[1]} cannot be read as certificates") from error
        return _contexts[key]
