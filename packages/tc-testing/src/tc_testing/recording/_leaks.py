"""Looks through a cassette for what nobody may see, without knowing what was secret in the recording."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

# This module is the first of the package to be imported.
try:
    from vcr.serializers import yamlserializer
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "tc_testing.recording needs the package vcrpy; install tc-testing[recording]", name=error.name
    ) from None

from .._json import is_array, is_object
from ._names import (
    EMAIL,
    PRESIGNED,
    TRIGGER_TOKEN,
    is_certificate_key,
    is_hidden,
    is_secret_key,
    may_be_shown,
)
from ._readings import readings

__all__ = ["leaks", "texts"]

_HEADERS = {
    "authorization": "an Authorization header",
    "proxy-authorization": "an Authorization header",
    "cookie": "a cookie",
    "set-cookie": "a cookie",
}
_TEXTS = {
    "a Hawk header": re.compile(r"\bhawk\s+\w+=", re.IGNORECASE),
    "a bewit": re.compile(r"bewit=[^&\s]|[^\\\s]\\\d{10}\\[\w+/]{43}=\\", re.IGNORECASE),
    "a presigned query": PRESIGNED,
    "an access token": re.compile(r"(?<![\w-])(?!REDACTED)[\w-]{43,44}(?![\w-])"),
    "a JSON web token": re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\."),
    "a key of a cloud": re.compile(r"\b(?:A[KS]IA[A-Z0-9]{16}|ya29\.[\w-]{16}|gh[opsu]_\w{16})"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "an address": re.compile(
        # Those for documentation may be shown.
        r"\blocalhost\b|(?<![\w.-])(?!192\.0\.2\.|198\.51\.100\.|203\.0\.113\.)(?:\d{1,3}\.){3}\d{1,3}(?![\w.-])"
    ),
}
_HOST = re.compile(r"[a-z][a-z0-9+.-]*://(?:([^\s/\"'@?]*)@)?([A-Za-z0-9.:\[\]-]+)", re.IGNORECASE)
_NAMED = re.compile(r"""["']?([\w-]+)["']?\s*(?::\s*["']|=["']?)(?=([^"'&\s,;]+))""")


def leaks(text: str) -> list[str]:
    """Return what kinds of secrets a cassette shows, none if all is well.

    They are found in URLs, headers and bodies, also where a text holds them in JSON, base64, gzip or
    percent-encoding.

    Args:
        text: of the cassette, in YAML.
    """
    content: dict[str, Any] = yamlserializer.deserialize(text)
    # The seed of a recording is called what the seed of a certificate is, which must not be shown.
    said = [{**each, "seed": ""} for each in content.get("metadata", {}).values()]
    comments = re.findall(r"(?:^|\s)#(.*)", text, re.MULTILINE)
    return sorted({*_found({**content, "metadata": said}), *_found(comments)})


def texts(content: Any) -> Iterator[str | bytes]:
    """Return all texts in the content of a cassette."""
    if is_object(content):
        for name, each in content.items():
            yield name
            yield from texts(each)
    elif is_array(content):
        for each in content:
            yield from texts(each)
    elif isinstance(content, str | bytes):
        yield content


def _found(value: Any, key: str = "", secret: bool = False) -> Iterator[str]:
    if is_object(value):
        for name, each in value.items():
            if name.lower() in _HEADERS and not _all_hidden(each):
                yield _HEADERS[name.lower()]
            yield from _found(name)
            yield from _found(each, name, secret or (is_secret_key(name) and name.lower() not in _HEADERS))
    elif is_array(value):
        for each in value:
            yield from _found(each, key, secret)
    elif isinstance(value, str | bytes):
        for text in readings(value):
            yield from _found_in_text(text, key, secret)
    elif isinstance(value, int | float) and not isinstance(value, bool) and secret:
        yield "a secret"


def _all_hidden(values: Any) -> bool:
    return all(
        isinstance(each, str) and is_hidden(each) for each in (values if is_array(values) else [values])
    )


def _found_in_text(text: str, key: str, secret: bool) -> Iterator[str]:
    if secret and text and not is_hidden(text):
        yield "a secret"
    if is_certificate_key(key) and text and not is_hidden(text):
        yield "a certificate"
    for kind, pattern in _TEXTS.items():
        if pattern.search(text):
            yield kind
    if not all(is_hidden(token) for _, token in TRIGGER_TOKEN.findall(text)):
        yield "a trigger token"
    for user, host in _HOST.findall(text):
        if user and not is_hidden(user):
            yield "a secret"
        if not may_be_shown(host):
            yield "an address"
    if not all(map(may_be_shown, EMAIL.findall(text))):
        yield "an address"
    # The bodies, and a certificate within one, are JSON in a text.
    try:
        content = json.loads(text) if text.lstrip()[:1] in ("{", "[") else None
    except ValueError:
        content = None
    if content is None:
        yield from _found_by_name(text)
    else:
        yield from _found(content)


def _found_by_name(text: str) -> Iterator[str]:
    """Find what stands behind the name of a secret, in a form or in JSON that is a part of a text."""
    for name, value in _NAMED.findall(text):
        if is_secret_key(name) and not is_hidden(value):
            yield "a secret"
        if is_certificate_key(name) and not is_hidden(value):
            yield "a certificate"
