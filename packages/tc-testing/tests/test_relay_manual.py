"""What the page about the relay shows works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "relay.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)

# The examples use a client that this package does not need.
pytest.importorskip("tc_queue")


@pytest.mark.parametrize("script", EXAMPLES, ids=["any client", "random faults"])
def test_script(script: str) -> None:
    exec(compile(script, PAGE, "exec"), {"__name__": "example"})
