"""Replaces files of a tree: all of them, or none.

What is new and copies of what is old are put together in a folder of their own first. A journal there says which
files are about to change; while it is there the change is not complete, and `recover` undoes it. So an error or
an interruption leaves the tree as it was, and a process that was killed leaves it so once `recover` has run, which
every command of the generator does first. After a loss of power, files may be incomplete: git knows them.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

FOLDER = ".update"
JOURNAL = "journal.json"


def replace(root: Path, contents: Mapping[str, bytes | None]) -> None:
    """Write files, or remove those whose content is None.

    Args:
        root: the tree.
        contents: by path below the root.
    """
    recover(root)
    if not contents:
        return
    try:
        _prepare(root, contents)
        for path, content in contents.items():
            _put(root, path, content)
        # From here on the change is complete.
        (root / FOLDER / JOURNAL).unlink()
    except BaseException:
        recover(root)
        raise
    shutil.rmtree(root / FOLDER)
    for path, content in contents.items():
        if content is None:
            _prune(root, (root / path).parent)


def recover(root: Path) -> bool:
    """Undo a change that was not completed; say whether there was one."""
    folder = root / FOLDER
    journal = folder / JOURNAL
    begun = journal.exists()
    if begun:
        there: dict[str, bool] = json.loads(journal.read_text(encoding="utf-8"))
        for path, was_there in there.items():
            if was_there:
                # A copy of the copy, so that a recovery that is cut short can be begun again.
                shutil.copy2(folder / "old" / path, folder / "restored")
                _move(folder / "restored", root / path)
            else:
                (root / path).unlink(missing_ok=True)
                _prune(root, (root / path).parent)
        journal.unlink()
    if folder.exists():
        shutil.rmtree(folder)
    return begun


def _prepare(root: Path, contents: Mapping[str, bytes | None]) -> None:
    folder = root / FOLDER
    there = {path: (root / path).exists() for path in contents}
    for path, content in contents.items():
        if content is not None:
            _in_folder(folder / "new" / path).write_bytes(content)
        if there[path]:
            shutil.copy2(root / path, _in_folder(folder / "old" / path))
    draft = folder / "journal"
    draft.write_text(json.dumps(there), encoding="utf-8")
    os.replace(draft, folder / JOURNAL)


def _put(root: Path, path: str, content: bytes | None) -> None:
    if content is None:
        (root / path).unlink()
    else:
        _move(root / FOLDER / "new" / path, root / path)


def _move(source: Path, target: Path) -> None:
    os.replace(source, _in_folder(target))


def _in_folder(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _prune(root: Path, folder: Path) -> None:
    """Remove folders that hold nothing but what Python cached."""
    while folder != root and not any(path.name != "__pycache__" for path in _listed(folder)):
        shutil.rmtree(folder, ignore_errors=True)
        folder = folder.parent


def _listed(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
