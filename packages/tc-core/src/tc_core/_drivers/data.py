"""What sync and async exchanges with storages have in common."""

from __future__ import annotations

import re
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx

from .._transfers import steps
from .._transfers.places import no_place
from .exchange import Exchange
from .pools import Origin
from .timeouts import timeouts


def origin_of(url: str) -> Origin:
    """Return where the connection for a URL goes. The URL has been checked."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, f"[{host}]" if ":" in host else host, port


def target_of(url: str) -> bytes:
    """Return the path and the query of a URL as they stand there."""
    found = re.match(r"[^:]+://[^/?#]*([^#]*)", url)
    target = found[1] if found else ""
    return (target if target.startswith("/") else f"/{target}").encode("ascii")


class DataExchange(Exchange):
    """A request to a storage on its way; ``until`` is the monotonic time at which the deadline passes."""

    def __init__(
        self,
        step: steps.Exchange,
        until: float | None,
        body: httpx.SyncByteStream | httpx.AsyncByteStream | None,
    ) -> None:
        self._sent = step.request
        self._until = until
        url = _parsed(step.request.url)
        headers = step.request.headers
        if not any(name.lower() == "host" for name in headers):
            headers = {"Host": url.netloc.decode("ascii"), **headers}
        self.request = httpx.Request(
            step.request.verb,
            url,
            # With a stream given, httpx adds nothing of its own; HTTP itself needs the host.
            headers=headers,
            stream=httpx.ByteStream(b"") if body is None else body,
            # As it stands: httpx would resolve dots and quote more of it, and storages sign these very bytes.
            extensions={
                "timeout": timeouts(step.timeout, step.remaining, until),
                "target": target_of(step.request.url),
            },
        )


def _parsed(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except httpx.InvalidURL:
        # httpx looks more closely at some hosts than the one who checked it.
        raise no_place() from None


def head(answer: httpx.Response) -> steps.Answer:
    """Return the head of an answer."""
    # HTTP/2 frames each body; a transport that does not say is no real connection.
    version: bytes = answer.extensions.get("http_version", b"")
    framed = "content-length" in answer.headers or "transfer-encoding" in answer.headers
    return steps.Answer(
        answer.status_code, dict(answer.headers.items()), framed or not version.startswith(b"HTTP/1")
    )


def socket_of(answer: httpx.Response) -> socket.socket | None:
    """Return the socket that an answer comes through, if it comes through one."""
    stream: Any = answer.extensions.get("network_stream")
    found = None if stream is None else stream.get_extra_info("socket")
    return found if isinstance(found, socket.socket) else None
