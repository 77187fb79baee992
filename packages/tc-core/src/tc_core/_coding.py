"""Content codings of bodies (RFC 9110, section 8.4): none, or gzip, undone without holding more than a block."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from ._errors import TaskclusterError, TransportError

_GZIP = 16 + zlib.MAX_WBITS


def is_gzip(content_encoding: str) -> bool:
    """Tell whether a body is in gzip; else it is as it stands.

    Raises:
        TaskclusterError: it has another coding.
    """
    coding = content_encoding.strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise TaskclusterError(f"the body has the content coding {coding[:40]!r}, which was not asked for")
    return coding.endswith("gzip")


class Gunzip:
    """Decodes a gzip body, of one member or several (RFC 1952, section 2.2).

    Args:
        block: most bytes that are given at once.
    """

    def __init__(self, block: int) -> None:
        self._block = block
        self._began = False
        self._member = zlib.decompressobj(_GZIP)

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Give what ``data`` unpacks to, piece by piece."""
        while data:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            self._began = True
            try:
                unpacked = self._member.decompress(data, self._block)
            except zlib.error as error:
                raise TransportError("the body is no valid gzip") from error
            if unpacked:
                yield unpacked
            data = self._member.unconsumed_tail or self._member.unused_data

    def finish(self) -> None:
        """Raise TransportError if the data was cut short."""
        if self._began and not self._member.eof:
            raise TransportError("the body ended inside its gzip data")
