"""URLs that allow one request: version 4 of the signatures of Amazon Web Services, in the query."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import quote, unquote, unquote_plus

__all__ = ["Refused", "Signer", "is_signed"]

_ALGORITHM = "AWS4-HMAC-SHA256"
_SCOPE_END = "us-east-1/s3/aws4_request"
_DATE = "%Y%m%dT%H%M%SZ"
_SIGNATURE = "X-Amz-Signature"
_REQUIRED = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    _SIGNATURE,
)


class Refused(Exception):
    """A request to a bucket is refused.

    Arguments: code, one of the codes of S3; message, the text for the reader; headers, of the answer.
    """

    def __init__(self, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def is_signed(query: str) -> bool:
    """Whether a raw query claims to be signed."""
    return any(name in _read_query(query) for name in ("X-Amz-Algorithm", _SIGNATURE))


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs URLs, and checks what it signed.

    Source: "Authenticating Requests: Using Query Parameters" in the API reference of Amazon S3.
    """

    key_id: str
    key: str = field(repr=False)

    def sign(
        self,
        verb: str,
        path: str,
        headers: Mapping[str, str],
        query: Mapping[str, str],
        now: datetime,
        lasts: timedelta,
    ) -> str:
        """The raw query with which a request is allowed.

        Arguments: path, percent-encoded; headers, by their names in lower case, all that the request must have
        just so; query, what else is in it.
        """
        date = now.astimezone(UTC).strftime(_DATE)
        signed = {
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{self.key_id}/{date[:8]}/{_SCOPE_END}",
            "X-Amz-Date": date,
            "X-Amz-Expires": str(int(lasts.total_seconds())),
            "X-Amz-SignedHeaders": ";".join(sorted(headers)),
            **query,
        }
        signature = self._signature(verb, path, headers, signed)
        return _write_query({**signed, _SIGNATURE: signature})

    def check(self, verb: str, path: str, query: str, headers: Mapping[str, str], now: datetime) -> None:
        """Refuse a request that was not signed just so, or too long ago. Raises Refused.

        Arguments: path and query as they were sent; headers, all of the request, by their names in lower case.
        """
        given = _read_query(query)
        if any(name not in given for name in _REQUIRED) or given["X-Amz-Algorithm"] != _ALGORITHM:
            raise Refused(
                "AuthorizationQueryParametersError",
                f"Query-string authentication version 4 requires {', '.join(_REQUIRED)}, and {_ALGORITHM}.",
            )
        if given["X-Amz-Credential"].partition("/")[0] != self.key_id:
            raise Refused("InvalidAccessKeyId", "The access key id is not known here.")
        _check_date(given, now)
        signature = given.pop(_SIGNATURE)
        names = given["X-Amz-SignedHeaders"].split(";")
        signed = {name: headers.get(name, "") for name in names}
        expected = self._signature(verb, quote(unquote(path), safe="/-._~"), signed, given)
        if not hmac.compare_digest(signature.encode(), expected.encode()):
            raise Refused(
                "SignatureDoesNotMatch",
                "The signature is that of another request. Signed were the method, the path, the query and "
                f"the headers {', '.join(names)}.",
            )

    def _signature(self, verb: str, path: str, headers: Mapping[str, str], query: Mapping[str, str]) -> str:
        date, scope = query["X-Amz-Date"], query["X-Amz-Credential"].partition("/")[2]
        lines = [f"{name}:{' '.join(value.split())}\n" for name, value in sorted(headers.items())]
        request = "\n".join(
            [verb, path, _write_query(query), "".join(lines), ";".join(sorted(headers)), "UNSIGNED-PAYLOAD"]
        )
        text = "\n".join([_ALGORITHM, date, scope, sha256(request.encode()).hexdigest()])
        key = f"AWS4{self.key}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.new(key, text.encode(), "sha256").hexdigest()


def _check_date(query: Mapping[str, str], now: datetime) -> None:
    try:
        start = datetime.strptime(query["X-Amz-Date"], _DATE).replace(tzinfo=UTC)
        if not re.fullmatch(r"[0-9]{1,6}", query["X-Amz-Expires"]):
            raise ValueError
        end = start + timedelta(seconds=int(query["X-Amz-Expires"]))
    except (ValueError, OverflowError):
        raise Refused(
            "AuthorizationQueryParametersError", "X-Amz-Date or X-Amz-Expires is malformed."
        ) from None
    if end < now:
        raise Refused("AccessDenied", "Request has expired")


def _read_query(query: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}


def _write_query(query: Mapping[str, str]) -> str:
    pairs = sorted((quote(name, safe="-._~"), quote(value, safe="-._~")) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in pairs)
