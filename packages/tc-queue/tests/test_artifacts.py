"""Downloads of artifacts of every storage type, one at a time."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
from depot import Depot, Fault, Stored
from flavours import Flavour, every_flavour
from leftovers import nothing_left
from wire import Wire, answer

from tc_core import (
    APIError,
    BadRequest,
    Credentials,
    FailedDependency,
    NotFound,
    Retry,
    TaskclusterError,
    TransportError,
    VerificationFailed,
    from_now,
    slug_id,
)
from tc_queue import AsyncQueue, Queue

TASK = slug_id()
DATA = hashlib.sha512(b"seed").digest() * 10_000
TEMPORARY = {"clientId": "artifact-download", "accessToken": "token", "certificate": ""}


def make(flavour: Flavour, depot: Depot, **options: Any) -> AsyncQueue:
    return flavour.make(Queue, AsyncQueue, depot.url, **{"retry": Retry(delay=0), **options})


def stored(depot: Depot, kind: str, name: str = "public/log", **fields: Any) -> None:
    """Keep an artifact of a storage type."""
    depot.objects["kept"] = Stored(DATA, "text/plain", **fields)
    depot.info[name] = {"storageType": kind, "name": name, "expires": "", "contentType": "text/plain"}
    if kind == "object":
        depot.artifacts[name] = {"storageType": kind, "name": "kept", "credentials": TEMPORARY}
    else:
        depot.artifacts[name] = lambda: {"storageType": kind, "url": depot.data_url("kept")}


@every_flavour
@pytest.mark.parametrize("kind", ["s3", "object", "reference"])
@pytest.mark.parametrize("run_id", [None, 0, 3])
async def test_every_storage_type_is_downloaded(
    flavour: Flavour, kind: str, run_id: int | None, tmp_path: Path
) -> None:
    with Depot() as depot:
        stored(depot, kind)
        async with make(flavour, depot) as queue:
            got = await queue.download_artifact(TASK, "public/log", run_id=run_id)
            await queue.download_artifact(TASK, "public/log", run_id=run_id, to=tmp_path / "log")
        where = "" if run_id is None else f"/runs/{run_id}"
        assert depot.calls[0] == f"GET task/{TASK}{where}/artifact-content/public/log"
    assert got.content == (tmp_path / "log").read_bytes() == DATA
    assert got.content_type == "text/plain"
    assert set(got.hashes) == ({"sha256", "sha512"} if kind == "object" else set())


@every_flavour
@pytest.mark.parametrize("kind", ["s3", "object", "reference"])
async def test_an_interrupted_download_goes_on_and_an_expired_url_is_renewed(
    flavour: Flavour, kind: str
) -> None:
    with Depot() as depot:
        stored(depot, kind)
        depot.plan(Fault("hang up", 0.5), Fault("status"), Fault("expired"))
        async with make(flavour, depot) as queue:
            assert (await queue.download_artifact(TASK, "public/log")).content == DATA
        assert [seen.status for seen in depot.seen] == [200, 503, 403, 206]


@every_flavour
async def test_an_error_artifact_raises_with_its_reason_and_message(flavour: Flavour, tmp_path: Path) -> None:
    with Depot() as depot, nothing_left(tmp_path):
        depot.artifacts["public/log"] = {
            "storageType": "error",
            "reason": "file-missing-on-worker",
            "message": "no such file",
        }
        async with make(flavour, depot) as queue:
            with pytest.raises(FailedDependency, match="file-missing-on-worker: no such file") as caught:
                await queue.download_artifact(TASK, "public/log", to=tmp_path / "log")
    error = caught.value
    assert (error.status, error.code, error.message) == (424, "file-missing-on-worker", "no such file")
    assert error.body == {"reason": "file-missing-on-worker", "message": "no such file"}


@every_flavour
@pytest.mark.parametrize("host", ["files..example.com", "a" * 64])
async def test_a_reference_to_a_host_that_cannot_be_is_an_error_of_ours(flavour: Flavour, host: str) -> None:
    with Depot() as depot:
        depot.artifacts["public/log"] = {"storageType": "reference", "url": f"http://{host}/file"}
        async with make(flavour, depot, retry=Retry(retries=0)) as queue:
            with pytest.raises(TransportError) as caught:
                await queue.download_artifact(TASK, "public/log")
    assert not caught.value.sent


@every_flavour
async def test_managed_only_refuses_a_reference_before_its_url_is_touched(flavour: Flavour) -> None:
    with Depot() as depot:
        async with make(flavour, depot) as queue:
            for kind in ("s3", "object"):
                stored(depot, kind)
                await queue.download_artifact(TASK, "public/log", managed_only=True)
            stored(depot, "reference")
            with pytest.raises(TaskclusterError, match="'public/log': is a reference"):
                await queue.download_artifact(TASK, "public/log", managed_only=True)
        assert len(depot.seen) == 2


@every_flavour
@pytest.mark.parametrize("kind", ["s3", "object", "object without hashes", "reference"])
async def test_a_web_page_does_not_pass_for_an_artifact(flavour: Flavour, kind: str, tmp_path: Path) -> None:
    with Depot() as depot, nothing_left(tmp_path):
        stored(depot, kind.partition(" ")[0])
        depot.method = "simple" if "without" in kind else "getUrl"
        depot.plan(Fault("page"), Fault("page"))
        async with make(flavour, depot) as queue:
            with pytest.raises(
                VerificationFailed, match=r"a web page came in its place|is not what was uploaded"
            ):
                await queue.download_artifact(TASK, "public/log", to=tmp_path / "log")


@every_flavour
async def test_a_web_page_of_unknown_type_does_not_pass_either(flavour: Flavour) -> None:
    with Depot() as depot:
        stored(depot, "s3")
        depot.info.clear()
        depot.plan(Fault("page"))
        async with make(flavour, depot) as queue:
            with pytest.raises(VerificationFailed, match="its content type is unknown"):
                await queue.download_artifact(TASK, "public/log")


class Funnel(io.RawIOBase):
    """Takes bytes and gives none back, as a pipe does."""

    def __init__(self) -> None:
        self.taken = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self.taken += data
        return len(data)


@every_flavour
@pytest.mark.parametrize("kind", ["s3", "object without hashes", "reference"])
async def test_nothing_of_a_web_page_is_written(flavour: Flavour, kind: str) -> None:
    funnel = Funnel()
    with Depot() as depot:
        stored(depot, kind.partition(" ")[0])
        depot.method = "simple"
        depot.plan(Fault("page"))
        async with make(flavour, depot) as queue:
            with pytest.raises(VerificationFailed, match="a web page came in its place"):
                await queue.download_artifact(TASK, "public/log", to=funnel)
    assert funnel.taken == b""


@every_flavour
async def test_a_web_page_in_the_middle_is_not_written(flavour: Flavour) -> None:
    funnel = Funnel()
    with Depot() as depot:
        stored(depot, "s3")
        depot.plan(Fault("hang up", 0.5), Fault("page"))
        async with make(flavour, depot) as queue:
            with pytest.raises(VerificationFailed, match="a web page came in its place"):
                await queue.download_artifact(TASK, "public/log", to=funnel)
    assert funnel.taken == DATA[: len(DATA) // 2]


@every_flavour
@pytest.mark.parametrize("name", ["public/report.html", "public/report"])
async def test_an_artifact_that_is_a_web_page_is_one(flavour: Flavour, name: str) -> None:
    page = b"<html>" + DATA
    with Depot() as depot:
        stored(depot, "s3", name)
        depot.objects["kept"] = Stored(page, "text/html; charset=utf-8")
        depot.info["public/report"] = {"contentType": "text/html"}
        # What is doubted is asked for twice.
        doubts = name == "public/report"
        depot.plan(*[Fault("none")] * doubts, Fault("hang up", 0.5))
        async with make(flavour, depot) as queue:
            got = await queue.download_artifact(TASK, name)
        statuses = [seen.status for seen in depot.seen]
    assert got.content == page
    assert got.content_type == "text/html; charset=utf-8"
    assert statuses == ([200, 200, 206, 206] if doubts else [200, 206])


@every_flavour
@pytest.mark.parametrize("status", [400, 403, 404, 410])
async def test_an_error_of_the_storage_is_an_error(flavour: Flavour, status: int, tmp_path: Path) -> None:
    with Depot() as depot, nothing_left(tmp_path):
        stored(depot, "s3")
        depot.plan(Fault("status", status=status), Fault("status", status=status))
        async with make(flavour, depot) as queue:
            with pytest.raises(
                APIError, match=f"GET http.*{status} SlowDown: Please reduce your rate"
            ) as caught:
                await queue.download_artifact(TASK, "public/log", to=tmp_path / "log")
    assert (caught.value.status, caught.value.code) == (status, "SlowDown")
    assert isinstance(caught.value, NotFound) == (status == 404)
    assert "secret" not in str(caught.value)


@every_flavour
async def test_credentials_go_to_the_services_only_and_each_has_its_own(flavour: Flavour) -> None:
    content = {"storageType": "object", "name": "kept", "credentials": TEMPORARY}
    with Wire(answer(200, DATA)) as storage:
        place = {
            "method": "getUrl",
            "url": f"{storage.url}/kept?X=1",
            "expires": "2999-01-01T00:00:00.000Z",
            "hashes": {"sha256": hashlib.sha256(DATA).hexdigest()},
        }
        with Wire(answer(200, content), answer(200, place)) as wire:
            credentials = Credentials("me", "token")
            options = {"credentials": credentials, "authorized_scopes": ["queue:get-artifact:*"]}
            async with flavour.make(Queue, AsyncQueue, wire.url, **options) as queue:
                await queue.download_artifact(TASK, "private/x")
        first, second = (request.headers["authorization"] for request in wire.requests)
        assert 'id="me"' in first
        assert 'id="artifact-download"' in second
        assert "ext=" in first
        # The scopes that this client is limited to are none of the artifact's own credentials.
        assert "ext=" not in second
        assert set(storage.requests[0].headers) == {"host", "user-agent", "accept-encoding"}


@every_flavour
async def test_tracebacks_with_local_variables_show_no_credentials_of_an_artifact(flavour: Flavour) -> None:
    given = {**TEMPORARY, "accessToken": "canary"}
    content = {"storageType": "object", "name": "kept", "credentials": given}
    begun = {**content, "projectId": "p", "uploadId": slug_id(), "expires": "2999-01-01T00:00:00.000Z"}
    refusal = answer(400, {"code": "InputError", "message": "no"})
    with Wire(answer(200, content), refusal, answer(200, begun), refusal) as wire:
        async with flavour.make(Queue, AsyncQueue, wire.url) as queue:
            with pytest.raises(BadRequest) as download:
                await queue.download_artifact(TASK, "private/x")
            with pytest.raises(BadRequest) as upload:
                await queue.create_artifact_from(TASK, 0, "private/x", b"x", expires=from_now("1 day"))
    for caught in (download, upload):
        report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        frames = [frame for frame in report.stack if f"{os.sep}tc_" in frame.filename]
        assert "canary" not in "".join(f"{frame.locals}" for frame in frames)


@every_flavour
async def test_an_unknown_storage_type_is_an_error(flavour: Flavour) -> None:
    with Depot() as depot:
        depot.artifacts["x"] = {"storageType": "tape"}
        async with make(flavour, depot) as queue:
            with pytest.raises(TaskclusterError, match="'x': has a storage type that is not known here"):
                await queue.download_artifact(TASK, "x")


BAD: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "empty task id": ({"task_id": ""}, ValueError, "task_id: is empty"),
    "task id of another type": ({"task_id": 1}, TypeError, "task_id: int"),
    "empty name": ({"name": ""}, ValueError, "name: is empty"),
    "name that is not ASCII": ({"name": "caf\xe9"}, ValueError, "name: has characters other than"),
    "run id below 0": ({"run_id": -1}, ValueError, "run_id: is -1"),
    "run id of another type": ({"run_id": "0"}, TypeError, "run_id: str"),
    "folder": ({"to": "/"}, ValueError, "to: '/' is a folder"),
    "callback that is none": ({"on_progress": 3}, TypeError, "on_progress: int"),
}


@every_flavour
@pytest.mark.parametrize("case", BAD)
async def test_bad_input_is_told_before_anything_is_sent(flavour: Flavour, case: str) -> None:
    changes, kind, message = BAD[case]
    arguments: dict[str, Any] = {"task_id": TASK, "name": "public/log", **changes}
    with Depot() as depot:
        async with make(flavour, depot) as queue:
            with pytest.raises(kind, match=message):
                await queue.download_artifact(**arguments)
        assert depot.calls == []


ALONE = """
import sys
from importlib.abc import MetaPathFinder

class Without(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "tc_object":
            raise ModuleNotFoundError("hidden by the test", name=name)

sys.meta_path.insert(0, Without())
from tc_core import from_now
from tc_queue import Queue

queue = Queue(sys.argv[1])
print(queue.download_artifact("task", "s3").length)
for attempt in (
    lambda: queue.download_artifact("task", "object"),
    lambda: queue.create_artifact_from("task", 0, "x", b"x", expires=from_now("1 day")),
):
    try:
        attempt()
    except ModuleNotFoundError as error:
        print(error)
"""


def test_without_tc_object_the_error_says_what_to_install() -> None:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with Depot() as depot:
        for kind in ("s3", "object"):
            stored(depot, kind, kind)
        command = [sys.executable, "-c", ALONE, depot.url]
        run = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
        assert len(depot.calls) == 2
    wanted = "artifacts kept by the object service need the package tc-object; install tc-queue[artifacts]"
    assert run.stdout.splitlines() == [str(len(DATA)), wanted, wanted], run.stderr


def test_importing_the_package_does_not_load_the_engine() -> None:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    code = "import sys, tc_object, tc_queue; print(*[name for name in sys.modules if 'transfers' in name])"
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout == "\n"
