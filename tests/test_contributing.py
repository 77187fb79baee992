"""CONTRIBUTING.md leads to places that are there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")

FOLDERS = {
    "overrides.toml": "codegen",
    "test_flow.py": "packages/tc-core/tests",
    "wire.json": "packages/tc-queue/tests",
}
"""Where files are whose folders the text gives beside them."""

named = sorted(
    {
        name
        for name in re.findall(
            r"`([\w./-]+)`", re.sub(r"^```.*?^```", "", TEXT, flags=re.DOTALL | re.MULTILINE)
        )
        if re.search(r"/|\.(py|toml|json|md|txt)$", name)
    }
)
drawn = re.findall(r"^ +-?>? ?(tc_core/[\w./]+|codegen/\w+)", TEXT, re.MULTILINE)


@pytest.mark.parametrize("name", [*named, *drawn])
def test_each_place_that_is_named_is_there(name: str) -> None:
    roots = [ROOT, ROOT / "packages/tc-core/src", ROOT / "packages/tc-core/src/tc_core"]
    roots += [ROOT / FOLDERS[name]] if name in FOLDERS else []
    made_meanwhile = name in (
        ".update/",
        ".nox/dev",
        ".nox/dev/bin",
        "_additions.py",
        "_generated/",
        "CHANGELOG.md",
        "api.md",
    )
    assert made_meanwhile or any((root / name).exists() for root in roots)


def test_the_house_as_drawn_is_the_house_as_it_stands() -> None:
    house = TEXT.partition("## The house\n\n```\n")[2].partition("```")[0]
    assert house
    for line in house.splitlines():
        if re.match(r"[\w.]", line):
            assert (ROOT / line.split()[0]).exists(), line


def test_the_house_as_it_stands_is_drawn() -> None:
    house = TEXT.partition("## The house\n\n```\n")[2].partition("```")[0]
    drawn = {line.split("/")[0].split()[0] for line in house.splitlines() if not line.startswith(" ")}
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    there = {name.split("/")[0] for name in listed.stdout.splitlines()}
    # What says for itself what it is.
    assert there - drawn <= {"README.md", "CONTRIBUTING.md", "LICENSE", ".gitignore"}


def test_all_five_walks_are_there() -> None:
    walks = TEXT.partition("## Five changes")[2].partition("\n## ")[0]
    assert re.findall(r"^\*\*(.*?)\*\*", walks, re.MULTILINE) == [
        "A retry rule.",
        "A wrong schema.",
        "A new service.",
        "An error class.",
        "A convenience for one service.",
    ]
