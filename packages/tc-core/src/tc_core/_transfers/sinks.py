"""Where downloads go, brought into one form: written from the beginning, perhaps anew, then kept or discarded."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from .._errors import TaskclusterError
from .._slugids import slug_id
from ..transfers import Download, DownloadedBytes, DownloadedFile, Writer


class Sink:
    """Takes bytes in. Until `keep`, nothing of it shows where it can be helped."""

    def open(self) -> None:
        """Get ready to be written from the beginning."""
        raise NotImplementedError

    def write(self, data: bytes) -> None:
        """Append bytes, all of them."""
        raise NotImplementedError

    def restart(self) -> None:
        """Forget what was written."""
        raise NotImplementedError

    def keep(self) -> None:
        """Make it final."""

    def close(self) -> None:
        """Let go of what is held; forget what was written, unless it was kept."""

    def result(self, download: Download) -> Download:
        """Return what the user gets."""
        return download


def make_sink(to: Any) -> Sink:
    """Tell what a user's ``to`` is.

    Raises:
        TypeError: it is none of what `tc_core.transfers.Sink` names.
        ValueError: it is one, but cannot be written to.
    """
    if to is None:
        return BytesSink()
    if isinstance(to, (str, os.PathLike)):
        return PathSink(cast("str | os.PathLike[str]", to))
    # Of what a class makes, the class has the methods too, and it is a function that makes one.
    if hasattr(to, "write") and not isinstance(to, type):
        return FileSink(to)
    if callable(to):
        return FactorySink(cast(Callable[[], Writer], to))
    raise TypeError(f"to: {type(to).__name__}; pass a path, a binary file, or a function that opens one")


class BytesSink(Sink):
    """Memory."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()

    def open(self) -> None:
        pass

    def write(self, data: bytes) -> None:
        self._buffer.write(data)

    def restart(self) -> None:
        self._buffer = io.BytesIO()

    def result(self, download: Download) -> Download:
        return DownloadedBytes(
            content_type=download.content_type,
            length=download.length,
            hashes=download.hashes,
            content=self._buffer.getvalue(),
        )


class PathSink(Sink):
    """A file by its path, written beside under a temporary name."""

    def __init__(self, to: str | os.PathLike[str]) -> None:
        self.path = Path(to)
        self._final = _target(self.path)
        self._part: Path | None = None
        self._file: io.FileIO | None = None

    def open(self) -> None:
        self._part = self._final.with_name(f".tc-{slug_id()}.part")
        try:
            # Not tempfile: its files are private, and this one is to have the permissions of any new file.
            self._file = io.FileIO(self._part, "xb")
        except OSError as error:
            raise ValueError(f"to: {str(self.path)!r} cannot be written: {error.strerror}") from error
        if os.name == "posix":
            # What takes the place of a file is for the same eyes as that was. Some file systems have no permissions.
            with suppress(OSError):
                os.fchmod(self._file.fileno(), self._final.stat().st_mode & 0o777)

    def write(self, data: bytes) -> None:
        assert self._file is not None
        try:
            write_all(self._file, data)
        except OSError as error:
            # As it comes, it does not say which file.
            raise OSError(error.errno, error.strerror, str(self.path)) from error

    def restart(self) -> None:
        assert self._file is not None
        self._file.seek(0)
        self._file.truncate()

    def keep(self) -> None:
        assert self._file is not None
        assert self._part is not None
        self._file.close()
        os.replace(self._part, self._final)
        self._part = None

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        if self._part is not None:
            self._part.unlink(missing_ok=True)

    def result(self, download: Download) -> Download:
        return DownloadedFile(
            content_type=download.content_type,
            length=download.length,
            hashes=download.hashes,
            path=self.path,
        )


class FileSink(Sink):
    """An open file, from where it stands on."""

    def __init__(self, file: Any) -> None:
        _check_writable(file)
        self._file = file
        self._start = _position(file)
        self._written = self._kept = False

    def open(self) -> None:
        pass

    def write(self, data: bytes) -> None:
        self._written = True
        write_all(self._file, data)

    def restart(self) -> None:
        if not self._written:
            return
        if self._start is None:
            raise TaskclusterError(
                "to: the download has to start over, and this file cannot go back; pass a path instead"
            )
        self._file.seek(self._start)
        self._file.truncate()
        self._written = False

    def keep(self) -> None:
        flush = getattr(self._file, "flush", None)
        if flush is not None:
            flush()
        self._kept = True

    def close(self) -> None:
        if not self._kept and self._start is not None:
            # The error on its way says what went wrong; this is only tidying up.
            with suppress(OSError, ValueError):
                self.restart()


class FactorySink(Sink):
    """A function that opens a writer."""

    def __init__(self, factory: Callable[[], Writer]) -> None:
        self._factory = factory
        self._writer: Any = None
        self._written = False

    def open(self) -> None:
        self._writer = writer = self._factory()
        if not hasattr(writer, "write"):
            raise TypeError(f"to: the function returned {type(writer).__name__}, which has no write method")
        _check_writable(writer)

    def write(self, data: bytes) -> None:
        self._written = True
        write_all(self._writer, data)

    def restart(self) -> None:
        if self._written:
            self.close()
            self.open()
            self._written = False

    def keep(self) -> None:
        self.close()

    def close(self) -> None:
        writer, self._writer = self._writer, None
        close = getattr(writer, "close", None)
        if close is not None:
            close()


def write_all(writer: Any, data: bytes) -> None:
    """Write all of ``data``, with as many calls as it takes."""
    rest = memoryview(data)
    while rest:
        count = writer.write(rest if len(rest) < len(data) else data)
        if count is None and isinstance(writer, io.RawIOBase):
            count = 0
        # Some writers tell no number, and mean all of it.
        if not isinstance(count, int) or isinstance(count, bool) or count >= len(rest):
            return
        if count <= 0:
            # A file that does not block is full for now.
            raise BlockingIOError(
                errno.EAGAIN, "to: takes no more bytes; pass a file that waits until it does"
            )
        rest = rest[count:]


def _check_writable(file: Any) -> None:
    # Not only an io.TextIOBase: temporary files are wrapped.
    if hasattr(file, "encoding"):
        raise TypeError("to: is open in text mode; open it with 'wb'")
    if getattr(file, "closed", False):
        raise ValueError("to: is closed; pass an open file")
    if hasattr(file, "writable") and not file.writable():
        raise ValueError("to: is not open for writing; open it with 'wb'")


def _target(path: Path) -> Path:
    """Return the file that is to be written: of a link, what it leads to."""
    shown = f"to: {str(path)!r}"
    try:
        final = Path(os.path.realpath(path))
        mode = final.stat().st_mode
    except FileNotFoundError:
        if not path.resolve().parent.is_dir():
            raise ValueError(f"{shown} is in no folder; make {str(path.parent)!r} first") from None
        return path.resolve()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ValueError(f"{shown} cannot be written: {reason}") from error
    if stat.S_ISDIR(mode):
        raise ValueError(f"{shown} is a folder; pass the path of a file in it")
    if not stat.S_ISREG(mode):
        raise ValueError(f"{shown} is no regular file; open it and pass the open file")
    return final


def _position(file: Any) -> int | None:
    """Return where a file stands, or None where it cannot be brought back there."""
    try:
        if not file.seekable():
            return None
        return int(file.tell())
    except (AttributeError, OSError, ValueError):
        return None
