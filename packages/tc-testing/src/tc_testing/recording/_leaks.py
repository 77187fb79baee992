"""Looks through a cassette for what nobody may see, without knowing what was secret in the recording."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from vcr.serializers import yamlserializer

from .._json import is_array, is_object
from ._names import CERTIFICATE_KEYS, PRESIGNED, SECRET_KEYS, is_hidden, may_be_shown

__all__ = ["leaks"]

_TEXTS = {
    "a Hawk header": re.compile(r"\bhawk\s+\w+=", re.IGNORECASE),
    "a bewit": re.compile(r"bewit=[^&\s]", re.IGNORECASE),
    "a presigned query": PRESIGNED,
    "an access token": re.compile(r"(?<![\w-])(?!REDACTED)[\w-]{43,44}(?![\w-])"),
    "a JSON web token": re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\."),
    "a key of a cloud": re.compile(r"\b(?:A[KS]IA[A-Z0-9]{16}|ya29\.[\w-]{16}|gh[opsu]_\w{16})"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "an address": re.compile(r"\blocalhost\b|(?<![\d.])127\.0\.0\.1(?![\d.])"),
}
_HOST = re.compile(r"https?://(?:[^\s/\"'@]*@)?([A-Za-z0-9.:\[\]-]+)")


def leaks(text: str) -> list[str]:
    """Return what kinds of secrets a cassette shows, none if all is well.

    Args:
        text: of the cassette, in YAML.
    """
    content: dict[str, Any] = yamlserializer.deserialize(text)
    # The seed of a recording is called what the seed of a certificate is, which must not be shown.
    said = [{**each, "seed": ""} for each in content.get("metadata", {}).values()]
    return sorted({*_found(content["interactions"]), *_found(said)})


def _found(value: Any, key: str = "", secret: bool = False) -> Iterator[str]:
    if is_object(value):
        for name, each in value.items():
            if name.lower() == "authorization" and not (isinstance(each, str) and is_hidden(each)):
                yield "an Authorization header"
            yield from _found(name)
            yield from _found(each, name, secret or name in SECRET_KEYS)
    elif is_array(value):
        for each in value:
            yield from _found(each, key, secret)
    elif isinstance(value, str):
        yield from _found_in_text(value, key, secret)
    elif isinstance(value, int | float) and not isinstance(value, bool) and secret:
        yield "a secret"


def _found_in_text(text: str, key: str, secret: bool) -> Iterator[str]:
    if secret and text and not is_hidden(text):
        yield "a secret"
    if key in CERTIFICATE_KEYS and text and not is_hidden(text):
        yield "a certificate"
    for kind, pattern in _TEXTS.items():
        if pattern.search(text):
            yield kind
    if any(not may_be_shown(host) for host in _HOST.findall(text)):
        yield "an address"
    # The bodies, and a certificate within one, are JSON in a text.
    if text[:1] in ("{", "["):
        try:
            content = json.loads(text)
        except ValueError:
            return
        yield from _found(content)
