"""Tells the seed of the random faults, so that a run can be repeated."""

from __future__ import annotations

import sys

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, module in sys.modules.items():
        if name.endswith("test_transfer_faults"):
            terminalreporter.write_line(f"random transfers: TRANSFER_SEED={module.SEED}")
