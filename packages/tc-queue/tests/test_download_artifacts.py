"""Downloads of many artifacts into a folder."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from ctrl_c import Pressed, at_every_place
from depot import Depot, Fault, Stored
from flavours import Flavour, every_flavour, every_loop
from hypothesis import assume, given
from hypothesis import strategies as st
from leftovers import nothing_left, transfer_threads
from wire import Wire, answer

from tc_core import NotFound, Retry, TaskclusterError, slug_id
from tc_queue import AsyncQueue, Queue
from tc_queue._folder import Folder
from tc_queue._glob import compile_glob

TASK = slug_id()
NAMES = ["public/a.log", "public/b.txt", "public/logs/c.log", "public/logs/deep/d.log", "private/e.log"]


def make(flavour: Flavour, depot: Depot, **options: Any) -> AsyncQueue:
    return flavour.make(Queue, AsyncQueue, depot.url, **{"retry": Retry(delay=0), **options})


def stock(depot: Depot, *names: str) -> None:
    """Keep artifacts whose content is their name."""
    for name in names:
        depot.objects[name] = Stored(name.encode(), "text/plain")
        depot.artifacts[name] = lambda name=name: {"storageType": "s3", "url": depot.data_url(name)}


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("**", NAMES),
        ("public/**", NAMES[:4]),
        ("public/*", NAMES[:2]),
        ("public/*.log", NAMES[:1]),
        ("public/**/*.log", [NAMES[0], NAMES[2], NAMES[3]]),
        ("**/*.log", [NAMES[0], *NAMES[2:]]),
        ("**/logs/**", NAMES[2:4]),
        ("public/?.*", NAMES[:2]),
        ("public/[!a].*", NAMES[1:2]),
        ("public/[a-b].*", NAMES[:2]),
        ("public/[a-a].*", NAMES[:1]),
        ("p*/e.log", NAMES[4:]),
        ("public/a.log", NAMES[:1]),
        ("public", []),
        ("*.log", []),
        ("public/a.lo", []),
        ("public/a.log?", []),
        ("public[!x]a.log", []),
        ("public/a.l**/og", []),
    ],
)
def test_patterns(pattern: str, matched: list[str]) -> None:
    wanted = compile_glob(pattern)
    assert [name for name in NAMES if wanted.fullmatch(name)] == matched


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="*?["), min_size=1))
def test_a_name_without_wildcards_matches_itself_alone(name: str) -> None:
    assert compile_glob(name).fullmatch(name)
    assert not compile_glob(name).fullmatch(name + "x")


@given(st.text("ab/*?[]!-\\^&|~", min_size=1), st.text("ab/-\\^]!", min_size=1))
def test_only_two_stars_cross_a_slash(pattern: str, name: str) -> None:
    try:
        wanted = compile_glob(pattern)
    except ValueError as error:
        assert str(error).startswith("pattern: has the range")  # noqa: PT017
        return
    if wanted.fullmatch(name) and "**" not in pattern:
        assert name.count("/") == pattern.count("/")


@given(st.text("ab*?[]!-^", min_size=1), st.text("ab-^]!", max_size=4))
def test_below_a_folder_it_is_what_a_shell_matches(pattern: str, name: str) -> None:
    # The ranges that are empty here, fnmatch leaves out.
    assume("**" not in pattern and not re.search(r".-.", pattern))
    assert bool(compile_glob(pattern).fullmatch(name)) == fnmatchcase(name, pattern)


@every_flavour
@pytest.mark.parametrize("run_id", [None, 2])
async def test_artifacts_are_written_under_their_names(
    flavour: Flavour, run_id: int | None, tmp_path: Path
) -> None:
    with Depot() as depot:
        stock(depot, *NAMES)
        async with make(flavour, depot) as queue:
            got = await queue.download_artifacts(TASK, "public/**/*.log", to=tmp_path / "new", run_id=run_id)
        where = "" if run_id is None else f"/runs/{run_id}"
        assert depot.calls[0] == f"GET task/{TASK}{where}/artifacts"
    wanted = [NAMES[0], NAMES[2], NAMES[3]]
    assert files(tmp_path / "new") == {name: name.encode() for name in wanted}
    assert {name: each.path for name, each in got.items()} == {
        name: tmp_path / "new" / name for name in wanted
    }


@every_flavour
async def test_all_pages_are_listed(flavour: Flavour, tmp_path: Path) -> None:
    with Wire() as storage:
        storage.script(answer(200, b"1"), answer(200, b"2"))
        places = [answer(200, {"storageType": "s3", "url": f"{storage.url}/{name}"}) for name in "ab"]
        pages: list[dict[str, object]] = [
            {"artifacts": [{"name": "a"}], "continuationToken": "more"},
            {"artifacts": [], "continuationToken": "still more"},
            {"artifacts": [{"name": "b"}]},
        ]
        with Wire(*(answer(200, page) for page in pages), *places) as wire:
            async with flavour.make(Queue, AsyncQueue, wire.url) as queue:
                await queue.download_artifacts(TASK, "*", to=tmp_path, concurrency=1)
        asked = [request.target.partition("?")[2] for request in wire.requests[:3]]
    assert asked == ["", "continuationToken=more", "continuationToken=still%20more"]
    assert files(tmp_path) == {"a": b"1", "b": b"2"}


@every_flavour
async def test_nothing_that_matches_is_no_error(flavour: Flavour, tmp_path: Path) -> None:
    with Depot() as depot:
        stock(depot, *NAMES)
        async with make(flavour, depot) as queue:
            assert await queue.download_artifacts(TASK, "none/*", to=tmp_path) == {}


@every_flavour
@pytest.mark.parametrize("concurrency", [1, 3])
async def test_as_many_run_at_the_same_time_as_allowed(
    flavour: Flavour, concurrency: int, tmp_path: Path
) -> None:
    names = [f"public/{number}" for number in range(9)]
    with Depot() as depot:
        stock(depot, *names)
        depot.rendezvous(concurrency)
        async with make(flavour, depot) as queue:
            await queue.download_artifacts(TASK, "**", to=tmp_path, concurrency=concurrency)
        assert depot.most_at_once == concurrency
    assert set(files(tmp_path)) == set(names)


@every_flavour
async def test_each_is_retried_by_itself(flavour: Flavour, tmp_path: Path) -> None:
    with Depot() as depot:
        stock(depot, *NAMES)
        depot.plan(*[Fault("hang up", 0.5), Fault("status"), Fault("expired")])
        async with make(flavour, depot) as queue:
            await queue.download_artifacts(TASK, "**", to=tmp_path)
    assert files(tmp_path) == {name: name.encode() for name in NAMES}


@every_flavour
@pytest.mark.parametrize("fault", [Fault("silence"), Fault("stall", 0.5)], ids=lambda fault: fault.kind)
async def test_the_first_error_ends_all_and_leaves_only_what_was_complete(
    flavour: Flavour, fault: Fault, tmp_path: Path
) -> None:
    with Depot() as depot:
        stock(depot, "public/first", "public/held/x", "public/new/gone", "public/stalled/y")
        del depot.objects["public/new/gone"]
        depot.plan_for("public/new/gone", lambda: depot.wait_for_requests(3))
        depot.plan_for("public/held/x", fault)
        depot.plan_for("public/stalled/y", fault)
        async with make(flavour, depot, timeout=3600) as queue:
            with pytest.raises(NotFound):
                await queue.download_artifacts(TASK, "**", to=tmp_path / "to")
        depot.wait_until_all_closed()
    # Whether the first one was complete by then is a matter of luck.
    assert files(tmp_path) in ({}, {"to/public/first": b"public/first"})
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_dir()) in ([], ["public", "to"])
    assert transfer_threads() == []


LEAVING = [
    "../evil",
    "public/../../evil",
    "public/..",
    "/etc/passwd",
    "public//x",
    "public/",
    "./x",
    "public/./x",
    "..\\evil",
    "public\\..\\..\\evil",
    "C:\\evil",
    "public/a\0b",
    "public/a\nb",
]


@every_flavour
@pytest.mark.parametrize("name", LEAVING)
async def test_a_name_that_would_leave_the_folder_is_refused(
    flavour: Flavour, name: str, tmp_path: Path
) -> None:
    with Depot() as depot, nothing_left(tmp_path):
        stock(depot, "public/a", name)
        async with make(flavour, depot) as queue:
            with pytest.raises(ValueError, match="which would leave the folder"):
                await queue.download_artifacts(TASK, "**", to=tmp_path / "to")
        assert depot.seen == []


@pytest.mark.parametrize("name", ["C:/x", "a:b", "con", "public/NUL.txt", "public/x.", "public/x "])
def test_names_that_windows_reads_otherwise_are_refused_there(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path)
    folder.paths([name])
    monkeypatch.setattr("tc_queue._folder.os.name", "nt")
    with pytest.raises(ValueError, match="no name for a file"):
        folder.paths([name])


@every_flavour
async def test_an_artifact_that_is_the_folder_of_another_is_refused(flavour: Flavour, tmp_path: Path) -> None:
    with Depot() as depot, nothing_left(tmp_path):
        stock(depot, "public", "public/a")
        async with make(flavour, depot) as queue:
            with pytest.raises(
                ValueError, match="pattern: matches 'public' and 'public/a', of which only one"
            ):
                await queue.download_artifacts(TASK, "**", to=tmp_path)
        assert depot.seen == []


@every_flavour
@pytest.mark.parametrize("names", [("public/A", "public/a"), ("Public", "public/x")])
async def test_names_that_differ_only_by_case_never_overwrite_each_other(
    flavour: Flavour, names: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "probe").touch()
    ignores_case = (tmp_path / "PROBE").exists()
    with Depot() as depot:
        stock(depot, *names)
        async with make(flavour, depot) as queue:
            if ignores_case:
                with pytest.raises(ValueError, match="of which only one can be in this folder"):
                    await queue.download_artifacts(TASK, "**", to=tmp_path / "to")
            else:
                await queue.download_artifacts(TASK, "**", to=tmp_path / "to")
                assert files(tmp_path / "to") == {name: name.encode() for name in names}


@pytest.mark.parametrize("names", [("public/A", "public/a"), ("Public", "public/x")])
def test_names_that_differ_only_by_case_are_refused_on_windows(
    names: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path)
    folder.paths(["A/x", "a/y"])
    monkeypatch.setattr("tc_queue._folder.os.name", "nt")
    with pytest.raises(ValueError, match=f"pattern: matches '{names[0]}' and '{names[1]}'"):
        folder.paths(names)


@every_flavour
@pytest.mark.skipif(os.name != "posix", reason="links are those of POSIX")
@pytest.mark.parametrize("link", ["public", "public/a"])
async def test_a_link_that_leads_out_of_the_folder_is_not_followed(
    flavour: Flavour, link: str, tmp_path: Path
) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    outside.mkdir()
    (inside / link).parent.mkdir(parents=True)
    (inside / link).symlink_to(outside if link == "public" else outside / "a")
    with Depot() as depot, nothing_left(tmp_path):
        stock(depot, "public/a")
        async with make(flavour, depot) as queue:
            with pytest.raises(ValueError, match="is a link that leads out of the folder"):
                await queue.download_artifacts(TASK, "**", to=inside)
        assert depot.seen == []


@every_flavour
async def test_a_file_in_the_way_is_an_error(flavour: Flavour, tmp_path: Path) -> None:
    (tmp_path / "public").write_bytes(b"")
    with Depot() as depot, nothing_left(tmp_path):
        stock(depot, "public/a")
        async with make(flavour, depot) as queue:
            with pytest.raises(ValueError, match=r"to: '.*public' is no folder"):
                await queue.download_artifacts(TASK, "**", to=tmp_path)
        assert depot.seen == []


@every_flavour
async def test_a_folder_in_the_way_is_told_before_anything_is_downloaded(
    flavour: Flavour, tmp_path: Path
) -> None:
    (tmp_path / "public" / "b").mkdir(parents=True)
    with Depot() as depot, nothing_left(tmp_path):
        stock(depot, "public/a", "public/b")
        async with make(flavour, depot) as queue:
            with pytest.raises(ValueError, match=r"to: '.*b' is a folder"):
                await queue.download_artifacts(TASK, "**", to=tmp_path, concurrency=1)
        assert depot.seen == []


@every_flavour
async def test_managed_only_refuses_references(flavour: Flavour, tmp_path: Path) -> None:
    with Depot() as depot, nothing_left(tmp_path):
        depot.artifacts["a"] = {"storageType": "reference", "url": depot.url}
        async with make(flavour, depot) as queue:
            with pytest.raises(TaskclusterError, match="'a': is a reference"):
                await queue.download_artifacts(TASK, "**", to=tmp_path, managed_only=True)
        assert depot.seen == []


@every_flavour
async def test_progress_is_the_sum_of_all(flavour: Flavour, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    with Depot() as depot:
        stock(depot, *NAMES)
        async with make(flavour, depot) as queue:
            await queue.download_artifacts(
                TASK, "**", to=tmp_path, on_progress=lambda done, total, _: told.append((done, total))
            )
    assert told[-1] == (sum(map(len, NAMES)), None)


@every_loop
async def test_cancelling_leaves_nothing(flavour: Flavour, tmp_path: Path) -> None:
    with Depot() as depot:
        stock(depot, *NAMES)
        depot.plan(*[Fault("stall", 0.5)] * 3)
        async with AsyncQueue(depot.url) as queue:
            with nothing_left(tmp_path):
                async with anyio.create_task_group() as group:
                    group.start_soon(lambda: queue.download_artifacts(TASK, "**", to=tmp_path, concurrency=3))
                    await anyio.to_thread.run_sync(depot.wait_for_requests, 3)
                    group.cancel_scope.cancel()
        await anyio.to_thread.run_sync(depot.wait_until_all_closed)


@pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_ctrl_c_may_come_anywhere(tmp_path: Path) -> None:
    def download(pressed: Pressed) -> None:
        target = tmp_path / slug_id()
        with Depot() as depot, Queue(depot.url) as queue:
            stock(depot, *NAMES)
            with contextlib.suppress(KeyboardInterrupt), pressed:
                queue.download_artifacts(TASK, "**", to=target, concurrency=3)
            assert transfer_threads() == []
            whole = {name: name.encode() for name in NAMES}
            assert files(target).items() <= whole.items()
            queue.download_artifacts(TASK, "**", to=target)
            assert files(target) == whole

    assert at_every_place(download, stride=7) > 100


INTERRUPTED = """
import os, signal, sys, threading
from tc_queue import Queue

signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    Queue(sys.argv[1]).download_artifacts("task", "**", to=sys.argv[2], concurrency=3)
except KeyboardInterrupt:
    names = [thread.name for thread in threading.enumerate() if thread.name.startswith("tc-")]
    print("interrupted", os.listdir(sys.argv[2]), names, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with Depot() as depot:
        stock(depot, *NAMES)
        depot.plan(*[Fault("stall", 0.5)] * 3)
        command = [sys.executable, "-c", INTERRUPTED, depot.url, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
            depot.wait_for_requests(3)
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=60)
    assert output == "interrupted [] []\n"


@every_flavour
@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_sent(
    flavour: Flavour, tmp_path: Path
) -> None:
    tmp_path.chmod(0o500)
    with Depot() as depot:
        async with make(flavour, depot) as queue:
            with pytest.raises(ValueError, match=r"to: '.*' cannot be written to"):
                await queue.download_artifacts(TASK, "**", to=tmp_path / "new")
            with pytest.raises(ValueError, match=r"to: '.*' cannot be written: Permission denied"):
                await queue.download_artifact(TASK, "a", to=tmp_path / "a")
        assert depot.calls == []


BAD: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "empty pattern": ({"pattern": ""}, ValueError, "pattern: is empty"),
    "pattern of another type": ({"pattern": None}, TypeError, "pattern: NoneType"),
    "no folder": ({"to": None}, TypeError, "to: NoneType"),
    "file as folder": ({"to": __file__}, ValueError, "to: '.*' is no folder"),
    "folder in a file": ({"to": f"{__file__}/x"}, ValueError, "to: '.*x' cannot be made: Not a directory"),
    "folder with a name that is too long": (
        {"to": 300 * "x"},
        ValueError,
        "to: 'x*' cannot be made: File name",
    ),
    "folder with a NUL": ({"to": "a\0b"}, ValueError, "to: .* cannot be made"),
    "range that is empty": ({"pattern": "[b-a]"}, ValueError, "pattern: has the range 'b-a', which is empty"),
    "empty task id": ({"task_id": ""}, ValueError, "task_id: is empty"),
    "no concurrency": ({"concurrency": 0}, ValueError, "concurrency: is 0"),
    "concurrency of another type": ({"concurrency": 1.5}, TypeError, "concurrency: float"),
    "run id of another type": ({"run_id": True}, TypeError, "run_id: bool"),
    "callback that is none": ({"on_progress": 3}, TypeError, "on_progress: int"),
}


@every_flavour
@pytest.mark.parametrize("case", BAD)
async def test_bad_input_is_told_before_anything_is_sent(flavour: Flavour, case: str, tmp_path: Path) -> None:
    changes, kind, message = BAD[case]
    arguments: dict[str, Any] = {"task_id": TASK, "pattern": "**", "to": tmp_path, **changes}
    with Depot() as depot, nothing_left(tmp_path):
        async with make(flavour, depot) as queue:
            with pytest.raises(kind, match=message):
                await queue.download_artifacts(**arguments)
        assert depot.calls == []
