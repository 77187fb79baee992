"""Hawk signatures: the Authorization header and the bewit, as mozilla/hawk's API.md defines them.

Of mohawk only the string that a bewit signs is used: its Sender formats every payload for a debug log, and for
headers the string is joined here, since that takes a quarter of the time, and no loading of mohawk.
"""

from __future__ import annotations

import hmac
from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._credentials import Credentials

MAX_LENGTH = 4096
"""Longest Authorization header, and longest path and query with a bewit, that Taskcluster reads (characters)."""


class _Resource:
    """What mohawk's ``normalize_string`` reads."""

    method = "GET"
    nonce = ""
    app = None
    dlg = None

    def __init__(self, timestamp: str, name: str, host: str, port: str, ext: str | None) -> None:
        self.timestamp = timestamp
        self.name = name
        self.host = host
        self.port = port
        self.ext = ext


def payload_hash(body: bytes, content_type: str) -> str:
    """Hash a request's body and its content type (parameters are left out) for the header."""
    media_type = content_type.split(";", 1)[0].strip().lower()
    digest = sha256(f"hawk.1.payload\n{media_type}\n".encode())
    digest.update(body)
    digest.update(b"\n")
    return b64encode(digest.digest()).decode()


def header(
    credentials: Credentials,
    *,
    verb: str,
    resource: str,
    host: str,
    port: int,
    timestamp: int,
    nonce: str,
    ext: str | None = None,
    hash: str | None = None,
) -> str:
    """Make an Authorization header.

    Args:
        verb: HTTP verb in upper case.
        resource: path with query, the very characters that are sent.
        host: host name in lower case, an IPv6 literal in brackets.
        port: TCP port.
        timestamp: seconds since 1970.
        nonce: a few random characters.
        ext: Taskcluster's ext (base64 of JSON), or None.
        hash: what `payload_hash` gave, or None for no body.

    Raises:
        ValueError: the header is longer than Taskcluster reads.
    """
    mac = _mac(
        credentials,
        f"hawk.1.header\n{timestamp}\n{nonce}\n{verb}\n{resource}\n{host}\n{port}\n{hash or ''}\n{ext or ''}\n",
    )
    optional = (f', hash="{hash}"' if hash else "") + (f', ext="{ext}"' if ext else "")
    value = f'Hawk id="{credentials.client_id}", ts="{timestamp}", nonce="{nonce}"{optional}, mac="{mac}"'
    _check_length("an Authorization header", value)
    return value


def bewit(
    credentials: Credentials, *, resource: str, host: str, port: int, expiry: int, ext: str | None = None
) -> str:
    """Make the bewit for a GET of ``resource`` (path with query, without a bewit) until ``expiry`` (seconds).

    Raises:
        ValueError: path and query are longer with it than Taskcluster reads.
    """
    # mohawk brings logging and inspect along: it is loaded with the first bewit, not with the package.
    from mohawk.util import normalize_string

    signed = _Resource(str(expiry), resource, host, str(port), ext)
    mac = _mac(credentials, normalize_string("bewit", signed, None))
    plain = f"{credentials.client_id}\\{expiry}\\{mac}\\{ext or ''}"
    value = urlsafe_b64encode(plain.encode()).decode().rstrip("=")
    _check_length("a URL", f"{resource}?bewit={value}")
    return value


def _mac(credentials: Credentials, text: str) -> str:
    return b64encode(hmac.digest(credentials.access_token.encode(), text.encode(), "sha256")).decode()


def _check_length(what: str, value: str) -> None:
    if len(value) > MAX_LENGTH:
        raise ValueError(
            f"credentials and authorized_scopes make {what} of {len(value)} characters, Taskcluster reads "
            f"{MAX_LENGTH}; use fewer or shorter scopes"
        )
