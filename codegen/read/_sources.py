"""Where references come from. Each source gives a mapping of file name to content and nothing more."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ._references import UnreadableReferenceError


def load(source: Path) -> dict[str, Any]:
    """Return the published files of a folder, or of one file that holds a list of {filename, content}.

    Raises:
        UnreadableReferenceError: a file is not there or is not JSON.
    """
    return _folder(source) if source.is_dir() else _file(source)


def _file(path: Path) -> dict[str, Any]:
    try:
        return {entry["filename"]: entry["content"] for entry in _json(path)}
    except (TypeError, KeyError) as error:
        raise UnreadableReferenceError(f"{path}: not a list of objects with filename and content") from error


def _folder(folder: Path) -> dict[str, Any]:
    files: dict[str, Any] = {}
    for path in sorted(folder.rglob("*.json")):
        published = re.search(r"(?:^|.*/)((?:references|schemas)/.*)$", path.relative_to(folder).as_posix())
        if published:
            files[published[1]] = _json(path)
    return files


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableReferenceError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise UnreadableReferenceError(f"{path}: not JSON: {error}") from error
