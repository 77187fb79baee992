"""What every test of the house runs under: nothing of the caller's environment, no deadline."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

pytest_plugins = ["cassettes"]

settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def nothing_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("TASKCLUSTER_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
