"""The buckets over HTTP, as S3 serves them to who has a URL."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import unquote
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from ..._clock import Clock
from .buckets import PATH, Blob, Buckets
from .signed_urls import Refused, is_signed

__all__ = ["is_storage", "serve"]

_STATUSES = {
    "AuthorizationQueryParametersError": 400,
    "InvalidArgument": 400,
    "AccessDenied": 403,
    "InvalidAccessKeyId": 403,
    "SignatureDoesNotMatch": 403,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "MethodNotAllowed": 405,
    "MissingContentLength": 411,
    "PreconditionFailed": 412,
    "InvalidRange": 416,
    "NotImplemented": 501,
}
_UNPRINTABLE = re.compile(r"[^ -~]")
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class _Place(NamedTuple):
    """The blob that a path leads to."""

    bucket: str
    key: str


def is_storage(path: str) -> bool:
    """Whether a raw path leads to a bucket and not to a service."""
    return path.startswith(PATH)


async def serve(request: Request, path: str, query: str, buckets: Buckets, clock: Clock) -> Response:
    """Answer a request to a bucket; `path` and `query` are as they were sent."""
    # Read first, so that a client which is refused is not still sending when the answer comes.
    content = await _read(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        place = _find(path, buckets)
        _check_access(request.method, place, path, query, headers, buckets, clock.now())
        match request.method:
            case "PUT":
                _check_length(headers)
                return _put(place, content, headers, buckets, clock.now())
            case "GET" | "HEAD":
                blob = buckets.get(*place)
                if blob is None:
                    raise Refused("NoSuchKey", "The specified key does not exist.")
                return _get(blob, headers)
            case _:
                raise Refused("MethodNotAllowed", "Blobs can be put, read and asked for with HEAD.")
    except Refused as refused:
        return _refuse(refused, path)


async def _read(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
    return bytes(content)


def _find(path: str, buckets: Buckets) -> _Place:
    bucket, _, key = unquote(path.removeprefix(PATH)).partition("/")
    if not buckets.is_bucket(bucket):
        raise Refused("NoSuchBucket", "The specified bucket does not exist")
    return _Place(bucket, key)


def _check_access(
    verb: str,
    place: _Place,
    path: str,
    query: str,
    headers: Mapping[str, str],
    buckets: Buckets,
    now: datetime,
) -> None:
    if "authorization" in headers:
        raise Refused(
            "InvalidArgument",
            "Only one way to authorize is allowed: the signature is in the URL, so send no Authorization header.",
        )
    if is_signed(query):
        buckets.signer.check(verb, path, query, headers, now)
    elif verb not in ("GET", "HEAD") or not buckets.is_public(place.bucket):
        raise Refused("AccessDenied", "Access Denied")


def _check_length(headers: Mapping[str, str]) -> None:
    if "transfer-encoding" in headers:
        raise Refused("NotImplemented", "A body of unknown length (Transfer-Encoding) is not taken.")
    if "content-length" not in headers:
        raise Refused("MissingContentLength", "You must provide the Content-Length HTTP header.")


def _put(
    place: _Place, content: bytes, headers: Mapping[str, str], buckets: Buckets, now: datetime
) -> Response:
    content_type = headers.get("content-type", "binary/octet-stream")
    blob = Blob(content, now, content_type, headers.get("content-encoding"))
    buckets.put(*place, blob)
    return Response(b"", 200, {"etag": blob.etag}, "text/html; charset=utf-8")


def _get(blob: Blob, headers: Mapping[str, str]) -> Response:
    shown = {
        "etag": blob.etag,
        "last-modified": format_datetime(blob.modified.astimezone(UTC), usegmt=True),
        "accept-ranges": "bytes",
        "content-type": _UNPRINTABLE.sub("?", blob.content_type),
    }
    if blob.content_encoding:
        shown["content-encoding"] = blob.content_encoding
    if _is_unchanged(blob, headers):
        return Response(status_code=304, headers=shown)
    span = _span(blob, headers)
    if span is None:
        return Response(blob.content, 200, shown)
    shown["content-range"] = f"bytes {span.start}-{span.stop - 1}/{len(blob.content)}"
    return Response(blob.content[span.start : span.stop], 206, shown)


def _is_unchanged(blob: Blob, headers: Mapping[str, str]) -> bool:
    """Whether the reader has the blob already. Raises Refused if it wants another than there is.

    Source: RFC 9110, section 13.2.2.
    """
    if (wanted := headers.get("if-match")) is not None:
        wrong = not _is_one_of(blob.etag, wanted)
    else:
        before = _date(headers.get("if-unmodified-since"))
        wrong = before is not None and _seconds(blob.modified) > before
    if wrong:
        raise Refused("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
    if (known := headers.get("if-none-match")) is not None:
        return _is_one_of(blob.etag, known)
    since = _date(headers.get("if-modified-since"))
    return since is not None and _seconds(blob.modified) <= since


def _span(blob: Blob, headers: Mapping[str, str]) -> range | None:
    """The part of the blob that is asked for, None for all of it. Raises Refused if there is no such part.

    Source: RFC 9110, sections 13.1.5 and 14.2. Of several ranges S3 gives all.
    """
    match = _RANGE.fullmatch(headers.get("range", "").replace(" ", ""))
    if match is None or not any(match.groups()) or not _holds(blob, headers.get("if-range")):
        return None
    first, last = match.groups()
    size = len(blob.content)
    if not first:
        start, stop = max(size - int(last), 0), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None  # no range at all
    if start >= size:
        raise Refused(
            "InvalidRange", "The requested range is not satisfiable", {"content-range": f"bytes */{size}"}
        )
    return range(start, stop)


def _holds(blob: Blob, condition: str | None) -> bool:
    if condition is None:
        return True
    if '"' in condition:
        return condition.strip() == blob.etag
    return _date(condition) == _seconds(blob.modified)


def _is_one_of(etag: str, listed: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in listed.split(",")]
    return "*" in tags or etag in tags


def _date(text: str | None) -> datetime | None:
    """A date as HTTP writes it, None for what is none."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    except (ValueError, OverflowError):
        return None


def _seconds(date: datetime) -> datetime:
    # HTTP writes dates without fractions.
    return date.astimezone(UTC).replace(microsecond=0)


def _refuse(refused: Refused, path: str) -> Response:
    request_id = uuid.uuid4().hex[:16].upper()
    parts = {
        "Code": refused.code,
        "Message": refused.message,
        "Resource": path,
        "RequestId": request_id,
    }
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in parts.items())
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'
    headers = {"x-amz-request-id": request_id, **refused.headers}
    return Response(text, _STATUSES[refused.code], headers, "application/xml")
