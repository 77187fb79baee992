"""Whole uploads: what is proposed, what is sent, and what the service is told at the end."""

from __future__ import annotations

import base64
import hashlib
import io
import mmap
import os
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import pytest
from depot import Depot, Fault, content
from flavours import Flavour, every_flavour
from leftovers import transfer_threads
from wire import Wire, answer

from tc_core import (
    APIError,
    Retry,
    ServerError,
    TaskclusterError,
    TransportError,
    VerificationFailed,
    from_now,
    json_date,
    slug_id,
)
from tc_core.transfers import Upload
from tc_object import AsyncObject, Object

AT_ONCE = Retry(delay=0)
MEBIBYTE = 1024 * 1024
EXPIRES = from_now("1 day")
SIZES = [0, 1, 8191, 8192, 8193, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1]


def hashes(data: bytes) -> dict[str, str]:
    return {name: hashlib.new(name, data).hexdigest() for name in ("sha256", "sha512")}


def make(flavour: Flavour, depot: Depot, **options: Any) -> AsyncObject:
    return flavour.make(Object, AsyncObject, depot.url, **{"retry": AT_ONCE, **options})


async def upload(client: AsyncObject, source: Any, **options: Any) -> Upload:
    return await client.upload_object("a/b", source, project_id="p", expires=EXPIRES, **options)


def from_path(data: bytes, folder: Path) -> Any:
    path = folder / "source"
    path.write_bytes(data)
    return path


def from_file(data: bytes, folder: Path) -> Any:
    return from_path(data, folder).open("rb")


def from_str(data: bytes, folder: Path) -> Any:
    return str(from_path(data, folder))


class Trickle:
    """A reader that gives less than it is asked for, and cannot seek."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int) -> bytes:
        return self._data.read(min(size, 100_000))


SOURCES: dict[str, Callable[[bytes, Path], Any]] = {
    "bytes": lambda data, _: data,
    "bytearray": lambda data, _: bytearray(data),
    "path": from_path,
    "path as str": from_str,
    "file": from_file,
    "file in memory": lambda data, _: io.BytesIO(data),
    "factory": lambda data, _: lambda: Trickle(data),
    "factory of files": lambda data, folder: lambda: from_file(data, folder),
}


@every_flavour
@pytest.mark.parametrize("size", SIZES)
async def test_every_size_arrives_and_is_finished_with_both_hashes(flavour: Flavour, size: int) -> None:
    data = content(size)
    with Depot() as depot:
        async with make(flavour, depot) as client:
            result = await upload(client, data)
        assert depot.objects["a/b"].content == data
        assert depot.calls == ["PUT upload/a/b", "POST finish-upload/a/b"]
        assert depot.payloads[-1]["hashes"] == hashes(data)
        assert depot.payloads[-1]["uploadId"] == depot.payloads[0]["uploadId"]
    assert result == Upload(length=size, hashes=hashes(data))


@every_flavour
@pytest.mark.parametrize("kind", SOURCES)
async def test_every_kind_of_source_arrives(flavour: Flavour, kind: str, tmp_path: Path) -> None:
    data = content(700_000)
    source = SOURCES[kind](data, tmp_path)
    with Depot() as depot:
        depot.plan(Fault("reset", 0.5))
        async with make(flavour, depot) as client:
            await upload(client, source)
        assert depot.objects["a/b"].content == data
        assert len(depot.seen) == 2
    if hasattr(source, "close"):
        source.close()
    assert transfer_threads() == []


@every_flavour
async def test_64_mebibytes_arrive_from_a_file(flavour: Flavour, tmp_path: Path) -> None:
    data = content(MEBIBYTE) * 64
    with Depot() as depot:
        async with make(flavour, depot) as client:
            await upload(client, from_path(data, tmp_path))
        assert depot.objects["a/b"].hashes == hashes(data)
        assert len(depot.objects["a/b"].content) == len(data)


@pytest.mark.parametrize("size", SIZES)
def test_up_to_8192_bytes_are_proposed_inline_beside_a_url(size: int) -> None:
    data = content(size)
    with Depot() as depot, Object(depot.url) as client:
        client.upload_object("a/b", data, project_id="p", expires=EXPIRES, content_type="text/plain")
        first = depot.payloads[0]
    inline = {"contentType": "text/plain", "objectData": base64.b64encode(data).decode()}
    put = {"putUrl": {"contentType": "text/plain", "contentLength": size}}
    assert first["proposedUploadMethods"] == ({"dataInline": inline, **put} if size <= 8192 else put)
    assert (first["projectId"], first["expires"]) == ("p", json_date(EXPIRES))
    assert len(depot.seen) == (size > 8192)


@every_flavour
async def test_the_storage_gets_exactly_the_headers_given(flavour: Flavour) -> None:
    with Depot() as depot:
        async with make(flavour, depot) as client:
            await upload(client, content(10_000), content_type="text/x-log")
        assert depot.seen[0].headers == {
            "host": depot.url.removeprefix("http://"),
            "content-type": "text/x-log",
            "content-length": "10000",
            "content-encoding": "identity",
        }


@every_flavour
async def test_small_content_goes_to_a_url_where_the_service_prefers_that(flavour: Flavour) -> None:
    begun = {"projectId": "p", "uploadId": slug_id(), "expires": json_date(EXPIRES)}
    with Wire(answer(200, b"")) as storage:
        headers = {"HOST": storage.url.removeprefix("http://"), "content-length": "3", "x-amz-acl": "private"}
        put = {"url": f"{storage.url}/x?signature", "expires": json_date(EXPIRES), "headers": headers}
        with Wire(answer(200, {**begun, "uploadMethod": {"putUrl": put}}), answer(200, {})) as wire:
            async with flavour.make(Object, AsyncObject, wire.url) as client:
                await upload(client, b"abc")
        assert b'"hashes"' in wire.requests[1].body
        sent = storage.requests[0]
    assert (sent.verb, sent.target, sent.body) == ("PUT", "/x?signature", b"abc")
    assert sent.head.decode().lower().count("host:") == 1
    assert sent.headers == {name.lower(): value for name, value in headers.items()}


@every_flavour
async def test_a_file_is_sent_from_where_it_stands(flavour: Flavour) -> None:
    file = io.BytesIO(content(50_000))
    file.seek(20_000)
    with Depot() as depot:
        depot.plan(Fault("status"), Fault("reset", 1))
        async with make(flavour, depot) as client:
            await upload(client, file)
        assert depot.objects["a/b"].content == content(50_000)[20_000:]


@every_flavour
async def test_an_expired_url_is_renewed_under_the_same_upload_id(flavour: Flavour) -> None:
    upload_id = slug_id()
    with Depot() as depot:
        depot.plan(Fault("expired"))
        async with make(flavour, depot) as client:
            await upload(client, content(10_000), upload_id=upload_id)
        assert depot.calls == ["PUT upload/a/b", "PUT upload/a/b", "POST finish-upload/a/b"]
        assert depot.payloads[0] == depot.payloads[1]
        assert [payload["uploadId"] for payload in depot.payloads] == [upload_id] * 3
        assert depot.seen[0].path != depot.seen[1].path


@every_flavour
async def test_a_url_is_renewed_before_a_retry_that_comes_too_late_for_it(flavour: Flavour) -> None:
    with Depot() as depot:
        depot.lifetime = -1
        depot.plan(Fault("reset", 0.5))
        async with make(flavour, depot) as client:
            await upload(client, content(10_000))
        assert depot.calls == ["PUT upload/a/b", "PUT upload/a/b", "POST finish-upload/a/b"]


@every_flavour
async def test_a_fresh_url_that_is_refused_as_well_ends_the_upload(flavour: Flavour) -> None:
    with Depot() as depot:
        depot.plan(Fault("expired"), Fault("expired"))
        async with make(flavour, depot) as client:
            with pytest.raises(APIError, match="403 AccessDenied: Request has expired") as caught:
                await upload(client, content(10_000))
        assert "finish-upload" not in " ".join(depot.calls)
    assert "secret" not in f"{caught.value!r} {caught.value} {caught.value.body}"


@every_flavour
async def test_after_as_many_failures_as_allowed_the_upload_ends_unfinished(flavour: Flavour) -> None:
    with Depot() as depot:
        depot.plan(Fault("status"), Fault("reset", 0.5), Fault("status", status=500))
        async with make(flavour, depot, retry=Retry(retries=2, delay=0)) as client:
            with pytest.raises(ServerError, match="500 SlowDown"):
                await upload(client, content(10_000))
        assert depot.calls == ["PUT upload/a/b"]


@every_flavour
async def test_a_storage_that_says_yes_before_it_has_everything_is_not_believed(flavour: Flavour) -> None:
    begun = {"projectId": "p", "uploadId": slug_id(), "expires": json_date(EXPIRES)}
    with hasty_storage() as url:
        put: dict[str, object] = {"url": url, "expires": json_date(EXPIRES), "headers": {}}
        with Wire(answer(200, {**begun, "uploadMethod": {"putUrl": put}})) as wire:
            async with flavour.make(Object, AsyncObject, wire.url, retry=Retry(retries=1, delay=0)) as client:
                with pytest.raises(TransportError):
                    await upload(client, bytes(32 * MEBIBYTE))
        assert len(wire.requests) == 1


@every_flavour
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Owner", "a\r\nX-More: b"),
        ("X-Owner", "caf\u00e9"),
        ("X-Owner", " a"),
        ("X-Owner", "a\t"),
        ("X-Owner", 3),
        ("X-Owner:", "a"),
        ("", "a"),
    ],
)
async def test_a_header_that_cannot_be_sent_as_the_service_gave_it_is_an_error(
    flavour: Flavour, name: str, value: object
) -> None:
    begun = {"projectId": "p", "uploadId": slug_id(), "expires": json_date(EXPIRES)}
    put = {"url": "http://127.0.0.1:9/x", "expires": json_date(EXPIRES), "headers": {name: value}}
    with Wire(answer(200, {**begun, "uploadMethod": {"putUrl": put}})) as wire:
        async with flavour.make(Object, AsyncObject, wire.url) as client:
            with pytest.raises(TaskclusterError, match=f"the header '{name}', which cannot be sent"):
                await upload(client, content(10_000))


@contextmanager
def hasty_storage() -> Generator[str]:
    """Serve two requests at a URL: say that all is well after the first bytes, and hang up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(2):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x?signature"
        thread.join()


class Growing(io.BytesIO):
    """A file that somebody writes to as soon as it is read."""

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        at = self.tell()
        self.seek(0, io.SEEK_END)
        self.write(b"more")
        self.seek(at)
        return data


class Shrinking(io.BytesIO):
    """A file that somebody cuts short as soon as it is read."""

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.truncate(self.tell())
        return data


@every_flavour
@pytest.mark.parametrize("kind", [Growing, Shrinking])
@pytest.mark.parametrize("size", [5000, 700_000])
async def test_a_file_that_changes_its_length_is_an_error(
    flavour: Flavour, kind: type[io.BytesIO], size: int
) -> None:
    with Depot() as depot:
        async with make(flavour, depot) as client:
            with pytest.raises(VerificationFailed, match="source: changed"):
                await upload(client, kind(content(size)) if kind is Growing else _short_reads(size))
        assert "POST finish-upload/a/b" not in depot.calls


def _short_reads(size: int) -> io.BytesIO:
    class Short(Shrinking):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 1000))

    return Short(content(size))


@every_flavour
@pytest.mark.parametrize("opened", [False, True])
async def test_a_file_whose_bytes_change_is_an_error(flavour: Flavour, opened: bool, tmp_path: Path) -> None:
    path = from_path(content(700_000), tmp_path)

    def rewrite(done: int, total: int | None, phase: str) -> None:
        path.write_bytes(content(700_000)[::-1])

    with Depot() as depot, path.open("rb") as file:
        async with make(flavour, depot) as client:
            with pytest.raises(VerificationFailed, match="source: changed"):
                await upload(client, file if opened else path, on_progress=rewrite)
        assert "POST finish-upload/a/b" not in depot.calls


@every_flavour
async def test_a_source_that_is_not_the_same_for_each_try_is_an_error(flavour: Flavour) -> None:
    data = [content(700_000), content(700_000), content(600_000)]
    with Depot() as depot:
        depot.plan(Fault("reset", 0.5))
        async with make(flavour, depot) as client:
            with pytest.raises(VerificationFailed, match="source: changed"):
                await upload(client, lambda: io.BytesIO(data.pop(0)))


@every_flavour
async def test_readers_are_closed_whatever_happens(flavour: Flavour) -> None:
    opened: list[io.BytesIO] = []

    def source() -> io.BytesIO:
        opened.append(io.BytesIO(content(700_000)))
        return opened[-1]

    with Depot() as depot:
        depot.plan(Fault("reset", 0.5), Fault("hang up", 1), Fault("status"))
        async with make(flavour, depot) as client:
            await upload(client, source)
    assert len(opened) == 5  # One to take the length.
    assert all(reader.closed for reader in opened)


@every_flavour
async def test_progress_is_told_from_the_beginning_to_the_end(flavour: Flavour) -> None:
    told: list[tuple[int, int | None, str]] = []

    def tell(done: int, total: int | None, phase: str) -> None:
        told.append((done, total, phase))

    with Depot() as depot:
        async with make(flavour, depot) as client:
            await upload(client, content(MEBIBYTE), on_progress=tell)
            await upload(client, lambda: io.BytesIO(b"abc"), on_progress=tell)
    assert told[-2:] == [(0, None, "measuring"), (3, 3, "finishing")]
    assert told[-3] == (MEBIBYTE, MEBIBYTE, "finishing")
    steps = [done for done, total, phase in told[:-3] if (total, phase) == (MEBIBYTE, "uploading")]
    assert steps == sorted(steps)
    assert len(steps) == len(told) - 3 > 2


@every_flavour
@pytest.mark.parametrize("kind", [LookupError, TransportError])
async def test_an_error_of_the_callback_ends_the_upload(flavour: Flavour, kind: type[Exception]) -> None:
    calls: list[int] = []

    def refuse(done: int, total: int | None, phase: str) -> None:
        calls.append(done)
        raise kind("enough")

    with Depot() as depot:
        async with make(flavour, depot) as client:
            with pytest.raises(kind, match="enough"):
                await upload(client, content(MEBIBYTE), on_progress=refuse)
            depot.wait_for_calls(1)
        depot.wait_until_all_closed()
    assert len(calls) == 1
    assert transfer_threads() == []


CLOSED = io.BytesIO()
CLOSED.close()
BAD: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "empty name": ({"name": ""}, ValueError, "name: is empty"),
    "name that is not ASCII": ({"name": "caf\xe9"}, ValueError, "name: has characters other than"),
    "name with a line break": ({"name": "a\nb"}, ValueError, "name: has characters other than"),
    "name of another type": ({"name": b"a"}, TypeError, "name: bytes"),
    "empty project id": ({"project_id": ""}, ValueError, "project_id: is empty"),
    "project id with a space": ({"project_id": "a b"}, ValueError, "project_id: must be"),
    "expiry in the past": (
        {"expires": datetime.now(UTC) - timedelta(1)},
        ValueError,
        "expires: is .*has passed",
    ),
    "expiry in the past as text": (
        {"expires": "2020-01-01T00:00:00.000Z"},
        ValueError,
        "expires: is .*has passed",
    ),
    "expiry that is no date": ({"expires": "tomorrow"}, ValueError, "expires: 'tomorrow' is not a date"),
    "naive expiry": ({"expires": datetime(2999, 1, 1)}, ValueError, "expires: is a naive datetime"),
    "expiry of another type": ({"expires": 12}, TypeError, "expires: int"),
    "empty content type": ({"content_type": ""}, ValueError, "content_type: is empty"),
    "upload id that is none": ({"upload_id": "x"}, ValueError, "upload_id: is no slug id"),
    "callback that is none": ({"on_progress": 3}, TypeError, "on_progress: int"),
    "no source": ({"source": None}, TypeError, "source: NoneType"),
    "source that is missing": (
        {"source": "{tmp}/none"},
        ValueError,
        "source: '.*none' cannot be read: No such file",
    ),
    "source that cannot be read": (
        {"source": "{tmp}/file/x"},
        ValueError,
        "source: '.*x' cannot be read: Not a directory",
    ),
    "source that is closed": ({"source": CLOSED}, ValueError, "source: cannot seek .*closed file"),
    "source that is a folder": ({"source": "{tmp}"}, ValueError, "source: '.*' is a folder"),
    "source that is text": ({"source": io.StringIO("x")}, TypeError, "source: is open in text mode"),
    "source that is text in a temporary file": (
        {"source": SpooledTemporaryFile(mode="w+")},  # noqa: SIM115 - in memory
        TypeError,
        "source: is open in text mode",
    ),
    "source that is written": (
        {"source": io.BufferedWriter(io.BytesIO())},
        ValueError,
        "source: is not open for reading",
    ),
    "source that cannot seek": ({"source": Trickle(b"")}, ValueError, "source: cannot seek"),
    "factory of nothing": ({"source": lambda: None}, TypeError, "source: the function returned NoneType"),
    "factory of text": (
        {"source": lambda: io.StringIO("x")},
        TypeError,
        "source: its read method returned str",
    ),
}


@every_flavour
@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
async def test_a_source_that_may_not_be_read_is_told_before_anything_is_sent(
    flavour: Flavour, tmp_path: Path
) -> None:
    (tmp_path / "source").write_bytes(b"x")
    (tmp_path / "source").chmod(0)
    with Depot() as depot:
        async with make(flavour, depot) as client:
            with pytest.raises(ValueError, match=r"source: '.*' cannot be read: Permission denied"):
                await upload(client, tmp_path / "source")
        assert depot.calls == []


@every_flavour
async def test_a_memory_map_is_a_file(flavour: Flavour) -> None:
    with Depot() as depot, mmap.mmap(-1, 10_000) as memory:
        memory[:] = content(10_000)
        async with make(flavour, depot) as client:
            assert (await upload(client, memory)).hashes == hashes(content(10_000))


@every_flavour
async def test_a_class_is_a_function_that_opens_a_reader(flavour: Flavour) -> None:
    class Reader(io.BytesIO):
        def __init__(self) -> None:
            super().__init__(content(9000))

    with Depot() as depot:
        async with make(flavour, depot) as client:
            assert (await upload(client, Reader)).hashes == hashes(content(9000))


@every_flavour
@pytest.mark.skipif(os.name != "posix", reason="named pipes are those of POSIX")
async def test_a_pipe_that_nobody_writes_to_is_not_waited_for(flavour: Flavour, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with Depot() as depot:
        async with make(flavour, depot) as client:
            with pytest.raises(ValueError, match=r"source: '.*pipe' is no regular file"):
                await upload(client, tmp_path / "pipe")
        assert depot.calls == []


@every_flavour
@pytest.mark.parametrize("case", BAD)
async def test_bad_input_is_told_before_anything_is_sent(flavour: Flavour, case: str, tmp_path: Path) -> None:
    changes, kind, message = BAD[case]
    arguments: dict[str, Any] = {
        "name": "a/b",
        "source": b"x",
        "project_id": "p",
        "expires": EXPIRES,
        **changes,
    }
    if isinstance(arguments["source"], str):
        arguments["source"] = arguments["source"].format(tmp=tmp_path)
    (tmp_path / "file").touch()
    with Depot() as depot:
        async with make(flavour, depot) as client:
            with pytest.raises(kind, match=message):
                await client.upload_object(**arguments)
        assert depot.calls == []
