"""The table of methods in the manual says what these tests have shown. It runs after all others."""

from __future__ import annotations

import re
from pathlib import Path

import methods_table
import pytest

from tc_testing._facts import methods

PAGE = Path(__file__).parents[3] / "docs" / "local-taskcluster.md"
BEGIN = "<!-- made by the tests: pytest packages/tc-testing/tests --write-methods-table -->"
HEAD = ["", "", "| Method | Here | Shown by |", "| --- | --- | --- |"]


@pytest.fixture
def rows(request: pytest.FixtureRequest) -> list[str]:
    run = {item.path.name for item in request.session.items}
    everything = {path.name for path in Path(__file__).parent.glob("test_*.py")}
    if run != everything or request.config.getoption("keyword"):
        pytest.skip("not all tests were run")
    return methods_table.lines()


def test_table_is_what_the_tests_show(rows: list[str], request: pytest.FixtureRequest) -> None:
    if not PAGE.exists():
        pytest.skip("the manual is not here")
    text, begin, old = PAGE.read_text("utf-8").partition(BEGIN)
    assert begin, f"{PAGE.name} has no place for the table"
    table = "\n".join([*HEAD, *rows, ""])
    if request.config.getoption("--write-methods-table"):
        PAGE.write_text(text + begin + table, "utf-8")
    else:
        assert old == table, "out of date; run these tests with --write-methods-table"


def test_all_that_behaves_is_shown(rows: list[str]) -> None:
    assert len(rows) == len(methods()) == 194
    assert sum("| behaves |" in row for row in rows) >= 180
    assert [row for row in rows if row.endswith("| behaves |  |")] == []


def test_tests_that_the_manual_names_are_there() -> None:
    if not PAGE.exists():
        pytest.skip("the manual is not here")
    named = re.findall(r"`(\w+\.py) · ([\w.]+)`", PAGE.read_text("utf-8"))
    assert named
    for file, name in named:
        text = Path(__file__).with_name(file).read_text("utf-8")
        for part in name.split("."):
            assert re.search(rf"^ *(class|def|async def) {part}\b", text, re.MULTILINE), f"{file} · {name}"
