"""A folder that the artifacts of a task are downloaded into, under their own names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

_DEVICE = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")


class Folder:
    """Makes the folders below it that are needed, and takes back those that stay empty.

    Args:
        to: its path; it need not be there yet.

    Raises:
        TypeError: ``to`` is no path.
        ValueError: there is something else.
    """

    def __init__(self, to: Any) -> None:
        if not isinstance(to, (str, os.PathLike)):
            raise TypeError(f"to: {type(to).__name__}; pass the path of a folder")
        self._path = Path(os.fspath(to))  # pyright: ignore[reportUnknownArgumentType]
        if self._path.exists() and not self._path.is_dir():
            raise ValueError(f"to: {str(self._path)!r} is no folder; pass the path of one")
        self._made: list[Path] = []

    def paths(self, names: Iterable[str]) -> dict[str, Path]:
        """Return where each artifact goes.

        Raises:
            ValueError: a name would lead out of the folder, or cannot be that of a file.
        """
        paths = {name: self._path.joinpath(*_segments(name)) for name in names}
        files = set(paths.values())
        for name, path in paths.items():
            if files.intersection(path.parents):
                raise ValueError(
                    f"pattern: matches {name!r}, and another artifact that is a part of this path"
                )
        return paths

    def make(self, paths: Iterable[Path]) -> None:
        """Make the folders for these files.

        Raises:
            ValueError: one is a link that leads out of the folder, or there is a file in the way.
        """
        try:
            self._make(self._path)
            inside = self._path.resolve()
            for path in paths:
                self._make(path.parent)
                if not path.resolve().is_relative_to(inside):
                    raise ValueError(f"to: {str(path)!r} is a link that leads out of the folder; remove it")
        except (FileExistsError, NotADirectoryError) as error:
            raise ValueError(f"to: {str(error.filename)!r} is no folder, and one is needed there") from error

    def tidy(self) -> None:
        """Remove the folders that were made and are empty."""
        for path in reversed(self._made):
            with suppress(OSError):
                path.rmdir()

    def _make(self, path: Path) -> None:
        missing = [each for each in (path, *path.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
            self._made.append(each)
        if not path.is_dir():
            raise NotADirectoryError(0, "", str(path))


def _segments(name: str) -> list[str]:
    segments = name.split("/")
    if not all(_is_plain(segment) for segment in segments):
        raise ValueError(
            f"pattern: matches {name!r}, which would leave the folder or is no name for a file; narrow the "
            "pattern, and download this one by its name"
        )
    return segments


def _is_plain(segment: str) -> bool:
    if segment in ("", ".", "..") or re.search(r"[\\\x00-\x1f]", segment):
        return False
    # Windows has names for devices in every folder, drives and streams behind a colon, and drops what is at the end.
    return os.name != "nt" or not (":" in segment or segment[-1] in ". " or _DEVICE.fullmatch(segment))
