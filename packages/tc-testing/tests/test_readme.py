"""What the README shows works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from inner_pytest import run

README = Path(__file__).parents[1] / "README.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
TESTS = [example for example in EXAMPLES if "def test_" in example]

# The examples use a client that this package does not need.
pytest.importorskip("tc_queue")


@pytest.mark.parametrize("script", [example for example in EXAMPLES if example not in TESTS])
def test_script(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(script, README, "exec"), {"__name__": "example"})


def test_tests(tmp_path: Path) -> None:
    [tests] = TESTS
    report = run(tmp_path, tests)
    assert f"{tests.count('def test_')} passed" in report, report
