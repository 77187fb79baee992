"""What a transfer must not leave behind."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def nothing_left(folder: Path) -> Generator[None]:
    """Check that the files of a folder are the same afterwards, and that no thread of a transfer runs on."""
    before = sorted(folder.rglob("*"))
    yield
    assert sorted(folder.rglob("*")) == before
    assert transfer_threads() == []


def transfer_threads() -> list[str]:
    """Return the names of the threads that transfers started."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("tc-")]
