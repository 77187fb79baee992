"""The workflows of a hosted CI and the hooks of pre-commit: well-formed, and naming only what there is."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nox.registry
import pytest
import yaml
from cassettes import recorded_tests

import noxfile

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted(ROOT.glob(".github/workflows/*"))
HOOKS = ROOT / ".pre-commit-config.yaml"
# They come with the runners, and need not be on the machine that runs the tests.
OF_THE_RUNNERS = {"gh", "git", "if", "test"}

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = read(path)["jobs"]
    return found


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(path).values():
        yield from job.get("steps", ())


def rights(path: Path, job: str) -> dict[str, str]:
    """Return what a job may do: what it says itself, or else the workflow."""
    rights: dict[str, str] = jobs(path)[job].get("permissions", read(path)["permissions"])
    return rights


def as_text(value: Any) -> str:
    return json.dumps(value, default=str, skipkeys=True)


def check_schema(path: Path, *schemas: str) -> list[str]:
    """Hold a file against published schemas, which check-jsonschema carries: those of workflows, with timeouts."""
    failed: list[str] = []
    for schema in schemas or ("vendor.github-workflows", "custom.github-workflows-require-timeout"):
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        failed += [finished.stdout] if finished.returncode else []
    return failed


@cache
def sessions() -> set[str]:
    names = nox.registry.get()
    command = [sys.executable, "-m", "nox", "-f", noxfile.__file__, "--list", "--json", "-s", *names]
    listed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {session[key] for session in listed for key in ("name", "session")}


def unknown(command: str) -> list[str]:
    """Return what a command names and does not exist."""
    match shlex.split(command):
        case ["nox", "-s", *names]:
            chosen = names[: names.index("--")] if "--" in names else names
            return sorted(set(chosen) - sessions())
        case ["python", "-m", module, *_]:
            return [] if importlib.util.find_spec(module) else [module]
        case [name, *_]:
            there = name in OF_THE_RUNNERS or shutil.which(name) or (ROOT / name).is_file()
            return [] if there else [name]
        case _:
            return ["an empty command"]


@each_workflow
def test_a_workflow_follows_the_schema(path: Path) -> None:
    assert check_schema(path) == []


def test_a_workflow_that_does_not_is_noticed(tmp_path: Path) -> None:
    text = WORKFLOWS[0].read_text()
    for good, bad in (("runs-on:", "run-on:"), ("    timeout-minutes: 15\n", "")):
        (tmp_path / "bad.yml").write_text(text.replace(good, bad))
        assert check_schema(tmp_path / "bad.yml") != []


@each_workflow
def test_actions_are_pinned_to_commits_with_their_version_beside(path: Path) -> None:
    # A tag can be moved, to what then runs with all that the job may do.
    used = re.findall(r"\buses: (.*)", path.read_text())
    pinned = r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\./\.github/workflows/\w+\.yml"
    assert [name for name in used if not re.fullmatch(pinned, name)] == []


def test_what_keeps_the_pins_up_to_date_follows_the_schema() -> None:
    assert check_schema(ROOT / ".github" / "dependabot.yml", "vendor.dependabot") == []


@each_workflow
def test_each_command_of_a_workflow_exists(path: Path) -> None:
    commands = [line for step in steps(path) for line in step.get("run", "").splitlines()]
    assert commands
    assert [name for command in commands for name in unknown(command)] == []


@pytest.mark.parametrize(
    "command",
    ["nox -s lint no-such", 'nox -s lint "tests(no-such)"', "python -m no_such", "./no-such --fast"],
)
def test_a_command_that_does_not_exist_is_noticed(command: str) -> None:
    assert len(unknown(command)) == 1


@each_workflow
def test_nothing_from_outside_is_pasted_into_a_command(path: Path) -> None:
    # The name of a branch can be a program; variables of the environment are only text.
    assert [step["run"] for step in steps(path) if "${{" in step.get("run", "")] == []


def test_tests_run_under_every_python() -> None:
    matrix = jobs(ROOT / ".github/workflows/checks.yml")["tests"]["strategy"]["matrix"]["python"]
    assert matrix == ["3.11", *noxfile.LATER_PYTHONS]


def test_only_publishing_may_ask_for_an_identity_and_only_after_all_checks() -> None:
    release = ROOT / ".github/workflows/release.yml"
    asking = [
        (path.name, name) for path in WORKFLOWS for name in jobs(path) if "id-token" in rights(path, name)
    ]
    assert asking == [("release.yml", "publish")]
    assert jobs(release)["publish"]["needs"] == "build"
    assert jobs(release)["build"]["needs"] == "checks"
    assert jobs(release)["checks"]["uses"] == "./.github/workflows/checks.yml"


def test_only_recording_is_given_secrets_and_it_may_write_nothing_and_logs_no_traffic() -> None:
    given = [
        (path.name, name)
        for path in WORKFLOWS
        for name, job in jobs(path).items()
        if "secrets" in as_text(job)
    ]
    assert given == [("record.yml", "record")]
    record = ROOT / ".github/workflows/record.yml"
    assert rights(record, "record") == {"contents": "read"}
    assert "secrets" not in as_text({key: value for key, value in read(record).items() if key != "jobs"})
    (step,) = [step for step in steps(record) if "secrets" in as_text(step)]
    assert step["run"] == "nox -s record"
    assert {"--tb=no", "--show-capture=no", "-rN"} <= set(step["env"]["PYTEST_ADDOPTS"].split())


def test_recording_is_told_all_that_the_recordings_ask_for() -> None:
    asked = {
        f"RECORD_{name.upper()}"
        for path in ROOT.glob("packages/*/tests/test_cassettes.py")
        for test in recorded_tests(path)
        for name in test.needs.facts
    }
    (step,) = [step for step in steps(ROOT / ".github/workflows/record.yml") if "secrets" in as_text(step)]
    told = {name: value for name, value in step["env"].items() if name.startswith("RECORD_")}
    assert told == {name: f"${{{{ vars.{name} }}}}" for name in asked}
    written = re.findall(r"`(RECORD)?(_\w+)`", (ROOT / "docs" / "cassettes.md").read_text())
    assert {f"RECORD{name}" for _, name in written} == asked


def test_the_hooks_are_well_formed_and_local_and_their_commands_exist() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(HOOKS)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout
    assert [repository["repo"] for repository in read(HOOKS)["repos"]] == ["local"]
    entries = [hook["entry"] for hook in read(HOOKS)["repos"][0]["hooks"]]
    assert [name for entry in entries for name in unknown(entry)] == []


def test_ci_runs_the_command_of_the_readme() -> None:
    command = (ROOT / ".ci" / "run").read_text().splitlines()[-1]
    assert re.search(rf"^{re.escape(command)} +# all checks", (ROOT / "README.md").read_text(), re.MULTILINE)
