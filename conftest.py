"""What every test of the house runs under: nothing of the caller's environment, no deadline, no trace left."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

pytest_plugins = ["cassettes"]

settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def nothing_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        # Options for pytest would also reach one that a test runs inside.
        if name.startswith("TASKCLUSTER_") or name.lower().endswith("_proxy") or name == "PYTEST_ADDOPTS":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def nothing_left_behind(nothing_of_the_caller: None) -> Iterator[None]:
    """A relative path leads into the tree of whoever runs the tests."""
    here = os.getcwd()
    before = set(os.listdir(here))
    yield
    # Tools keep their caches under names with a dot.
    left = {name for name in set(os.listdir(here)) - before if not name.startswith((".", "__"))}
    assert not left, f"the test left {', '.join(sorted(left))} in {here}; let it write to tmp_path"
