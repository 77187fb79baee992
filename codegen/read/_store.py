"""The files in codegen/api."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ._facts import Api

VERSION = "VERSION"


def dump(apis: Mapping[str, Api], version: str) -> dict[str, str]:
    """Return the files that hold the facts of one Taskcluster version, by name."""
    files = {f"{name}.json": text(api) for name, api in apis.items()}
    return {**files, VERSION: f"{version}\n"}


def stored(folder: Path) -> tuple[dict[str, Api], str]:
    """Return the facts that a folder holds, by service, and the Taskcluster version they are of."""
    apis = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    return apis, (folder / VERSION).read_text(encoding="utf-8").strip()


def text(api: Api) -> str:
    """Return the facts of one service as the text of a file."""
    return json.dumps(api, ensure_ascii=False, indent=1) + "\n"
