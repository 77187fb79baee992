"""The `ext` of a Hawk header or bewit: temporary credentials, and scopes given up for one call."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from tc_core import scopes

from ._json import is_array, is_object, read
from ._scopes import missing

__all__ = ["Extension", "ExtensionError", "Issuer", "Verified", "read_extension", "verify"]

_TOLERANCE_MS = 5 * 60 * 1000
_LONGEST_MS = 31 * 24 * 60 * 60 * 1000
_SEED_LENGTH = 44


class ExtensionError(Exception):
    """The `ext` is refused; the message says why."""


class Extension(NamedTuple):
    """What an `ext` holds. None where it holds no such thing."""

    certificate: Any = None
    authorized_scopes: Any = None

    @property
    def issuer(self) -> str | None:
        """The client that issued the named temporary credentials, None for all others."""
        issuer = self.certificate.get("issuer", "") if is_object(self.certificate) else ""
        if not isinstance(issuer, str):
            raise ExtensionError("ext.certificate.issuer must be a string")
        return issuer or None


@dataclass(frozen=True, slots=True)
class Issuer:
    """The client whose access token signs: itself, or the issuer of temporary credentials."""

    client_id: str
    access_token: str = field(repr=False)
    scopes: Sequence[str]  # with all that roles add


@dataclass(frozen=True, slots=True)
class Verified:
    """What the caller signs with, and what it may do."""

    access_token: str = field(repr=False)
    scopes: list[str]


def read_extension(ext: str | None) -> Extension:
    """Decode `ext`. Raises ExtensionError.

    The services take standard and URL-safe base64, padded or not, and skip characters that are neither.
    """
    if not ext:
        return Extension()
    letters = re.sub(r"[^A-Za-z0-9+/]", "", ext.partition("=")[0].translate({ord("-"): "+", ord("_"): "/"}))
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    try:
        # Numbers are doubles to the services, whatever their size.
        content = read(base64.b64decode(letters + "=" * (-len(letters) % 4)), whole_numbers=float)
    except (binascii.Error, ValueError):
        raise ExtensionError("Failed to parse ext") from None
    if content is None:
        raise ExtensionError("ext must be a JSON object")
    if not is_object(content):
        return Extension()  # the services look for keys in it and find none
    return Extension(_given(content.get("certificate")), _given(content.get("authorizedScopes")))


def verify(
    extension: Extension,
    client_id: str,
    issuer: Issuer,
    expand: Callable[[Sequence[str]], list[str]],
    now: float,
) -> Verified:
    """The access token and scopes of `client_id`, by the issuer's, the certificate and the authorized scopes.

    Arguments: expand adds what roles give to scopes; now is in seconds since 1970. Raises ExtensionError.
    Taskcluster manual: Design, APIs, Hawk Authentication, Temporary Credentials and Authorized Scopes.
    """
    verified = Verified(issuer.access_token, list(issuer.scopes))
    if extension.certificate is not None:
        verified = _verify_certificate(extension.certificate, client_id, issuer, expand, now * 1000)
    authorized = extension.authorized_scopes
    if authorized is not None:
        _check_scopes("ext.authorizedScopes", authorized)
        if missing(verified.scopes, {"AllOf": authorized}) is not None:
            raise ExtensionError(
                "Supplied credentials do not satisfy authorizedScopes; credentials have scopes: "
                f"{verified.scopes}; authorizedScopes are {authorized}"
            )
        verified = replace(verified, scopes=expand(authorized))
    return verified


def _verify_certificate(
    certificate: Any,
    client_id: str,
    issuer: Issuer,
    expand: Callable[[Sequence[str]], list[str]],
    now_ms: float,
) -> Verified:
    _check_form(certificate)
    start, expiry = certificate["start"], certificate["expiry"]
    if start > now_ms + _TOLERANCE_MS:
        raise ExtensionError("ext.certificate.start > now")
    if expiry < now_ms - _TOLERANCE_MS:
        raise ExtensionError("ext.certificate.expiry < now")
    if expiry - start > _LONGEST_MS:
        raise ExtensionError("ext.certificate cannot last longer than 31 days!")
    if issuer.client_id != client_id:
        create = f"auth:create-client:{client_id}"
        if missing(issuer.scopes, create) is not None:
            raise ExtensionError(
                f"ext.certificate issuer `{issuer.client_id}` doesn't have `{create}` for supplied clientId."
            )
    elif "issuer" in certificate:
        raise ExtensionError("ext.certificate.issuer must differ from the supplied clientId")
    if missing(issuer.scopes, {"AllOf": certificate["scopes"]}) is not None:
        raise ExtensionError(
            f"ext.certificate issuer `{issuer.client_id}` doesn't satisfy all certificate scopes "
            f"{', '.join(certificate['scopes'])}.  The temporary credentials were not generated correctly."
        )
    _check_signature(certificate, client_id, issuer)
    seeded = base64.urlsafe_b64encode(_hmac(issuer.access_token, certificate["seed"]))
    return Verified(seeded.decode().rstrip("="), expand(certificate["scopes"]))


def _check_form(certificate: Any) -> None:
    if not is_object(certificate):
        raise ExtensionError("ext.certificate must be a JSON object")
    # An integer beside a boolean: in Python True is 1 as well, in the services it is not.
    if certificate.get("version") != 1 or certificate["version"] is True:
        raise ExtensionError("ext.certificate.version must be 1")
    seed = certificate.get("seed")
    if not isinstance(seed, str):
        raise ExtensionError("ext.certificate.seed must be a string")
    if len(seed) != _SEED_LENGTH:
        raise ExtensionError(f"ext.certificate.seed must be {_SEED_LENGTH} characters")
    for name in ("start", "expiry"):
        if not isinstance(certificate.get(name), int | float) or isinstance(certificate[name], bool):
            raise ExtensionError(f"ext.certificate.{name} must be a number")
    _check_scopes("ext.certificate.scopes", certificate.get("scopes"))


def _check_scopes(name: str, value: Any) -> None:
    if not is_array(value):
        raise ExtensionError(f"{name} must be an array")
    if not all(map(scopes.is_valid_scope, value)):
        raise ExtensionError(f"{name} must be an array of valid scopes")


def _check_signature(certificate: dict[str, Any], client_id: str, issuer: Issuer) -> None:
    named = bool(certificate.get("issuer"))
    lines = [
        "version:1",
        *([f"clientId:{client_id}", f"issuer:{certificate['issuer']}"] if named else []),
        f"seed:{certificate['seed']}",
        f"start:{_number(certificate['start'])}",
        f"expiry:{_number(certificate['expiry'])}",
        "scopes:",
        *certificate["scopes"],
    ]
    expected = base64.b64encode(_hmac(issuer.access_token, "\n".join(lines)))
    signature = certificate.get("signature")
    if not isinstance(signature, str) or not hmac.compare_digest(
        signature.encode(errors="replace"), expected
    ):
        hint = ", or wrong clientId provided" if named else ""
        raise ExtensionError(f"ext.certificate.signature is not valid{hint}")


def _hmac(key: str, text: str) -> bytes:
    return hmac.new(key.encode(), text.encode(errors="replace"), hashlib.sha256).digest()


def _number(value: float) -> str:
    # 1e12 and 1000000000000.0 are the number 1000000000000 to the services, and are signed as that.
    return str(int(value)) if value == int(value) else repr(value)


def _given(value: Any) -> Any:
    """`value`, or None if the services take it for left out: they ask whether it is true, and `[]` and `{}` are."""
    return None if value in (None, False, 0, "") else value
