"""What type checkers say about uses of the clients: right ones pass, each mistake is flagged."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import indent

import pytest

CASES = Path(__file__).parent / "types"
README = CASES.parent.parent / "README.md"


def mypy(file: Path) -> set[int]:
    output = run(file, "mypy", "--strict", "--config-file=", "--output=json", file.name)
    found = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return {item["line"] for item in found if item["severity"] == "error"}


def pyright(file: Path) -> set[int]:
    settings = {"include": [file.name], "typeCheckingMode": "strict"}
    (file.parent / "pyrightconfig.json").write_text(json.dumps(settings))
    output = json.loads(run(file, "pyright", "--outputjson", "--pythonpath", sys.executable))
    assert output["summary"]["filesAnalyzed"] == 1
    found = [item for item in output["generalDiagnostics"] if item["severity"] == "error"]
    return {item["range"]["start"]["line"] + 1 for item in found}


def run(file: Path, *command: str) -> str:
    finished = subprocess.run(
        [sys.executable, "-m", *command], cwd=file.parent, capture_output=True, text=True, check=False
    )
    assert finished.returncode in (0, 1), finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(params=[mypy, pyright])
def flagged_lines(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], list[str]]:
    """Check a program away from the house, as a user's is; return the lines that are flagged."""

    def check(program: str) -> list[str]:
        file = tmp_path / "program.py"
        file.write_text(program)
        lines = program.splitlines()
        return [lines[number - 1] for number in sorted(request.param(file))]

    return check


def test_correct_uses_pass(flagged_lines: Callable[[str], list[str]]) -> None:
    assert flagged_lines((CASES / "correct.py").read_text()) == []


def test_each_mistake_is_flagged_and_nothing_else(flagged_lines: Callable[[str], list[str]]) -> None:
    program = (CASES / "mistakes.py").read_text()
    assert flagged_lines(program) == [line for line in program.splitlines() if "# mistake: " in line]


def test_the_tour_in_the_readme_passes(flagged_lines: Callable[[str], list[str]]) -> None:
    first, *others = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)
    functions = [
        f"async def step_{number}(task_id: str, group_id: str) -> None:\n{indent(block, '    ')}"
        for number, block in enumerate(others)
    ]
    assert functions
    assert flagged_lines("\n".join([first, *functions])) == []
