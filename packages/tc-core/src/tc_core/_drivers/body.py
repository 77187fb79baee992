"""Reading an answer's body within bounds."""

from __future__ import annotations

from io import BytesIO

from .._coding import Gunzip, is_gzip
from .._errors import TaskclusterError

MAX_BODY = 64 * 1024 * 1024
"""Longest answer that is taken in, in bytes after decompression. Artifacts and objects are not read this way."""

_BLOCK = 256 * 1024


class BodyReader:
    """Collects a body, undoing gzip. No more than ``limit`` bytes and a block are ever held, whatever it unpacks to."""

    def __init__(self, content_encoding: str, limit: int = MAX_BODY) -> None:
        self._gunzip = Gunzip(_BLOCK) if is_gzip(content_encoding) else None
        self._content = BytesIO()
        self._left = limit
        self._limit = limit

    def feed(self, data: bytes) -> None:
        """Take a piece as it came from the connection."""
        for piece in (data,) if self._gunzip is None else self._gunzip.decode(data):
            self._left -= len(piece)
            if self._left < 0:
                raise TaskclusterError(f"the answer is longer than {self._limit} bytes")
            self._content.write(piece)

    def finish(self) -> bytes:
        """Return the body.

        Raises:
            TransportError: it was cut short.
        """
        if self._gunzip is not None:
            self._gunzip.finish()
        return self._content.getvalue()
