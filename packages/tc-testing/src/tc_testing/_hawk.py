"""Who calls: Hawk headers and bewits, checked with primitives of mohawk."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mohawk.exc import HawkFail
from mohawk.util import calculate_mac, parse_authorization_header, strings_match

from ._certificates import Extension, ExtensionError, Issuer, read_extension, verify
from ._errors import APIError

__all__ = ["NOBODY", "Authenticator", "Caller", "SignedRequest", "check_payload_hash"]

_SKEW_SECONDS = 15 * 60
_LONGEST = 4096  # characters of an Authorization header, and of a path with a bewit
_BEWIT = re.compile(r"(?P<path>[^?]*)(?P<mark>.*?[?&])bewit=(?P<bewit>[^&]*)(?:&(?P<rest>.*))?")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What of a request takes part in its signature."""

    verb: str
    resource: str = field(repr=False)  # raw path with query; a bewit may be in it
    host: str  # an IPv6 literal with its brackets
    port: str
    authorization: str | None = field(repr=False)


class Caller(NamedTuple):
    """Who calls, and what it may do."""

    client_id: str | None  # None for a call without credentials
    scopes: list[str]
    payload_hash: str | None = None  # as signed; None if the payload was left out of the signature
    expiry_ms: float | None = None  # of temporary credentials, in milliseconds since 1970


NOBODY = Caller(None, [])


@dataclass(frozen=True, slots=True)
class _Signed:
    """The attributes that mohawk's `calculate_mac` reads."""

    credentials: dict[str, str] = field(repr=False)
    timestamp: str
    nonce: str
    method: str
    name: str
    host: str
    port: str
    ext: str
    app: str | None = None
    dlg: str | None = None


class Authenticator:
    """Finds out who sent a request.

    Arguments: find_issuer gives the client of an id, or raises APIError if there is none that may be used; expand
    adds to scopes what roles give; wall_time and time are the time by which a header's timestamp is judged, and
    that by which bewits and certificates expire, in seconds since 1970.
    """

    def __init__(
        self,
        find_issuer: Callable[[str], Issuer],
        expand: Callable[[Sequence[str]], list[str]],
        *,
        wall_time: Callable[[], float],
        time: Callable[[], float],
    ) -> None:
        self._find_issuer = find_issuer
        self._expand = expand
        self._wall_time = wall_time
        self._time = time

    def authenticate(self, request: SignedRequest) -> Caller:
        """Who sent `request`. Raises APIError 401."""
        caller = self._identify(request) or NOBODY
        return caller._replace(scopes=self._expand(["assume:anonymous", *caller.scopes]))

    def _identify(self, request: SignedRequest) -> Caller | None:
        if found := _BEWIT.fullmatch(request.resource):
            if request.authorization is not None:
                raise _refusal(
                    "Cannot use two authentication schemes at once "
                    "this request has both bewit in querystring and 'authorization' header"
                )
            rest = found["rest"]
            # The address as it was before the bewit was added to it.
            resource = found["path"] + (found["mark"] + rest if rest else found["mark"][:-1])
            return self._check_bewit(request, found["bewit"], resource)
        if request.authorization is not None:
            return self._check_header(request, request.authorization)
        return None

    def _check_header(self, request: SignedRequest, authorization: str) -> Caller:
        if len(authorization) > _LONGEST:
            raise _refusal("Bad Request: Header length too long")
        if not re.match(r"hawk\b", authorization, re.IGNORECASE):
            raise _refusal("Unauthorized: Unauthorized")
        try:
            attributes: dict[str, str] = parse_authorization_header(authorization)
        except (HawkFail, ValueError):
            raise _refusal("Bad Request: Bad header format") from None
        if not all(attributes.get(name) for name in ("id", "ts", "nonce", "mac")):
            raise _refusal("Bad Request: Missing attributes")
        payload_hash = attributes.get("hash")
        caller = self._check_mac(
            "header",
            _Signed(
                {"id": attributes["id"], "key": "", "algorithm": "sha256"},
                attributes["ts"],
                attributes["nonce"],
                request.verb,
                request.resource,
                request.host.lower(),
                request.port,
                attributes.get("ext", ""),
                attributes.get("app"),
                attributes.get("dlg"),
            ),
            attributes["mac"],
            payload_hash,
        )
        if abs(_seconds(attributes["ts"]) - self._wall_time()) > _SKEW_SECONDS:
            raise _refusal("Unauthorized: Stale timestamp")
        return caller

    def _check_bewit(self, request: SignedRequest, bewit: str, resource: str) -> Caller:
        if len(request.resource) > _LONGEST:
            raise _refusal("Bad Request: Resource path exceeds max length")
        if not bewit:
            raise _refusal("Unauthorized: Empty bewit")
        if request.verb not in ("GET", "HEAD"):
            raise _refusal("Unauthorized: Invalid method")
        client_id, expiry, mac, ext = _read_bewit(bewit)
        if _seconds(expiry) <= self._time():
            raise _refusal("Unauthorized: Access expired")
        credentials = {"id": client_id, "key": "", "algorithm": "sha256"}
        signed = _Signed(credentials, expiry, "", "GET", resource, request.host.lower(), request.port, ext)
        return self._check_mac("bewit", signed, mac, None)

    def _check_mac(self, mac_type: str, signed: _Signed, mac: str, payload_hash: str | None) -> Caller:
        client_id = signed.credentials["id"]
        try:
            extension: Extension = read_extension(signed.ext)
            issuer = self._find_issuer(extension.issuer or client_id)
            verified = verify(extension, client_id, issuer, self._expand, self._time())
        except ExtensionError as error:
            raise _refusal(str(error)) from None
        signed.credentials["key"] = verified.access_token
        expected: bytes = calculate_mac(mac_type, signed, payload_hash)
        if not strings_match(expected, mac.encode()):
            raise _refusal("Unauthorized: Bad mac")
        expiry_ms = None if extension.certificate is None else extension.certificate["expiry"]
        return Caller(client_id, verified.scopes, payload_hash, expiry_ms)


def check_payload_hash(caller: Caller, body: bytes, content_type: str) -> None:
    """Refuse a body that is not the one that was signed. Raises APIError 401.

    A caller may leave the payload out of the signature; then anything goes.
    """
    if caller.payload_hash is None:
        return
    computed = _payload_hash(body, content_type)
    if not strings_match(computed, caller.payload_hash):
        raise _refusal(
            f"Invalid payload hash: {{{{hash}}}}\nComputed payload hash: {computed}\n"
            "The header was signed with the hash of another body, or of another content type."
        )


def _payload_hash(body: bytes, content_type: str) -> str:
    # mohawk's own writes the whole payload out for its log, whether or not anybody reads that.
    media_type = content_type.partition(";")[0].strip().lower()
    hashed = hashlib.sha256(b"hawk.1.payload\n%b\n%b\n" % (media_type.encode(), body))
    return base64.b64encode(hashed.digest()).decode()


def _read_bewit(bewit: str) -> list[str]:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", bewit) or len(bewit) % 4 == 1:
        raise _refusal("Bad Request: Invalid bewit encoding")
    try:
        parts = base64.urlsafe_b64decode(bewit + "=" * (-len(bewit) % 4)).decode().split("\\")
    except (binascii.Error, UnicodeDecodeError):
        raise _refusal("Bad Request: Invalid bewit encoding") from None
    if len(parts) != 4:
        raise _refusal("Bad Request: Invalid bewit structure")
    if not all(parts[:3]):
        raise _refusal("Bad Request: Missing bewit attributes")
    return parts


def _seconds(text: str) -> int:
    """A timestamp as a number; 1970 for what is none, which is out of date anyway."""
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else 0


def _refusal(message: str) -> APIError:
    return APIError("AuthenticationFailed", message)
