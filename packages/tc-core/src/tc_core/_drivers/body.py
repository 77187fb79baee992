"""Reading an answer's body within bounds."""

from __future__ import annotations

import zlib
from io import BytesIO

from .._errors import TaskclusterError, TransportError

MAX_BODY = 64 * 1024 * 1024
"""Longest answer that is taken in, in bytes after decompression. Artifacts and objects are not read this way."""

_GZIP = 16 + zlib.MAX_WBITS


class BodyReader:
    """Collects a body, undoing gzip. No more than `MAX_BODY` bytes are ever held, whatever they unpack to."""

    def __init__(self, content_encoding: str, limit: int = MAX_BODY) -> None:
        coding = content_encoding.strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip"):
            raise TaskclusterError(f"the answer has the content coding {coding!r}, which was not asked for")
        self._gunzip = zlib.decompressobj(_GZIP) if coding.endswith("gzip") else None
        self._content = BytesIO()
        self._left = limit
        self._limit = limit

    def feed(self, data: bytes) -> None:
        """Take a piece as it came from the connection."""
        if self._gunzip is None:
            self._keep(data)
            return
        try:
            self._inflate(data)
        except zlib.error as error:
            raise TransportError("the answer is no valid gzip") from error

    def finish(self) -> bytes:
        """Return the body.

        Raises:
            TransportError: it was cut short.
        """
        if self._gunzip is not None and self._parts_began and not self._gunzip.eof:
            raise TransportError("the answer ended inside its gzip data")
        return self._content.getvalue()

    _parts_began = False

    def _inflate(self, data: bytes) -> None:
        while data and self._gunzip is not None:
            if self._gunzip.eof:
                self._gunzip = zlib.decompressobj(_GZIP)
            self._parts_began = True
            # One byte more than allowed is enough to tell that there is too much.
            self._keep(self._gunzip.decompress(data, self._left + 1))
            data = self._gunzip.unconsumed_tail or self._gunzip.unused_data

    def _keep(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            raise TaskclusterError(f"the answer is longer than {self._limit} bytes")
        self._content.write(data)
