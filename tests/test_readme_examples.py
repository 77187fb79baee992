"""The example in the README of each package: type-checked, and run against a local Taskcluster."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tc_auth import Auth
from tc_core import Client, from_now, slug_id
from tc_hooks import Hooks
from tc_hooks.types import HookMetadataInput
from tc_index import Index
from tc_object import Object
from tc_queue import Queue
from tc_queue.types import TaskMetadataInput
from tc_testing import LocalTaskcluster
from tc_worker_manager import WorkerManager

ROOT = Path(__file__).parent.parent
PACKAGES = sorted(path.parent.name for path in ROOT.glob("packages/*/pyproject.toml"))
EXPIRES = "2999-01-01T00:00:00.000Z"
TASK_ID = "fN1SbArXTPSVFNUvaOlinQ"
HASHES = {"sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}
METADATA: TaskMetadataInput = {
    "name": "demo",
    "description": "for an example",
    "owner": "ci@example.com",
    "source": "https://example.com",
}


@pytest.fixture
def taskcluster() -> Iterator[LocalTaskcluster]:
    with LocalTaskcluster() as server:
        yield server


def example(package: str) -> str:
    """Return the first block of Python in a README."""
    readme = (ROOT / "packages" / package / "README.md").read_text("utf-8")
    found = re.search(r"^```python\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    assert found, package
    return found[1]


# What has to be there before an example makes sense.


def a_client(client: Client) -> None:
    Auth(client).createClient("project/demo/ci", {"expires": EXPIRES, "description": "", "scopes": []})


def a_hook(client: Client) -> None:
    task = {
        "taskQueueId": "demo/linux",
        "created": {"$fromNow": "0 seconds"},
        "deadline": {"$fromNow": "1 hour"},
        "payload": {},
        "metadata": METADATA,
    }
    about: HookMetadataInput = {"name": "nightly", "description": "", "owner": "ci@example.com"}
    Auth(client).createRole("hook-id:project-demo/nightly", {"description": "", "scopes": ["*"]})
    Hooks(client).createHook(
        "project-demo", "nightly", {"metadata": about, "task": task, "triggerSchema": {"type": "object"}}
    )


def an_entry(client: Client) -> None:
    Index(client).insertTask(
        "project.demo.latest", {"taskId": TASK_ID, "rank": 0, "data": {}, "expires": EXPIRES}
    )


def an_object(client: Client) -> None:
    objects, name, upload = Object(client), "project/demo/report.txt", slug_id()
    objects.createUpload(
        name,
        {
            "projectId": "demo",
            "uploadId": upload,
            "expires": EXPIRES,
            "hashes": HASHES,
            "proposedUploadMethods": {"dataInline": {"contentType": "text/plain", "objectData": "aGVsbG8="}},
        },
    )
    objects.finishUpload(name, {"projectId": "demo", "uploadId": upload, "hashes": HASHES})


def a_task(client: Client) -> None:
    Queue(client).createTask(
        TASK_ID,
        {
            "taskQueueId": "demo/linux",
            "taskGroupId": "KQ3tPjWpRZGcsuLEI9lc3A",
            "created": from_now("0 seconds"),
            "deadline": from_now("1 hour"),
            "payload": {},
            "metadata": METADATA,
        },
    )


def a_pool(client: Client) -> None:
    WorkerManager(client).createWorkerPool(
        "demo/linux",
        {
            "providerId": "static",
            "description": "",
            "config": {},
            "owner": "ci@example.com",
            "emailOnError": False,
        },
    )


def nothing(client: Client) -> None:
    pass


# What an example needs, and what it prints then.
CASES: dict[str, tuple[Callable[[Client], None], str]] = {
    "tc-auth": (a_client, rf"\['.*'\]\nproject/demo/ci {re.escape(EXPIRES)}\n"),
    "tc-core": (nothing, r"\{'alive': True, .*\}\n"),
    "tc-github": (nothing, ""),
    "tc-hooks": (a_hook, r"[\w-]{22}\n"),
    "tc-index": (an_entry, f"{TASK_ID}\n"),
    "tc-notify": (nothing, ""),
    "tc-object": (an_object, r"\{'sha256': '2cf24dba\w+'\}\n"),
    "tc-purge-cache": (nothing, ""),
    "tc-queue": (a_task, f"{TASK_ID} pending\n"),
    "tc-secrets": (nothing, r"\{'user': 'demo'\}\n"),
    "tc-testing": (nothing, ""),
    "tc-web-server": (nothing, r"\S.*\n"),
    "tc-worker-manager": (a_pool, "demo/linux ci@example.com\n"),
}


def test_every_package_has_a_case() -> None:
    assert set(PACKAGES) <= CASES.keys()


@pytest.mark.parametrize("package", PACKAGES)
def test_the_example_works(
    package: str,
    taskcluster: LocalTaskcluster,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    prepare, printed = CASES.get(package, (nothing, r"(?s).*"))
    with Client(taskcluster.root_url, credentials=taskcluster.credentials) as client:
        prepare(client)
    for name, value in taskcluster.environ.items():
        monkeypatch.setenv(name, value)
    program = example(package).replace("https://tc.example.com", taskcluster.root_url)
    exec(compile(program, f"README of {package}", "exec"), {})
    assert re.fullmatch(printed, capsys.readouterr().out)


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_the_examples_are_right_to_type_checkers(checker: str, tmp_path: Path) -> None:
    for package in PACKAGES:
        (tmp_path / f"{package.replace('-', '_')}_example.py").write_text(example(package))
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({"include": ["."], "typeCheckingMode": "strict"}))
    options = {"mypy": ["--strict", "--config-file=", "."], "pyright": ["--pythonpath", sys.executable]}
    command = [sys.executable, "-m", checker, *options[checker]]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
