"""What can be read in a text, also by who takes it out of what it is wrapped in."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote_to_bytes

__all__ = ["readings"]

_DEEPEST = 4  # wraps within one another
_LARGEST = 1 << 20  # bytes that are unpacked
_GZIP = b"\x1f\x8b\x08"
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_BASE64 = re.compile(r"(?=([A-Za-z0-9+/_-]{12,}))(?<![A-Za-z0-9+_-])")  # from its start and from each slash
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def readings(value: str | bytes) -> set[str]:
    """Return a text and all that comes out of it: of percent-encoding, JSON's escapes, base64 and gzip."""
    found: set[str] = set()
    _collect(value, found, _DEEPEST)
    return found


def _collect(value: str | bytes, found: set[str], depth: int) -> None:
    text = _text(value) if isinstance(value, bytes) else value
    if text in found:
        return
    found.add(text)
    if depth:
        for inner in _unwrapped(text):
            _collect(inner, found, depth - 1)


def _unwrapped(text: str) -> Iterator[str | bytes]:
    if "%" in text:
        yield unquote_to_bytes(text.encode(errors="replace"))
    if "\\" in text:
        yield _ESCAPE.sub(_unescaped, text)
    for run in _BASE64.findall(text):
        packed = _decoded(run)
        # Most of what looks like base64 is none, and comes out as noise.
        if packed is not None and (_GZIP in packed or _is_text(packed)):
            yield packed


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _CONTROLS.get(match[2], match[2])


def _decoded(run: str) -> bytes | None:
    standard = run.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4))
    except binascii.Error:
        return None


def _is_text(content: bytes) -> bool:
    try:
        return all(each.isprintable() or each.isspace() for each in content.decode())
    except UnicodeDecodeError:
        return False


def _text(content: bytes) -> str:
    before, gzip, packed = content.partition(_GZIP)
    if gzip:
        with suppress(zlib.error):  # It may only begin like gzip.
            content = before + zlib.decompressobj(wbits=31).decompress(gzip + packed, _LARGEST)
    return content.decode(errors="replace")
