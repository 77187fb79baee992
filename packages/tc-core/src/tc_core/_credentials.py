"""Taskcluster credentials, permanent and temporary."""

from __future__ import annotations

import hmac
import json
import re
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, cast

from ._environment import Environment
from ._errors import CredentialsExpired
from .types import Array

MAX_TTL = timedelta(days=31)
"""Longest life of temporary credentials."""

TOLERANCE = 300
"""Seconds by which Taskcluster lets a certificate be early or late."""

SEED_LENGTH = 44
"""Length of a certificate's seed, which is two slug ids."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_LATEST = 253_402_300_799_999
"""The last millisecond that a datetime can name."""

_PRINTABLE = re.compile(r"[ -~]*")
_HEADER_SAFE = re.compile(r"[!-~]+")


class Credentials:
    """What requests are signed with. Immutable; never shows its access token, and cannot be pickled.

    Args:
        client_id: client id.
        access_token: its access token.
        certificate: the certificate of temporary credentials, the JSON text that Taskcluster gave; None or
            "" for permanent credentials.

    Raises:
        TypeError: an argument is no str.
        ValueError: an argument is empty, has characters that cannot be sent, or is no certificate.
    """

    __slots__ = ("_certificate", "access_token", "certificate", "client_id")

    client_id: str
    access_token: str
    certificate: str | None

    def __init__(self, client_id: str, access_token: str, certificate: str | None = None) -> None:
        parsed = None if certificate in (None, "") else _parse_certificate(certificate, client_id)
        for name, value in (
            ("client_id", _header_text("client_id", client_id)),
            ("access_token", _header_text("access_token", access_token)),
            ("certificate", certificate or None),
            ("_certificate", parsed),
        ):
            object.__setattr__(self, name, value)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Credentials:
        """Read TASKCLUSTER_CLIENT_ID, TASKCLUSTER_ACCESS_TOKEN and, where set, TASKCLUSTER_CERTIFICATE.

        Args:
            environ: read instead of ``os.environ``.

        Raises:
            ValueError: the client id or the access token is not set, or one of the three is malformed.
        """
        env = Environment(environ)
        return cls(
            env.require("TASKCLUSTER_CLIENT_ID"),
            env.require("TASKCLUSTER_ACCESS_TOKEN"),
            env.get("TASKCLUSTER_CERTIFICATE"),
        )

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Credentials:
        """Read credentials as services answer them (``clientId``, ``accessToken``, ``certificate``).

        Raises:
            ValueError: a key is missing.
        """
        for key in ("clientId", "accessToken"):
            if key not in value:
                raise ValueError(
                    f"value: the key {key!r} is missing; pass the credentials object of an answer"
                )
        return cls(value["clientId"], value["accessToken"], value.get("certificate"))

    def to_json(self) -> dict[str, str]:
        """Return ``clientId``, ``accessToken`` and, for temporary credentials, ``certificate``, in clear."""
        value = {"clientId": self.client_id, "accessToken": self.access_token}
        return value | {"certificate": self.certificate} if self.certificate else value

    @property
    def start(self) -> datetime | None:
        """When temporary credentials begin to be valid; None for permanent ones."""
        return self._date("start")

    @property
    def expiry(self) -> datetime | None:
        """When temporary credentials expire; None for permanent ones."""
        return self._date("expiry")

    @property
    def scopes(self) -> tuple[str, ...] | None:
        """The scopes that the certificate grants; None for permanent credentials."""
        parsed = self._parsed
        return None if parsed is None else tuple(parsed["scopes"])

    def create_temp_creds(
        self,
        *,
        ttl: float | timedelta,
        scopes: Array[str],
        start: datetime | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Credentials:
        """Make unnamed temporary credentials: the same client id, fewer scopes, a limited life.

        Args:
            ttl: life in seconds, at most 31 days.
            scopes: what they may do, at most what these credentials may.
            start: when the life begins; default now.
            clock: gives the seconds since 1970.

        Raises:
            ValueError: these credentials are temporary themselves, or an argument breaks a rule of the service.
            TypeError: ``scopes`` is one text.

        Source: "Temporary Credentials" in the Taskcluster manual.
        """
        return self._derive(None, ttl, scopes, start, clock)

    def create_named_temp_creds(
        self,
        name: str,
        *,
        ttl: float | timedelta,
        scopes: Array[str],
        start: datetime | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Credentials:
        """Make temporary credentials with a client id of their own.

        The issuer needs the scope ``auth:create-client:<name>`` when they are used.

        Args:
            name: the new client id.
            ttl: life in seconds, at most 31 days.
            scopes: what they may do, at most what these credentials may.
            start: when the life begins; default now.
            clock: gives the seconds since 1970.

        Raises:
            ValueError: these credentials are temporary themselves, or an argument breaks a rule of the service.
            TypeError: ``scopes`` is one text.

        Source: "Temporary Credentials" in the Taskcluster manual.
        """
        if _header_text("name", name) == self.client_id:
            raise ValueError("name: is the issuer's own client id; choose another, or use create_temp_creds")
        return self._derive(name, ttl, scopes, start, clock)

    def ext(self, authorized_scopes: Array[str] | None = None) -> str | None:
        """Return Hawk's ``ext`` as Taskcluster reads it, or None where there is nothing to say.

        Raises:
            TypeError, ValueError: ``authorized_scopes`` are no scopes.
        """
        content: dict[str, Any] = {}
        if self._parsed is not None:
            content["certificate"] = self._parsed
        if authorized_scopes is not None:
            content["authorizedScopes"] = check_scopes("authorized_scopes", authorized_scopes)
        return b64encode(_compact(content).encode()).decode() if content else None

    def check_expiry(self, now: float) -> None:
        """Raise CredentialsExpired if the service would refuse these credentials at ``now`` (seconds)."""
        parsed = self._parsed
        if parsed is not None and now > parsed["expiry"] / 1000 + TOLERANCE:
            raise CredentialsExpired(
                f"credentials: the certificate of {self.client_id} expired at {self.expiry:%Y-%m-%dT%H:%M:%SZ}; "
                "get new credentials, or pass a provider that renews them"
            )

    @property
    def _parsed(self) -> dict[str, Any] | None:
        parsed: dict[str, Any] | None = object.__getattribute__(self, "_certificate")
        return parsed

    def _date(self, key: str) -> datetime | None:
        parsed = self._parsed
        return None if parsed is None else _EPOCH + timedelta(milliseconds=parsed[key])

    def _derive(
        self,
        name: str | None,
        ttl: float | timedelta,
        scopes: Array[str],
        start: datetime | None,
        clock: Callable[[], float],
    ) -> Credentials:
        from ._slugids import slug_id  # which few programs need

        if self.certificate:
            raise ValueError("credentials: temporary credentials cannot issue others; use permanent ones")
        start_ms = int(clock() * 1000) if start is None else _milliseconds(start)
        return issue(
            self,
            name=name,
            scopes=check_scopes("scopes", scopes),
            start_ms=start_ms,
            expiry_ms=start_ms + _life(ttl) // timedelta(milliseconds=1),
            seed=slug_id() + slug_id(),
        )

    def __repr__(self) -> str:
        temporary = f", expiry={self.expiry:%Y-%m-%dT%H:%M:%SZ}" if self.certificate else ""
        return f"Credentials(client_id={self.client_id!r}{temporary})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credentials):
            return NotImplemented
        return self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash((self.client_id, self.access_token, self.certificate))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"Credentials are immutable: {name} cannot be set; make new ones")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"Credentials are immutable: {name} cannot be deleted")

    def __reduce__(self) -> NoReturn:
        raise TypeError("Credentials cannot be pickled, since that writes them out; use to_json on purpose")

    def __copy__(self) -> Credentials:
        return self

    def __deepcopy__(self, memo: object) -> Credentials:
        return self


def issue(
    issuer: Credentials, *, name: str | None, scopes: Array[str], start_ms: int, expiry_ms: int, seed: str
) -> Credentials:
    """Sign a certificate with the issuer's access token and derive its token from the seed."""
    identity = [f"clientId:{name}", f"issuer:{issuer.client_id}"] if name is not None else []
    lines = ["version:1", *identity, f"seed:{seed}", f"start:{start_ms}", f"expiry:{expiry_ms}", "scopes:"]
    key = issuer.access_token.encode()
    certificate: dict[str, Any] = {
        "version": 1,
        "scopes": list(scopes),
        "start": start_ms,
        "expiry": expiry_ms,
        "seed": seed,
        "signature": b64encode(hmac.digest(key, "\n".join([*lines, *scopes]).encode(), "sha256")).decode(),
    }
    if name is not None:
        certificate["issuer"] = issuer.client_id
    token = urlsafe_b64encode(hmac.digest(key, seed.encode(), "sha256")).decode().rstrip("=")
    return Credentials(issuer.client_id if name is None else name, token, _compact(certificate))


def check_scopes(argument: str, scopes: Array[str]) -> tuple[str, ...]:
    """Return ``scopes`` as a tuple, or raise an error that names ``argument``."""
    if isinstance(scopes, (str, bytes)):
        raise TypeError(f"{argument}: is one text; pass a list of scopes")
    if isinstance(scopes, Mapping) or not isinstance(scopes, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{argument}: {type(scopes).__name__}; pass a list of scopes")
    checked = tuple(scopes)  # An iterator gives its scopes only once.
    for index, scope in enumerate(checked):
        if not isinstance(scope, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"{argument}[{index}]: {type(scope).__name__} is no scope; pass a str")
        if not _PRINTABLE.fullmatch(scope):
            raise ValueError(
                f"{argument}[{index}]: has characters other than printable ASCII; check for a stray line end"
            )
    return checked


def _life(ttl: Any) -> timedelta:
    if isinstance(ttl, bool) or not isinstance(ttl, (int, float, timedelta)):
        raise TypeError(f"ttl: {type(ttl).__name__}; pass a number of seconds or a timedelta")
    seconds = ttl.total_seconds() if isinstance(ttl, timedelta) else ttl
    if not 0.001 <= seconds <= MAX_TTL.total_seconds():
        raise ValueError(f"ttl: {seconds:.15g} seconds; must be at least a millisecond and at most 31 days")
    return timedelta(seconds=seconds)


def _milliseconds(start: Any) -> int:
    if not isinstance(start, datetime):
        raise TypeError(f"start: {type(start).__name__}; pass a datetime")
    if start.utcoffset() is None:
        raise ValueError("start: has no time zone; use e.g. datetime.now(UTC)")
    return (start - _EPOCH) // timedelta(milliseconds=1)


def _header_text(argument: str, value: object) -> str:
    """A Hawk header holds it between quotes, so it must be printable ASCII without quote and backslash."""
    if not isinstance(value, str):
        raise TypeError(f"{argument}: {type(value).__name__}; pass a str")
    if not value:
        raise ValueError(f"{argument}: is empty; check where it comes from")
    if not _HEADER_SAFE.fullmatch(value) or '"' in value or "\\" in value:
        raise ValueError(
            f"{argument}: has white space, a quote, a backslash or characters other than printable ASCII; "
            "check for a stray line end"
        )
    return value


def _parse_certificate(text: object, client_id: str) -> dict[str, Any]:
    if not isinstance(text, str):
        raise TypeError(f"certificate: {type(text).__name__}; pass the JSON text")
    value: Any = None
    try:
        value = json.loads(text)
        problem = _certificate_problem(value, client_id)
    except (ValueError, RecursionError):
        problem = "is no JSON"
    # Raised out here, since the parser's error holds the text and would be this one's context.
    if problem:
        raise ValueError(f"certificate: {problem}; pass the text as Taskcluster gave it")
    parsed: dict[str, Any] = value
    return parsed


def _certificate_problem(value: object, client_id: str) -> str | None:
    if not isinstance(value, dict):
        return "is no JSON object"
    fields = cast(dict[str, object], value)
    if fields.get("version") != 1:
        return "version must be 1"
    scopes = fields.get("scopes")
    if not isinstance(scopes, list) or not all(
        isinstance(scope, str) for scope in cast(list[object], scopes)
    ):
        return "scopes must be a list of texts"
    for key in ("start", "expiry"):
        date = fields.get(key)
        if isinstance(date, bool) or not isinstance(date, (int, float)) or not 0 <= date <= _LATEST:
            return f"{key} must be a number of milliseconds since 1970"
    seed, issuer = fields.get("seed"), fields.get("issuer", "")
    if not isinstance(seed, str) or len(seed) != SEED_LENGTH:
        return f"seed must be a text of {SEED_LENGTH} characters"
    if not isinstance(fields.get("signature"), str):
        return "signature must be a text"
    if not isinstance(issuer, str) or issuer == client_id:
        return "issuer must be a text other than the client id"
    return None


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
