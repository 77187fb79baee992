"""What is uploaded, brought into one form that can be read again from the beginning."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from .._errors import VerificationFailed
from ..transfers import Reader

_MEASURING = 1024 * 1024


class Source:
    """Bytes that can be read as often as needed.

    Attributes:
        length: number of bytes, or None until `measure`.
    """

    length: int | None

    def open(self) -> Reader:
        """Return a reader that stands at the beginning."""
        raise NotImplementedError

    def release(self, reader: Reader) -> None:
        """Take back a reader that `open` gave."""

    def measure(self) -> int:
        """Return the length; this may take a pass over the bytes."""
        assert self.length is not None
        return self.length

    def check(self) -> None:
        """Raise VerificationFailed if the bytes may have changed since the length was taken."""


def make_source(value: Any) -> Source:
    """Tell what a user's ``source`` is.

    Raises:
        TypeError: it is none of what `tc_core.transfers.Source` names.
        ValueError: it is one, but cannot be read.
    """
    if isinstance(value, (bytes, bytearray, memoryview)):
        return BytesSource(bytes(cast(bytes, value)))
    if isinstance(value, (str, os.PathLike)):
        return PathSource(cast("str | os.PathLike[str]", value))
    # Of what a class makes, the class has the methods too, and it is a function that makes one.
    if hasattr(value, "read") and not isinstance(value, type):
        return FileSource(value)
    if callable(value):
        return FactorySource(cast(Callable[[], Reader], value))
    raise TypeError(
        f"source: {type(value).__name__}; pass bytes, a path, a binary file, or a function that opens one"
    )


class BytesSource(Source):
    """Bytes in memory."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.length = len(content)

    def open(self) -> Reader:
        return io.BytesIO(self.content)


class PathSource(Source):
    """A file by its path."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        shown = f"source: {str(path)!r}"
        try:
            status = self._path.stat()
            # Only then: opening a pipe would wait for somebody to write to it.
            if stat.S_ISREG(status.st_mode):
                with self._path.open("rb", buffering=0) as file:
                    status = os.fstat(file.fileno())
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ValueError(f"{shown} cannot be read: {reason}") from error
        if stat.S_ISDIR(status.st_mode):
            raise ValueError(f"{shown} is a folder; pass the path of a file")
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f"{shown} is no regular file; pass its content, or a function that opens it")
        self._state = _state(status)
        self.length = status.st_size

    def open(self) -> Reader:
        try:
            return self._path.open("rb", buffering=0)
        except FileNotFoundError as error:
            raise VerificationFailed(f"source: {str(self._path)!r} went away during the upload") from error

    def release(self, reader: Reader) -> None:
        _close(reader)

    def check(self) -> None:
        try:
            now = _state(self._path.stat())
        except FileNotFoundError:
            now = None
        if now != self._state:
            raise changed()


class FileSource(Source):
    """An open file, from where it stands to its end."""

    def __init__(self, file: Any) -> None:
        # Not only an io.TextIOBase: temporary files are wrapped.
        if hasattr(file, "encoding"):
            raise TypeError("source: is open in text mode; open it with 'rb'")
        try:
            self._start = int(file.tell())
            # Asked for, and not taken from seek: that of a memory map tells nothing.
            file.seek(0, os.SEEK_END)
            self.length = max(0, int(file.tell()) - self._start)
            file.seek(self._start)
        except (AttributeError, OSError, ValueError) as error:
            raise ValueError(
                f"source: cannot seek ({error}); pass bytes, a path, or a function that opens it anew"
            ) from error
        if hasattr(file, "readable") and not file.readable():
            raise ValueError("source: is not open for reading; open it with 'rb'")
        self._file = file
        self._state = self._now()

    def open(self) -> Reader:
        self._file.seek(self._start)
        return cast(Reader, self._file)

    def check(self) -> None:
        if self._now() != self._state:
            raise changed()

    def _now(self) -> tuple[int, ...] | None:
        try:
            return _state(os.fstat(self._file.fileno()))
        except (AttributeError, OSError, ValueError):
            return None


class FactorySource(Source):
    """A function that opens a reader."""

    length = None

    def __init__(self, factory: Callable[[], Reader]) -> None:
        self._factory = factory

    def open(self) -> Reader:
        reader = self._factory()
        if not hasattr(reader, "read"):
            raise TypeError(
                f"source: the function returned {type(reader).__name__}, which has no read method"
            )
        return reader

    def release(self, reader: Reader) -> None:
        _close(reader)

    def measure(self) -> int:
        if self.length is None:
            reader = self.open()
            try:
                self.length = _length(reader)
            finally:
                self.release(reader)
        return self.length


def load(source: Source, length: int) -> BytesSource:
    """Read all of a short source.

    Raises:
        VerificationFailed: it is longer or shorter than it was.
    """
    reader = source.open()
    try:
        content = b""
        while len(content) <= length and (block := read_block(reader, length + 1 - len(content))):
            content += block
    finally:
        source.release(reader)
    if len(content) != length:
        raise changed()
    return BytesSource(content)


def read_block(reader: Reader, size: int) -> bytes:
    """Read at most ``size`` bytes, and nothing only at the end."""
    data: Any = reader.read(size)
    if not isinstance(data, bytes):
        raise TypeError(f"source: its read method returned {type(data).__name__}; open it in binary mode")
    if len(data) > size:
        raise ValueError(f"source: its read method returned {len(data)} bytes where {size} were asked for")
    return data


def changed() -> VerificationFailed:
    """Make the error for a source that is not what it was when the upload began."""
    return VerificationFailed("source: changed while it was uploaded; upload it again when it is at rest")


def _length(reader: Reader) -> int:
    total = 0
    while block := read_block(reader, _MEASURING):
        total += len(block)
    return total


def _state(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _close(reader: Any) -> None:
    close = getattr(reader, "close", None)
    if close is not None:
        close()
