"""Transfers that end early, and what they cost: nothing stays behind, and memory is bounded."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import anyio
import pytest
from ctrl_c import Pressed, at_every_place
from depot import Depot, Fault, Stored
from flavours import AIOHTTP, Flavour, every_flavour, every_loop
from leftovers import nothing_left, transfer_threads
from wire import Wire, answer

from tc_core import Retry, TimedOut, from_now
from tc_core._drivers.pools import MOST_HOSTS
from tc_object import AsyncObject, Object

MEBIBYTE = 1024 * 1024
DATA = os.urandom(3 * MEBIBYTE)
EXPIRES = from_now("1 day")
posix_only = pytest.mark.skipif(os.name != "posix", reason="signals and limits are those of POSIX")


@every_loop
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
async def test_a_cancelled_download_leaves_nothing(flavour: Flavour, share: float, tmp_path: Path) -> None:
    with Depot() as depot:
        depot.objects["a/b"] = Stored(DATA)
        depot.chunked = True
        depot.plan(Fault("stall", share))
        async with AsyncObject(depot.url) as client:
            with nothing_left(tmp_path):
                async with anyio.create_task_group() as group:
                    group.start_soon(lambda: client.download_object("a/b", to=tmp_path / "target"))
                    await anyio.to_thread.run_sync(depot.wait_for_requests, 1)
                    group.cancel_scope.cancel()
            await anyio.to_thread.run_sync(depot.wait_for_open, 1)


@every_loop
@pytest.mark.parametrize("share", [0.0, 0.5])
async def test_a_cancelled_upload_leaves_nothing(flavour: Flavour, share: float, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(DATA)
    with Depot() as depot:
        depot.plan(Fault("stall", share))
        async with AsyncObject(depot.url) as client:
            with nothing_left(tmp_path):
                async with anyio.create_task_group() as group:
                    source = tmp_path / "source"
                    group.start_soon(
                        lambda: client.upload_object("a/b", source, project_id="p", expires=EXPIRES)
                    )
                    await anyio.to_thread.run_sync(depot.wait_for_requests, 1)
                    group.cancel_scope.cancel()
            await anyio.to_thread.run_sync(depot.wait_for_open, 1)
        assert "POST finish-upload/a/b" not in depot.calls


@every_flavour
async def test_the_deadline_bounds_the_whole(flavour: Flavour, tmp_path: Path) -> None:
    with Depot() as depot, nothing_left(tmp_path):
        depot.objects["a/b"] = Stored(DATA)
        depot.plan(*[Fault("stall", 0.5)] * 2)
        async with flavour.make(Object, AsyncObject, depot.url, deadline=0.5) as client:
            with pytest.raises(TimedOut):
                await client.download_object("a/b", to=tmp_path / "target")


@every_flavour
async def test_connections_are_kept_for_the_next_transfer_and_closed_with_the_client(
    flavour: Flavour,
) -> None:
    with Depot() as depot:
        depot.objects["a/b"] = Stored(DATA)
        async with flavour.make(Object, AsyncObject, depot.url, max_connections=1, deadline=10) as client:
            for _ in range(3):
                await client.download_object("a/b")
            # One for the service, and one for the storage; aiohttp knows that they are the same host.
            assert depot.open == (1 if flavour is AIOHTTP else 2)
        depot.wait_until_all_closed()


@every_flavour
async def test_connections_are_kept_to_the_storages_that_were_used_last(flavour: Flavour) -> None:
    visits = [*range(MOST_HOSTS), 0, MOST_HOSTS]
    with contextlib.ExitStack() as stack:
        storages = [stack.enter_context(Wire(otherwise=answer(200, b"x"))) for _ in range(MOST_HOSTS + 1)]
        wire = stack.enter_context(
            Wire(*(answer(200, {"method": "simple", "url": f"{storages[each].url}/x"}) for each in visits))
        )
        async with flavour.make(Object, AsyncObject, wire.url) as client:
            for _ in visits:
                assert (await client.download_object("a/b")).content == b"x"
            if flavour is not AIOHTTP:  # which has no such bound
                storages.pop(1).wait_until_all_closed()
            assert [storage.open for storage in storages] == [1] * len(storages)
        for storage in storages:
            storage.wait_until_all_closed()


RUN = """
import os, signal, sys, threading
from pathlib import Path
import anyio
from tc_object import AsyncObject, Object
from tc_core import from_now

url, folder, direction, flavour = sys.argv[1:]
signal.signal(signal.SIGINT, signal.default_int_handler)

def arguments():
    if direction == "download":
        return ("a/b",), {"to": folder + "/target"}
    return ("a/b", folder + "/source"), {"project_id": "p", "expires": from_now("1 day")}

def sync():
    client = Object(url)
    args, options = arguments()
    getattr(client, direction + "_object")(*args, **options)

async def asynchronous():
    async with AsyncObject(url) as client:
        args, options = arguments()
        await getattr(client, direction + "_object")(*args, **options)

try:
    sync() if flavour == "sync" else anyio.run(asynchronous, backend=flavour)
except KeyboardInterrupt as interrupt:
    # With the traceback at hand, as it is for whoever handles it.
    names = [thread.name for thread in threading.enumerate() if thread.name.startswith("tc-")]
    print("interrupted", sorted(os.listdir(folder)), names, flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def running(*arguments: object) -> Generator[subprocess.Popen[str]]:
    """Run a program in an interpreter of its own."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", *map(str, arguments)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@posix_only
@pytest.mark.parametrize("flavour", ["sync", "asyncio", "trio"])
@pytest.mark.parametrize("direction", ["download", "upload"])
def test_ctrl_c_leaves_nothing(flavour: str, direction: str, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(DATA)
    with Depot() as depot:
        depot.objects["a/b"] = Stored(DATA)
        depot.plan(Fault("stall", 0.5))
        with running(RUN, depot.url, tmp_path, direction, flavour) as process:
            depot.wait_for_requests(1)
            process.send_signal(signal.SIGINT)
            assert process.stdout is not None
            assert process.stdout.readline() == "interrupted ['source'] []\n"
            # The connection to the service stays with a client that is not closed; that to the storage is gone.
            depot.wait_for_open(1 if flavour == "sync" else 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]


# What was opened, and not yet stored anywhere, is left to Python, which closes it at once.
@pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("direction", ["download", "upload"])
def test_ctrl_c_may_come_anywhere_in_a_sync_transfer(direction: str, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(DATA)

    def transfer_one(pressed: Pressed) -> None:
        def transfer() -> None:
            if direction == "download":
                client.download_object("a/b", to=tmp_path / "target")
            else:
                client.upload_object("a/c", tmp_path / "source", project_id="p", expires=EXPIRES)

        with Depot() as depot, Object(depot.url, max_connections=1) as client:
            depot.objects["a/b"] = Stored(DATA)
            with contextlib.suppress(KeyboardInterrupt), pressed:
                transfer()
            assert transfer_threads() == []
            left = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
            assert left in ({"source": DATA}, {"source": DATA, "target": DATA})
            transfer()
            (tmp_path / "target").unlink(missing_ok=True)

    # Not a multiple of what a block takes, so that the places differ from block to block.
    assert at_every_place(transfer_one, stride=23) > 1000


FULL = """
import resource, sys
from pathlib import Path
from tc_object import Object

resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    Object(sys.argv[1]).download_object("a/b", to=sys.argv[2] + "/target")
except OSError as error:
    print(type(error).__name__, error, list(Path(sys.argv[2]).iterdir()))
"""


@posix_only
def test_a_full_disk_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with Depot() as depot:
        depot.objects["a/b"] = Stored(DATA)
        with running(FULL, depot.url, tmp_path) as process:
            output, _ = process.communicate(timeout=60)
        assert len(depot.seen) == 1
    assert output == f"OSError [Errno 27] File too large: '{tmp_path}/target' []\n"


@every_flavour
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")
async def test_a_full_device_is_an_error(flavour: Flavour) -> None:
    with Depot() as depot:
        depot.objects["a/b"] = Stored(DATA)
        async with flavour.make(Object, AsyncObject, depot.url) as client:
            with open("/dev/full", "wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
                await client.download_object("a/b", to=full)
    assert transfer_threads() == []


GROWTH = """
import json, os, sys
import anyio
from tc_core import from_now
from tc_object import AsyncObject, Object

url, folder, flavour = sys.argv[1:]

def peak():
    # Not resource.getrusage: a process begins with the figure of the one that started it.
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return int(status["VmHWM"].split()[0]) / 1024

async def measure(client, wait):
    expires = from_now("1 day")
    async def both(name, source):
        before = peak()
        await wait(client.upload_object(name, source, project_id="p", expires=expires))
        between = peak()
        await wait(client.download_object(name, to=folder + "/target"))
        return between - before, peak() - before
    # Loads what loads late. No larger than a few blocks, or there would be memory left over for the others.
    await both("small", bytes(600_000))
    print(json.dumps(await both("large", folder + "/source")))

async def plain(value): return value
async def awaited(value): return await value
async def asynchronous():
    async with AsyncObject(url) as client: await measure(client, awaited)

if flavour == "sync":
    try: measure(Object(url), plain).send(None)
    except StopIteration: pass
else:
    anyio.run(asynchronous, backend=flavour)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="what a process has taken at most is read from /proc")
@pytest.mark.parametrize("flavour", ["sync", "asyncio", "trio"])
def test_a_large_transfer_takes_little_memory(flavour: str, tmp_path: Path) -> None:
    size = 64
    block = os.urandom(MEBIBYTE)
    with (tmp_path / "source").open("wb") as file:
        for _ in range(size):
            file.write(block)
    with Depot() as depot:
        with running(GROWTH, depot.url, tmp_path, flavour) as process:
            output, _ = process.communicate(timeout=120)
        assert len(depot.objects["large"].content) == size * MEBIBYTE
    upload, download = json.loads(output)
    assert upload <= 20
    assert download <= 20
    with (tmp_path / "target").open("rb") as target:
        assert hashlib.file_digest(target, "sha256").hexdigest() == depot.objects["large"].hashes["sha256"]


@every_flavour
@pytest.mark.parametrize("retries", [0, 1])
async def test_what_is_logged_and_shown_has_no_signature(
    flavour: Flavour, caplog: pytest.LogCaptureFixture, retries: int, tmp_path: Path
) -> None:
    with Depot() as depot, caplog.at_level("DEBUG", "tc_core"):
        depot.objects["a/b"] = Stored(DATA)
        depot.plan(Fault("reset", 0.5), Fault("status"), Fault("hang up", 0.5))
        retry = Retry(retries=retries, delay=0)
        async with flavour.make(Object, AsyncObject, depot.url, retry=retry) as client:
            with pytest.raises(Exception, match="GET http") as caught:
                await client.download_object("a/b", to=tmp_path / "target")
    assert "GET" in caplog.text
    shown = [repr(caught.value), str(caught.value), caplog.text]
    trace = caught.tb
    while trace is not None:
        if "transfers" in trace.tb_frame.f_code.co_filename:
            shown += [repr(value) for value in trace.tb_frame.f_locals.values()]
        trace = trace.tb_next
    assert "secret" not in " ".join(shown)
