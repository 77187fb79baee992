"""What uploads and downloads take and give: sources, sinks, progress and results.

The transfers themselves are methods of the services: `upload_object` and `download_object` of `tc_object.Object`,
`download_artifact`, `download_artifacts` and `create_artifact_from` of `tc_queue.Queue`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

__all__ = [
    "Download",
    "DownloadedBytes",
    "DownloadedFile",
    "OnProgress",
    "Phase",
    "Reader",
    "SeekableReader",
    "Sink",
    "Source",
    "Upload",
    "Writer",
]


class Reader(Protocol):
    """Something open to read bytes from, such as a binary file."""

    def read(self, size: int, /) -> bytes: ...


class SeekableReader(Reader, Protocol):
    """A reader that can go back."""

    def seek(self, offset: int, whence: int = 0, /) -> int: ...
    def tell(self) -> int: ...


class Writer(Protocol):
    """Something open to write bytes to, such as a binary file."""

    def write(self, data: bytes, /) -> object: ...


Source: TypeAlias = (
    bytes | bytearray | memoryview | str | os.PathLike[str] | SeekableReader | Callable[[], Reader]
)
"""What is uploaded: bytes; the path of a file; a binary file, from where it stands to its end; or a function that
gives a fresh reader for each try, which is closed after use if it has a ``close``."""

Sink: TypeAlias = str | os.PathLike[str] | Writer | Callable[[], Writer]
"""Where a download goes: a path; a binary file, from where it stands on; or a function that gives a fresh writer
each time that the bytes come from the beginning, which is closed after use if it has a ``close``.

A path is written under a temporary name beside it, and gets its name when all is there and verified. A file that
cannot seek takes a download that resumes, but not one that has to start over."""

Phase: TypeAlias = Literal["measuring", "uploading", "downloading", "finishing"]
"""What is going on: ``measuring`` a source of unknown length, moving bytes, or ``finishing``: verifying, renaming,
and telling the service."""

OnProgress: TypeAlias = Callable[[int, int | None, Phase], object]
"""Called with the bytes done, the total or None while it is not known, and the phase. The bytes done go back when
a try starts over. An exception from it ends the transfer."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """What was uploaded.

    Attributes:
        length: number of bytes.
        hashes: ``sha256`` and ``sha512`` of the bytes, in hexadecimal.
    """

    length: int
    hashes: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Download:
    """What was downloaded.

    Attributes:
        content_type: what the storage says the bytes are, such as ``text/plain``.
        length: number of bytes, with their content coding undone.
        hashes: the hashes that were verified, by their names; empty where the storage knows none.
    """

    content_type: str
    length: int
    hashes: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class DownloadedBytes(Download):
    """A download into memory.

    Attributes:
        content: the bytes.
    """

    content: bytes

    def __repr__(self) -> str:
        return f"DownloadedBytes({self.length} bytes of {self.content_type})"


@dataclass(frozen=True, kw_only=True)
class DownloadedFile(Download):
    """A download into a file.

    Attributes:
        path: the file.
    """

    path: Path
