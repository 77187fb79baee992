"""Takes out of recorded exchanges what nobody may see, and what differs from server to server."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import httpx
from vcr.request import Request

from .._json import is_array, is_object
from ._names import (
    CLIENT_ID,
    EMAIL,
    HOST,
    PRESIGNED,
    ROOT_URL,
    SIGNED_BY,
    TRIGGER_TOKEN,
    hidden,
    is_certificate_key,
    is_hidden,
    is_secret_key,
    may_be_shown,
)
from ._readings import readings

__all__ = ["Scrubber", "comparable", "kept_of_response"]

# Only what a call depends on is kept: a header that is not known here may hold anything.
_REQUEST_HEADERS = frozenset({"accept", "content-type", SIGNED_BY})
_RESPONSE_HEADERS = frozenset(
    {
        "content-type",
        "etag",
        "location",
        "retry-after",
        "x-for-request-id",
        "x-taskcluster-artifact-storage-type",
        "x-taskcluster-status",
    }
)
_URL = re.compile(r"(?i:[a-z][a-z0-9+.-]*)://[^\s\"'<>\\`)]+")
_HAWK_ID = re.compile(r'Hawk\s.*?\bid="([^"]*)"', re.IGNORECASE)
_HAWK = re.compile(r'Hawk\s+(?:\w+="[^"]*",?\s*)+', re.IGNORECASE)
_BEWIT = re.compile(r"(?P<before>[?&])bewit=[^&\s\"]*(?P<after>&?)")
_SHORTEST = 16  # a shorter secret is hidden where it stands, and not wherever its characters occur


def comparable(request: Request) -> Request:
    """Reduce a request to what calls are told apart by; what was reduced already stays as it is."""
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    signer = _signer(headers.get("authorization", ""), request.uri)
    if signer is not None:
        headers[SIGNED_BY] = signer
    request.headers = {name: value for name, value in headers.items() if name in _REQUEST_HEADERS}
    request.uri = _without_signature(request.uri)
    request.body = request.body or b""  # which vcrpy leaves out when it is aiohttp that sends
    return request


def hide_in_request(request: Request) -> Request:
    """Hide what a request that is about to be replayed would have hidden had it been recorded."""
    return _Secrets().hide_in_request(request)


def kept_of_response(response: dict[str, Any]) -> dict[str, Any]:
    """Decode the body, however it travelled, and drop the headers that proxies and servers add."""
    headers: dict[str, list[str]] = {
        name.lower(): list(values) for name, values in response["headers"].items()
    }
    body: Any = response["body"]["string"] or b""
    raw: bytes = body.encode() if isinstance(body, str) else body
    encoding = ", ".join(headers.get("content-encoding", []))
    if encoding not in ("", "identity") and raw:
        encoded, raw = raw, httpx.Response(200, headers={"content-encoding": encoding}, content=raw).content
        if raw == encoded:
            raise ValueError(
                f"an answer came in the content encoding {encoding}, which httpx cannot decode here"
            )
    kept = {name: values for name, values in headers.items() if name in _RESPONSE_HEADERS}
    return {"status": response["status"], "headers": kept, "body": {"string": raw}}


class Scrubber:
    """Scrubs the exchanges of one cassette; what occurs twice is replaced by the same both times.

    Arguments: root_url and client_id, of the recording; secrets, other texts that must not be shown.
    """

    def __init__(self, root_url: str, client_id: str | None, secrets: Iterable[str] = ()) -> None:
        self._secrets = _Secrets()
        for secret in secrets:
            self._secrets.know(secret, issued=False)
        address = urlsplit(root_url)
        self._replaced = {root_url: ROOT_URL, address.netloc: HOST, address.hostname or address.netloc: HOST}
        self._foreign: dict[str, str] = {}
        # In between other characters of words it would be found in all kinds of texts.
        self._client_id = re.compile(rf"(?<![\w-]){_either(client_id)}(?![\w-])") if client_id else None

    def scrub(self, exchanges: list[tuple[Request, dict[str, Any]]]) -> list[tuple[Request, dict[str, Any]]]:
        """Scrub exchanges in the order in which they took place. Those given stay as they are."""
        hiding = [self._hide(request, response) for request, response in exchanges]
        # Only now are all secrets known, in whatever exchange they are, and after this all hosts too.
        for request, response in hiding:
            self._replace_in_request(request)
            self._replace_in_response(response)
        return [
            (self._replace_in_request(request), self._replace_in_response(response))
            for request, response in hiding
        ]

    def scrub_text(self, text: str) -> str:
        """Scrub what stands beside the exchanges."""
        return self._replace(text)

    def seen_in(self, text: str | bytes) -> bool:
        """Whether something that was to be replaced is still in a text, in whatever it is wrapped."""
        gone = [value for value, stands_for in self._replaced.items() if value not in stands_for]
        hidden = (*self._secrets.long(), *gone, *self._foreign)
        return any(value in each for each in readings(text) for value in hidden)

    def _hide(self, request: Request, response: dict[str, Any]) -> tuple[Request, dict[str, Any]]:
        sent = self._secrets.hide_in_request(request)
        body = _rewritten(
            response["body"]["string"], lambda content: _told(self._secrets.hide(content, issued=True))
        )
        return sent, {**response, "body": {"string": body}}

    def _replace_in_request(self, request: Request) -> Request:
        headers = {name: self._replace(value) for name, value in request.headers.items()}
        body = _rewritten(request.body, self._replace_in) if request.body else request.body
        return Request(request.method, self._replace(request.uri), body, headers)

    def _replace_in_response(self, response: dict[str, Any]) -> dict[str, Any]:
        headers = {
            name: [self._replace(value) for value in values] for name, values in response["headers"].items()
        }
        body = _rewritten(response["body"]["string"], self._replace_in)
        return {**response, "headers": headers, "body": {"string": body}}

    def _replace_in(self, content: Any) -> Any:
        if is_object(content):
            return {self._replace(key): self._replace_in(value) for key, value in content.items()}
        if is_array(content):
            return [self._replace_in(value) for value in content]
        return self._replace(content) if isinstance(content, str) else content

    def _replace(self, text: str) -> str:
        for value, stands_for in self._secrets.known():
            text = _exchanged(text, value, stands_for)
        for value, stands_for in self._replaced.items():
            text = _exchanged(text, value, stands_for)
        if self._client_id:
            text = self._client_id.sub(lambda match: _like(match[0], CLIENT_ID), text)
        text = _HAWK.sub(hidden(), text)
        text = _URL.sub(lambda match: self._at_known_host(_without_signature(match[0])), text)
        text = _without_signature(text)
        for host in EMAIL.findall(text):
            self._stand_in(host)
        for value, stands_for in self._foreign.items():
            text = _exchanged(text, value, stands_for)
        return text

    def _at_known_host(self, url: str) -> str:
        parts = urlsplit(url)
        user, _, address = parts.netloc.rpartition("@")
        if user:
            address = f"{hidden()}@{address}"
        host = address.rpartition("@")[2]
        if host:
            address = address.replace(host, self._stand_in(host))
        return urlunsplit(parts._replace(netloc=address))

    def _stand_in(self, host: str) -> str:
        if may_be_shown(host):
            return host
        return self._foreign.setdefault(host, f"host-{len(self._foreign) + 1}.example.com")


class _Secrets:
    """The secrets that were met, and what stands for each."""

    def __init__(self) -> None:
        self._stand_ins: dict[str, str] = {}
        self._issued = 0

    def know(self, value: str, *, issued: bool, long: bool = False) -> str:
        """Return what stands for a secret; issued are those that a service chose."""
        if is_hidden(value):
            return value
        if value not in self._stand_ins:
            self._issued += issued
            self._stand_ins[value] = hidden(self._issued if issued else 0, long=long)
        return self._stand_ins[value]

    def known(self) -> list[tuple[str, str]]:
        # The longest first: one may be a part of another.
        return [(value, self._stand_ins[value]) for value in sorted(self.long(), key=len, reverse=True)]

    def long(self) -> list[str]:
        return [value for value in self._stand_ins if len(value) >= _SHORTEST]

    def hide_in_request(self, request: Request) -> Request:
        """Return a request with what is secret in its path and body replaced."""
        uri = TRIGGER_TOKEN.sub(
            lambda match: match[1] + self.know(unquote(match[2]), issued=False), request.uri
        )
        body = request.body and _rewritten(request.body, lambda content: self.hide(content, issued=False))
        return Request(request.method, uri, body, dict(request.headers))

    def hide(self, content: Any, *, issued: bool, secret: bool = False) -> Any:
        """Return JSON content with what is secret replaced."""
        if is_object(content):
            return {
                key: self._hide_at(key, value, issued=issued, secret=secret) for key, value in content.items()
            }
        if is_array(content):
            return [self.hide(value, issued=issued, secret=secret) for value in content]
        if not secret or content is None or isinstance(content, bool):
            return content
        return self.know(content, issued=issued) if isinstance(content, str) else hidden()

    def _hide_at(self, key: str, value: Any, *, issued: bool, secret: bool) -> Any:
        if key == "certificate" and value:
            return self._certificate(value, issued=issued)
        if is_certificate_key(key) and isinstance(value, str):
            return self.know(value, issued=issued, long=True)
        return self.hide(value, issued=issued, secret=secret or is_secret_key(key))

    def _certificate(self, value: Any, *, issued: bool) -> Any:
        """Keep what a client reads of a certificate, its dates and scopes, but nothing that proves it."""
        try:
            content = json.loads(value) if isinstance(value, str) else value
        except ValueError:
            return hidden()
        content = self.hide(content, issued=issued)
        return _written(content) if isinstance(value, str) else content


def _told(content: Any) -> Any:
    """Leave out of an error that it repeats the request."""
    if not is_object(content) or not isinstance(content.get("requestInfo"), dict):
        return content
    return {**content, "requestInfo": {**content["requestInfo"], "params": {}, "payload": {}}}


def _rewritten(body: Any, rewrite: Callable[[Any], Any]) -> Any:
    """Rewrite a body in what it holds, JSON or text; one in which nothing changes stays as it is byte for byte."""
    try:
        text: str = body.decode() if isinstance(body, bytes) else body
    except UnicodeDecodeError:
        return body
    try:
        content: Any = json.loads(text)
    except ValueError:
        content, is_json = text, False
    else:
        is_json = True
    rewritten = rewrite(content)
    if rewritten == content:
        return body
    text = _written(rewritten) if is_json else rewritten
    return text.encode() if isinstance(body, bytes) else text


def _exchanged(text: str, value: str, stands_for: str) -> str:
    """Replace a value as it is, and as it is written in a URL."""
    if not value:
        return text
    encoded = quote(value, safe="")
    if encoded != value:
        text = text.replace(encoded, quote(stands_for, safe=""))
    return text.replace(value, stands_for)


def _either(value: str) -> str:
    return f"(?:{re.escape(value)}|{re.escape(quote(value, safe=''))})"


def _like(found: str, stands_for: str) -> str:
    return quote(stands_for, safe="") if "%2F" in found else stands_for


def _signer(authorization: str, url: str) -> str | None:
    """The client id that signed a request, None if nobody did."""
    if authorization:
        found = _HAWK_ID.search(authorization)
        return found[1] if found else "unknown"
    found = re.search(r"[?&]bewit=([\w-]+)", url)
    if found is None:
        return None
    bewit = base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4)).decode(errors="replace")
    return f"{bewit.partition(chr(92))[0]} (bewit)"


def _without_signature(url: str) -> str:
    if PRESIGNED.search(url):
        url = re.sub(r"\?[^\s\"#]*", "", url)
    return _BEWIT.sub(lambda match: match["before"] if match["after"] else "", url)


def _written(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _text(value: Any) -> str:
    if is_array(value):
        return ", ".join(map(_text, value))
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
