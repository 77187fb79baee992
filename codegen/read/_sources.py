"""Where references come from. Each source gives a mapping of file name to content and nothing more."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from .._json import is_list, is_object
from ._deployment import load_deployment
from ._errors import UnreadableReferenceError


def load(source: str | Path) -> dict[str, Any]:
    """Return published files, by name as under a deployment's /references and /schemas.

    Args:
        source: a folder that holds them; a file with a list of {filename, content}; or the root URL of a
            deployment, by http or https.

    Raises:
        UnreadableReferenceError: a file is not there or is not JSON.
    """
    if str(source).startswith(("http://", "https://")):
        return load_deployment(str(source))
    path = Path(source)
    return _folder(path) if path.is_dir() else _file(path)


def _file(path: Path) -> dict[str, Any]:
    entries = _json(path)
    files: dict[str, Any] = {}
    for entry in entries if is_list(entries) else [entries]:
        if not is_object(entry) or not isinstance(entry.get("filename"), str) or "content" not in entry:
            raise UnreadableReferenceError(f"{path}: not a list of objects with filename and content")
        files[entry["filename"]] = entry["content"]
    return files


def _folder(folder: Path) -> dict[str, Any]:
    paths: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.json")):
        published = re.search(r"(?:^|.*/)((?:references|schemas)/.*)$", path.relative_to(folder).as_posix())
        if not published:
            continue
        if published[1] in paths:
            raise UnreadableReferenceError(
                f"{path}: {published[1]} is also at {paths[published[1]]}; give a folder with one set of references"
            )
        paths[published[1]] = path
    return {name: _json(path) for name, path in paths.items()}


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableReferenceError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise UnreadableReferenceError(f"{path}: not JSON: {error}") from error
