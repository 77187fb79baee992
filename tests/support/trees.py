"""Trees for the generator to work on, away from the house."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from codegen import files
from codegen.__main__ import main

HOUSE = Path(__file__).parents[2]

of_106 = pytest.mark.skipif(
    files.Facts.stored(HOUSE).taskcluster != "106.0.0", reason="counts what is in Taskcluster 106.0.0"
)
"""Marks tests that know what is in one Taskcluster version, so that they say nothing after an update."""


def make(folder: Path, references: dict[str, Any], version: str = "1.2.3") -> Path:
    """Make a tree of made-up services."""
    (folder / "codegen" / "docs").mkdir(parents=True)
    shutil.copy(HOUSE / "codegen" / "packages.toml", folder / "codegen" / "packages.toml")
    (folder / "codegen" / "overrides.toml").write_text("")
    (folder / "LICENSE").write_text("the licence\n")
    assert update(folder, references, version) == 0
    return folder


def copy(folder: Path) -> Path:
    """Copy what the generator reads and writes of the house."""
    shutil.copytree(
        HOUSE / "codegen", folder / "codegen", ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )
    shutil.copytree(HOUSE / "packages", folder / "packages", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("docs", "changelog.d"):
        shutil.copytree(HOUSE / name, folder / name)
    for name in ("LICENSE", "VERSION"):
        shutil.copy(HOUSE / name, folder / name)
    return folder


def update(root: Path, references: dict[str, Any], version: str) -> int:
    """Update a tree to references, given by their names."""
    source = root.parent / f"{root.name}-references.json"
    source.write_text(
        json.dumps([{"filename": name, "content": content} for name, content in references.items()])
    )
    return run(root, "update", str(source), "--version", version)


def run(root: Path, *arguments: str) -> int:
    """Run a command of the generator."""
    return main(["--root", str(root), *arguments])


def contents(root: Path) -> dict[str, bytes]:
    """Return the files of a tree, by path."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }
