"""Giving out the body of an upload, once."""

from __future__ import annotations

from ..transfers import Reader
from .digests import Digests
from .sources import Source, changed, read_block

BLOCK = 512 * 1024
"""Bytes that are read, hashed and sent at once."""

HASHES = ("sha256", "sha512")


class Departure:
    """One pass over a source, hashed on its way.

    Attributes:
        position: number of bytes given out.
        complete: whether all went out: the one who takes the blocks came back for more, and there was none.
    """

    def __init__(self, source: Source, length: int) -> None:
        self._source = source
        self._length = length
        self._digests = Digests(HASHES)
        self._reader: Reader | None = None
        self.position = 0
        self.complete = False

    def open(self) -> None:
        """Go to the beginning of the source."""
        self._reader = self._source.open()

    def read(self) -> bytes:
        """Return the next block; nothing at the end.

        Raises:
            VerificationFailed: the source is longer or shorter than it was.
        """
        assert self._reader is not None
        left = self._length - self.position
        block = read_block(self._reader, min(BLOCK, left) or 1)
        if bool(block) != bool(left):
            raise changed()
        self.complete = not left
        self._digests.update(block)
        self.position += len(block)
        return block

    def finish(self) -> dict[str, str]:
        """Return the hashes of what went out.

        Raises:
            VerificationFailed: the source is not what it was when the upload began.
        """
        self._source.check()
        return self._digests.finish()

    def close(self) -> None:
        """Let go of the reader and the threads."""
        self._digests.close()
        if self._reader is not None:
            self._source.release(self._reader)
