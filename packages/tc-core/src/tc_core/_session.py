"""What the calls of one client share: the root URL, the options, the credentials. Turns calls into requests."""

from __future__ import annotations

import os
import re
import sys
from base64 import urlsafe_b64encode
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from . import _hawk
from ._credentials import Credentials
from ._endpoint import Call
from ._errors import redact
from ._options import Options, check_seconds
from ._source import CredentialSource
from ._version import __version__

_WITH_BODY = ("PATCH", "POST", "PUT")
"""Verbs with which an absent body is said to be empty (RFC 9110, 8.6)."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = r"[A-Za-z0-9_-]{1,63}"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
# What is all numbers is an address.
_HOST = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}|(?![0-9.]+$){_LABEL}(?:\.{_LABEL})*\.?")
_PATH = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")


class Request(NamedTuple):
    """One attempt of a call, signed and ready to send; ``target`` is path and query, in the very bytes signed."""

    verb: str
    url: str
    target: str
    headers: dict[str, str]
    body: bytes | None

    @property
    def name(self) -> str:
        """Verb and URL, fit for messages."""
        return f"{self.verb} {redact(self.url)}"

    def __repr__(self) -> str:
        # Programs that report the local variables of an error must not report the signature.
        return f"Request({self.verb} {redact(self.url)})"


class RootUrl:
    """A deployment's root URL, and how Hawk names its host.

    Raises:
        TypeError: it is no str.
        ValueError: it has no scheme or host, or has a query, a fragment, or credentials.
    """

    __slots__ = ("host", "netloc", "origin", "path", "port", "url")

    def __init__(self, root_url: str) -> None:
        parts = _split(root_url)
        self.url = root_url.rstrip("/")
        self.host = _host(parts)
        self.port = parts.port or _DEFAULT_PORTS[parts.scheme]
        self.path = parts.path.rstrip("/")
        self.netloc = self.host if self.port == _DEFAULT_PORTS[parts.scheme] else f"{self.host}:{self.port}"
        self.origin = f"{parts.scheme}://{self.netloc}"


class Session:
    """Shared by a client and the services on it; a copy with other options is another session."""

    __slots__ = ("_ext", "options", "root", "source")

    def __init__(self, root: RootUrl, options: Options, source: CredentialSource) -> None:
        if options.authorized_scopes is not None and source.current is None and source.provider is None:
            # A proxy signs with all that the task may do: to go on would grant more than was asked for.
            raise ValueError(
                "authorized_scopes: there are no credentials here to limit; pass credentials too"
            )
        self.root = root
        self.options = options
        self.source = source
        self._ext: tuple[Credentials | None, str | None] = (None, None)

    def user_agent(self, product: str) -> str:
        """Name a package such as ``tc-queue/106.0.0``, tc-core and Python, and what the user adds."""
        python = "Python/{}.{}.{}".format(*sys.version_info)
        products = (product, f"tc-core/{__version__}", python, self.options.user_agent)
        return " ".join(dict.fromkeys(text for text in products if text))

    def url(self, resource: str) -> str:
        """Return the full URL of a resource below the root URL."""
        return self.root.url + resource

    def request(self, call: Call, credentials: Credentials | None, agent: str) -> Request:
        """Sign one attempt of a call."""
        headers = {
            "host": self.root.netloc,
            "accept": "application/json",
            "accept-encoding": "gzip",
            "user-agent": agent,
        }
        if call.body is not None or call.verb in _WITH_BODY:
            headers["content-length"] = str(len(call.body or b""))
        if call.content_type is not None:
            headers["content-type"] = call.content_type
        if self.options.trace_id is not None:
            headers["x-taskcluster-trace-id"] = self.options.trace_id
        if credentials is not None:
            headers["authorization"] = self._authorization(call, credentials)
        target = self.root.path + call.resource
        return Request(call.verb, self.root.origin + target, target, headers, call.body)

    def signed_url(self, resource: str, credentials: Credentials | None, ttl: float) -> str:
        """Return the URL of a GET that works without credentials for ``ttl`` seconds.

        Raises:
            ValueError: there are no credentials to sign with, or ``ttl`` is not positive.
            TypeError: ``ttl`` is no number.
        """
        check_seconds("ttl", ttl)
        if credentials is None:
            raise ValueError(
                "credentials: a signed URL needs them, and this client has none; a Taskcluster proxy keeps its "
                "credentials to itself, so behind one call the method instead, or pass credentials"
            )
        now = self.options.clock()
        credentials.check_expiry(now)
        bewit = _hawk.bewit(
            credentials,
            resource=self.root.path + resource,
            host=self.root.host,
            port=self.root.port,
            expiry=int(now + ttl),
            ext=self._ext_for(credentials),
        )
        return f"{self.url(resource)}{'&' if '?' in resource else '?'}bewit={bewit}"

    def _authorization(self, call: Call, credentials: Credentials) -> str:
        now = self.options.clock()
        credentials.check_expiry(now)
        return _hawk.header(
            credentials,
            verb=call.verb,
            resource=self.root.path + call.resource,
            host=self.root.host,
            port=self.root.port,
            timestamp=int(now),
            nonce=urlsafe_b64encode(os.urandom(6)).decode(),
            ext=self._ext_for(credentials),
            hash=None if call.body is None else _hawk.payload_hash(call.body, call.content_type or ""),
        )

    def _ext_for(self, credentials: Credentials) -> str | None:
        # One tuple, so that no thread ever sees one credentials' ext beside another's.
        signer, ext = self._ext
        if signer is not credentials:
            ext = credentials.ext(self.options.authorized_scopes)
            self._ext = (credentials, ext)
        return ext


def _split(root_url: Any) -> SplitResult:
    if not isinstance(root_url, str):
        raise TypeError(f"root_url: {type(root_url).__name__}; pass a str such as 'https://tc.example.com'")
    if not root_url.isascii() or any(character <= " " or character == "\x7f" for character in root_url):
        raise ValueError("root_url: has white space or characters other than ASCII; pass the encoded form")
    try:
        parts = urlsplit(root_url)
        _ = parts.port  # Reading it is what checks it.
    except ValueError as error:
        raise ValueError(f"root_url: {error}; pass e.g. 'https://tc.example.com'") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError("root_url: needs a scheme and a host; pass e.g. 'https://tc.example.com'")
    if "?" in root_url or "#" in root_url:
        raise ValueError("root_url: has a query or fragment; pass only scheme, host and, if any, path")
    if "@" in parts.netloc:
        raise ValueError("root_url: has a user name or password; pass credentials=Credentials(...) instead")
    if ":" not in parts.hostname and not _HOST.fullmatch(parts.hostname):
        raise ValueError("root_url: has a host name that cannot be; pass e.g. 'https://tc.example.com'")
    if parts.netloc.endswith(":") or parts.port == 0:
        raise ValueError("root_url: has no port after its colon, or port 0; name the port, or leave out both")
    if not _PATH.fullmatch(parts.path):
        raise ValueError("root_url: has a path that is not percent-encoded; pass the encoded form")
    if {".", ".."} & set(parts.path.split("/")):
        # They would be resolved before sending, and the signature would be of another path.
        raise ValueError("root_url: has '.' or '..' in its path; pass the path that it comes to")
    return parts


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    # The service checks an IPv6 literal with its brackets.
    return f"[{host}]" if ":" in host else host
