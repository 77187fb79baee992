"""Runs of pytest within a test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["run"]


def run(folder: Path, tests: str, *options: str) -> str:
    """What pytest reports of `tests`, with the plugin as its only one but for those in `options`."""
    folder.joinpath("test_it.py").write_text(tests, "utf-8")
    folder.joinpath("pytest.ini").write_text("[pytest]\n", "utf-8")
    env = os.environ | {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "TASKCLUSTER_ROOT_URL": "https://tc.example.com",
        "TASKCLUSTER_PROXY_URL": "https://proxy.example.com",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tc_testing._pytest_plugin", *options, "."]
    ran = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr
