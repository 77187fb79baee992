"""A plain HTTP client that signs with mohawk: nothing here is shared with the server or with tc-core."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import http.client
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from mohawk import Sender
from mohawk.base import Resource
from mohawk.bewit import get_bewit


class Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        is_compressed = self.headers.get("content-encoding") == "gzip"
        return json.loads(gzip.decompress(self.content) if is_compressed else self.content)

    @property
    def code(self) -> str:
        return self.json["code"]

    @property
    def message(self) -> str:
        """The part of an error's message that is meant for people."""
        return self.json["message"].split("\n\n---\n\n")[0]


class Caller:
    """Sends requests to one server, signed with these credentials, or not at all.

    Arguments: ext, the `ext` to sign, as text or as an object to encode.
    """

    def __init__(
        self, root_url: str, client_id: str | None = None, access_token: str = "", *, ext: Any = None
    ) -> None:
        self.root_url = root_url
        self.client_id = client_id
        self.access_token = access_token
        self.ext = ext if ext is None or isinstance(ext, str) else encode_ext(ext)

    def __call__(
        self,
        verb: str,
        path: str,
        payload: Any = None,
        *,
        body: bytes | None = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        **signing: Any,
    ) -> Reply:
        """Send one request; path with query, as it goes over the wire. `signing` as in `authorization`."""
        if payload is not None:
            body, content_type = json.dumps(payload).encode(), content_type or "application/json"
        sent = {"content-type": content_type} if content_type else {}
        if self.client_id is not None:
            sent["authorization"] = self.authorization(verb, path, body, content_type, **signing)
        return self.send(verb, path, body, sent | dict(headers or {}))

    def authorization(
        self,
        verb: str,
        path: str,
        body: bytes | None = None,
        content_type: str | None = None,
        *,
        hashed: bool = True,
        timestamp: float | None = None,
        host: str | None = None,
    ) -> str:
        """The header for a request, with the hash of the payload or without."""
        content: dict[str, Any] = (
            {"content": body or b"", "content_type": content_type or ""} if hashed else {}
        )
        sender = Sender(
            self._key,
            (f"http://{host}" if host else self.root_url) + path,
            verb,
            ext=self.ext,
            always_hash_content=hashed,
            _timestamp=None if timestamp is None else int(timestamp),
            **content,
        )
        return str(sender.request_header)

    def bewit(self, path: str, *, expires: float | None = None) -> str:
        """`path` with a bewit that is good for a minute, or until `expires`."""
        resource = Resource(
            url=self.root_url + path,
            method="GET",
            credentials=self._key,
            timestamp=int(time.time() + 60 if expires is None else expires),
            nonce="",
            ext=self.ext,
        )
        return f"{path}{'&' if '?' in path else '?'}bewit={get_bewit(resource).rstrip('=')}"

    def send(
        self, verb: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send one request just as it is."""
        connection = http.client.HTTPConnection(urlsplit(self.root_url).netloc, timeout=30)
        try:
            given = {"content-length": str(len(body))} if body is not None else {}
            given |= headers or {}
            connection.putrequest(verb, path, skip_host="host" in given, skip_accept_encoding=True)
            for name, value in given.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            received = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, received, answer.read())
        finally:
            connection.close()

    @property
    def _key(self) -> dict[str, str]:
        return {"id": self.client_id or "", "key": self.access_token, "algorithm": "sha256"}


def temporary(
    issuer: Caller,
    scopes: Sequence[str],
    *,
    name: str | None = None,
    start: float = -60,
    expiry: float = 3600,
    changed: Mapping[str, Any] | None = None,
    authorized_scopes: Sequence[str] | None = None,
) -> Caller:
    """A caller with temporary credentials of `issuer`.

    Arguments: start and expiry in seconds from now; changed, what is put into the certificate after signing.
    """
    now = time.time()
    certificate: dict[str, Any] = {
        "version": 1,
        "scopes": list(scopes),
        "start": int((now + start) * 1000),
        "expiry": int((now + expiry) * 1000),
        "seed": secrets.token_hex(22),
    }
    lines = ["version:1"]
    if name is not None:
        certificate["issuer"] = issuer.client_id
        lines += [f"clientId:{name}", f"issuer:{issuer.client_id}"]
    lines += [f"{key}:{certificate[key]}" for key in ("seed", "start", "expiry")]
    certificate["signature"] = base64.b64encode(
        sign(issuer.access_token, "\n".join([*lines, "scopes:", *scopes]))
    ).decode()
    token = base64.urlsafe_b64encode(sign(issuer.access_token, certificate["seed"])).decode().rstrip("=")
    ext: dict[str, Any] = {"certificate": certificate | dict(changed or {})}
    if authorized_scopes is not None:
        ext["authorizedScopes"] = list(authorized_scopes)
    return Caller(issuer.root_url, name or issuer.client_id, token, ext=ext)


def encode_ext(ext: Any) -> str:
    return base64.b64encode(json.dumps(ext).encode()).decode()


def sign(key: str, text: str) -> bytes:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
