"""A folder that the artifacts of a task are downloaded into, under their own names."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
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
        self._ground = _existing(self._path)
        self._made: list[Path] = []

    def paths(self, names: Iterable[str]) -> dict[str, Path]:
        """Return where each artifact goes.

        Raises:
            ValueError: a name would lead out of the folder, cannot be that of a file, or takes another's place.
        """
        segments = {name: _segments(name) for name in names}
        clash = _clash(segments.items())
        if clash is None:
            clash = _clash((name, [each.casefold() for each in path]) for name, path in segments.items())
            if clash is not None and not self._ignores_case():
                clash = None
        if clash is not None:
            raise ValueError(
                f"pattern: matches {clash[0]!r} and {clash[1]!r}, of which only one can be in this folder; "
                "narrow the pattern, and download the other one by its name"
            )
        return {name: self._path.joinpath(*path) for name, path in segments.items()}

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

    def _ignores_case(self) -> bool:
        """Tell whether a file is found under a name in other letters, as it is on Windows and mostly on macOS."""
        if os.name == "nt":
            return True
        try:
            with NamedTemporaryFile(prefix=".tc-", dir=self._ground) as file:
                path = Path(file.name)
                return path.with_name(path.name.swapcase()).exists()
        except OSError:
            return False  # Making the folder fails with the same, and says more.

    def _make(self, path: Path) -> None:
        missing = [each for each in (path, *path.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
            self._made.append(each)
        if not path.is_dir():
            raise NotADirectoryError(0, "", str(path))


def _existing(path: Path) -> Path:
    """Return the folder that is there already: the path itself, or what is to be made goes into.

    Raises:
        ValueError: it is none, or cannot be written to.
    """
    for each in (path, *path.parents):
        try:
            mode = each.stat().st_mode
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ValueError(f"to: {str(path)!r} cannot be made: {reason}") from error
        if not stat.S_ISDIR(mode):
            raise ValueError(f"to: {str(each)!r} is no folder; pass the path of one")
        if not os.access(each, os.W_OK | os.X_OK):
            raise ValueError(f"to: {str(each)!r} cannot be written to; pass another folder")
        return each
    raise ValueError(f"to: {str(path)!r} is in no folder; pass the path of one")


def _clash(paths: Iterable[tuple[str, list[str]]]) -> tuple[str, str] | None:
    """Return two names of which one is in the way of the other: as the same file, or a file where a folder must be."""
    taken: dict[tuple[str, ...], str] = {}
    for name, path in paths:
        other = taken.setdefault(tuple(path), name)
        if other != name:
            return other, name
    for segments, name in taken.items():
        for length in range(1, len(segments)):
            if segments[:length] in taken:
                return taken[segments[:length]], name
    return None


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
