"""Where bytes are fetched from or sent to: URLs of storages, for a while, handed out by a service."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from .._errors import APIError, TaskclusterError, error_class, redact
from .._flow import retry_after
from .steps import Answer, DataRequest, Transfer

_SAYING = (404, 410, 429)
"""Statuses that mean the same from a storage as from a service. Its 401 and 403 say nothing about scopes."""


class Doubt(NamedTuple):
    """A doubt whether a storage answers with what is kept there.

    Attributes:
        about: says by the head of an answer whether there is one.
        resolve: finds out, and raises an error if it is something else.
    """

    about: Callable[[Answer], bool]
    resolve: Callable[[], Transfer[None]]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A URL at a storage. It counts as a secret: whoever has it can use it.

    Attributes:
        url: the URL.
        expires: when it ends, in seconds since 1970, or None if the service did not say.
        headers: for an upload, all headers that are to be sent.
        hashes: for a download, the hashes that the bytes must have, by their names; empty if none are known.
        doubt: for a download, what answers of the storage may be something else.
    """

    url: str = field(repr=False)
    expires: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    hashes: Mapping[str, str] = field(default_factory=dict[str, str])
    doubt: Doubt | None = None

    def __post_init__(self) -> None:
        if not _leads_somewhere(self.url):
            raise no_place()
        for name, value in self.headers.items():
            if not _can_be_sent(name, value):
                raise TaskclusterError(
                    f"the service named the header {name!r}, which cannot be sent as it is"
                )


def redirected(request: DataRequest, answer: Answer) -> DataRequest:
    """Return the request that a redirect leads to.

    Raises:
        TaskclusterError: it leads nowhere, or from TLS to none.
    """
    if not answer.headers.get("location"):
        raise TaskclusterError(f"{request.name}: the storage answered with a redirect that leads nowhere")
    followed = DataRequest(request.verb, _joined(request.url, answer.headers["location"]), request.headers)
    if not _leads_somewhere(followed.url):
        raise no_place()
    if urlsplit(request.url).scheme == "https" and urlsplit(followed.url).scheme != "https":
        raise TaskclusterError(f"{request.name}: the storage redirected to http, which is not followed")
    return followed


def storage_error(request: DataRequest, answer: Answer, text: str, now: float) -> APIError:
    """Make the error that a storage's answer stands for.

    Only code and message are taken from it: what else S3 tells of a refused URL includes its signature.
    """
    plain = error_class(answer.status) if answer.status in _SAYING or answer.status >= 500 else APIError
    code, message = _element("Code", text), _element("Message", text)
    if not message:
        page = "html" in answer.headers.get("content-type", "").lower()
        message = "the storage answered with a page" if page else f"the storage answered {answer.status}"
    return plain(
        message,
        status=answer.status,
        code=code,
        method=request.name,
        request_id=answer.headers.get("x-amz-request-id"),
        retry_after=retry_after(answer.headers.get("retry-after"), now),
    )


def _element(name: str, text: str) -> str | None:
    """Return the text of an element in S3's and Azure's XML."""
    found = re.search(rf"<{name}>([^<]{{1,500}})</{name}>", text)
    return re.sub(r"\?\S+", "?[redacted]", redact(unescape(found[1]).strip())) if found else None


def no_place() -> TaskclusterError:
    """Make the error for a URL that leads nowhere. It is not shown: part of it may well be a signature."""
    return TaskclusterError("the service named a place that is no http or https URL")


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return ""  # which leads nowhere


def _can_be_sent(name: str, value: object) -> bool:
    return (
        re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name) is not None
        and isinstance(value, str)
        and re.fullmatch(r"[\t -~]*", value) is not None
        and value == value.strip(" \t")
    )


def _leads_somewhere(url: object) -> bool:
    if not isinstance(url, str) or not url.isascii() or re.search(r"[\x00-\x20\x7f]", url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
