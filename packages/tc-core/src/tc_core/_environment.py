"""The TASKCLUSTER_* variables. Read when asked, never at import."""

from __future__ import annotations

import os
from collections.abc import Mapping


class Environment:
    """Look-ups in which an empty variable counts as not set."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ

    def get(self, name: str) -> str | None:
        return self._environ.get(name) or None

    def require(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise ValueError(f"{name} is not set; set it in the environment")
        return value
