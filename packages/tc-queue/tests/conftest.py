"""The option with which the cassettes of this package are recorded anew."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record",
        action="store_true",
        help="record the cassettes anew from a local Taskcluster before they are replayed",
    )
