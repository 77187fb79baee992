"""The examples of docs/transfers.md: type-checked, and run from top to bottom against a local Taskcluster."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from tc_core import from_now, slug_id
from tc_object import Object
from tc_queue import Queue
from tc_testing import LocalTaskcluster

PAGE = Path(__file__).parent.parent / "docs" / "transfers.md"
EXAMPLES: list[str] = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
PRINTED = r"""(\d+) [0-9a-f]{64}
text/plain all is well

copy\.zip \1 \{'sha256': .*\}
public/logs/build\.log logs.public.logs.build\.log
\1
the task could not make it: file-missing-on-worker coverage\.xml was not made
"""


@pytest.fixture
def taskcluster() -> Iterator[LocalTaskcluster]:
    with LocalTaskcluster() as server:
        yield server


def a_claimed_task(taskcluster: LocalTaskcluster) -> str:
    task_id = slug_id()
    with Queue(taskcluster.root_url, credentials=taskcluster.credentials) as queue:
        queue.createTask(
            task_id,
            {
                "taskQueueId": "demo/linux",
                "created": from_now("0 seconds"),
                "deadline": from_now("1 hour"),
                "expires": from_now("1 year"),
                "payload": {},
                "metadata": {
                    "name": "demo",
                    "description": "for an example",
                    "owner": "ci@example.com",
                    "source": "https://example.com",
                },
            },
        )
        queue.claimWork("demo/linux", {"workerGroup": "group", "workerId": "worker", "tasks": 1})
    return task_id


def test_the_examples_work(
    taskcluster: LocalTaskcluster,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    task = {"TASK_ID": a_claimed_task(taskcluster), "RUN_ID": "0"}
    for name, value in {**taskcluster.environ, **task}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    with ZipFile("build.zip", "w") as build:
        build.writestr("program", "print('hello')")
    names: dict[str, object] = {}
    for number, example in enumerate(EXAMPLES):
        exec(compile(example, f"example {number} of {PAGE.name}", "exec"), names)
    for client in names.values():
        # A program that ends need not close them.
        if isinstance(client, (Object, Queue)):
            client.close()
    output = capsys.readouterr()
    assert re.fullmatch(PRINTED, output.out)
    assert output.err == ""
    assert (tmp_path / "copy.zip").read_bytes() == (tmp_path / "build.zip").read_bytes()
    assert (tmp_path / "report.txt").read_bytes() == b"42\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "build-again.zip",
        "build.zip",
        "copy.zip",
        "logs",
        "report.txt",
    ]


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_the_examples_are_right_to_type_checkers(checker: str, tmp_path: Path) -> None:
    (tmp_path / "transfers.py").write_text("\n".join(EXAMPLES))
    (tmp_path / "pyrightconfig.json").write_text('{"include": ["."], "typeCheckingMode": "strict"}')
    options = {"mypy": ["--strict", "--config-file=", "."], "pyright": ["--pythonpath", sys.executable]}
    command = [sys.executable, "-m", checker, *options[checker]]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
