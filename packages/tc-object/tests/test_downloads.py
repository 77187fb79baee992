"""Whole downloads: into every kind of sink, verified, resumed, renewed."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import ssl
import stat
import traceback
from collections.abc import AsyncIterator, Iterator
from gzip import compress
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import httpx
import pytest
from authority import Authority
from depot import Depot, Fault, Stored, content
from flavours import Flavour, every_flavour
from leftovers import nothing_left, transfer_threads
from wire import Wire, answer, hang_up, stall, then

from tc_core import (
    APIError,
    NotFound,
    Retry,
    ServerError,
    TaskclusterError,
    TransportError,
    VerificationFailed,
)
from tc_core.transfers import Download, DownloadedBytes, DownloadedFile
from tc_object import AsyncObject, Object

AT_ONCE = Retry(delay=0)
MEBIBYTE = 1024 * 1024
SIZES = [0, 1, 8191, 8192, 8193, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1]


DATA = content(700_000)


def make(flavour: Flavour, depot: Depot, **options: Any) -> AsyncObject:
    return flavour.make(Object, AsyncObject, depot.url, **{"retry": AT_ONCE, **options})


def stocked(data: bytes = DATA, **fields: Any) -> Depot:
    depot = Depot()
    depot.objects["a/b"] = Stored(data, "text/x-log", **fields)
    return depot


def simple(url: object) -> dict[str, object]:
    """What the service answers where it knows no hashes."""
    return {"method": "simple", "url": url}


def ranges(depot: Depot) -> list[tuple[int, str | None]]:
    """What the storage was asked for, and its answers."""
    return [(seen.status, seen.headers.get("range")) for seen in depot.seen]


@every_flavour
@pytest.mark.parametrize("size", SIZES)
async def test_every_size_arrives_verified(flavour: Flavour, size: int) -> None:
    data = content(size)
    with stocked(data) as depot:
        async with make(flavour, depot) as client:
            result = await client.download_object("a/b")
    assert result.content == data
    assert (result.content_type, result.length) == ("text/x-log", size)
    assert result.hashes == {name: hashlib.new(name, data).hexdigest() for name in ("sha256", "sha512")}


@every_flavour
@pytest.mark.parametrize("to", ["bytes", "path", "file", "factory"])
@pytest.mark.parametrize("fault", [None, Fault("hang up", 0.5), Fault("corrupt", 0.5), Fault("page")])
async def test_every_kind_of_sink_gets_the_bytes(
    flavour: Flavour, to: str, fault: Fault | None, tmp_path: Path
) -> None:
    path = tmp_path / "target"
    file = io.BytesIO(b"header ")
    file.seek(0, io.SEEK_END)
    with stocked() as depot:
        if fault:
            depot.plan(fault)
        async with make(flavour, depot) as client:
            match to:
                case "bytes":
                    got = await client.download_object("a/b")
                    assert isinstance(got, DownloadedBytes)
                    assert got.content == DATA
                case "path":
                    result = await client.download_object("a/b", to=path)
                    assert isinstance(result, DownloadedFile)
                    assert result.path == path
                    assert path.read_bytes() == DATA
                case "file":
                    plain = await client.download_object("a/b", to=file)
                    assert type(plain) is Download
                    assert file.getvalue() == b"header " + DATA
                case _:
                    await client.download_object("a/b", to=lambda: path.open("wb"))
                    assert path.read_bytes() == DATA
        assert len(depot.seen) == (2 if fault else 1)
    assert transfer_threads() == []


@every_flavour
async def test_64_mebibytes_arrive_in_a_file(flavour: Flavour, tmp_path: Path) -> None:
    data = content(MEBIBYTE) * 64
    with stocked(data) as depot:
        depot.plan(Fault("hang up", 0.3), Fault("reset", 0.6))
        async with make(flavour, depot) as client:
            await client.download_object("a/b", to=tmp_path / "target")
    assert hashlib.sha256((tmp_path / "target").read_bytes()).digest() == hashlib.sha256(data).digest()


@every_flavour
async def test_an_interrupted_download_goes_on_where_it_broke_off(flavour: Flavour) -> None:
    with stocked() as depot:
        depot.plan(Fault("hang up", 0.25), Fault("hang up", 0.5))
        async with make(flavour, depot) as client:
            assert (await client.download_object("a/b")).content == DATA
        tag = f'"{hashlib.md5(DATA).hexdigest()}"'
        assert ranges(depot) == [(200, None), (206, "bytes=175000-"), (206, "bytes=437500-")]
        assert [seen.headers.get("if-range") for seen in depot.seen] == [None, tag, tag]
        assert depot.calls == ["PUT start-download/a/b"]


@every_flavour
@pytest.mark.parametrize("obstacle", ["no ranges", "weak tag", "no tag", "gzip"])
async def test_it_starts_over_where_it_cannot_go_on(flavour: Flavour, obstacle: str) -> None:
    with stocked(gzip=obstacle == "gzip") as depot:
        depot.ranges = obstacle != "no ranges"
        depot.etag = {"weak tag": "weak", "no tag": "none"}.get(obstacle, "strong")  # type: ignore[assignment]
        depot.plan(Fault("hang up", 0.5))
        async with make(flavour, depot) as client:
            assert (await client.download_object("a/b")).content == DATA
        asked = "bytes=350000-" if obstacle == "no ranges" else None
        assert ranges(depot) == [(200, None), (200, asked)]


@every_flavour
async def test_it_starts_over_when_the_content_changed_meanwhile(flavour: Flavour) -> None:
    new = content(600_000)[::-1]

    def change(done: int, total: int | None, phase: str) -> None:
        depot.objects["a/b"] = Stored(new)

    with stocked() as depot:
        depot.method = "simple"
        depot.plan(Fault("hang up", 0.9))
        async with make(flavour, depot) as client:
            got = await client.download_object("a/b", on_progress=change)
        assert ranges(depot) == [(200, None), (200, "bytes=630000-")]
    assert got.content == new


@every_flavour
@pytest.mark.parametrize(
    "wrong",
    [
        {"Content-Range": "bytes 4-9/10"},
        {"Content-Range": "bytes 5-9/11"},
        {"Content-Range": "gibberish"},
        {"Content-Range": "bytes 5-9/10", "ETag": '"other"'},
        {"Content-Range": "bytes 5-9/10", "Content-Encoding": "gzip"},
    ],
)
async def test_a_part_that_does_not_fit_is_not_taken(flavour: Flavour, wrong: dict[str, str]) -> None:
    tag = {"ETag": '"one"'}
    data = b"0123456789"
    with Wire() as storage:
        place = simple(f"{storage.url}/x")
        storage.script(
            then(answer(200, data[:5], tag, length=10), hang_up),
            answer(206, data[5:], {**tag, **wrong}),
            answer(200, data, tag),
        )
        with Wire(answer(200, place)) as wire:
            async with flavour.make(Object, AsyncObject, wire.url, retry=AT_ONCE) as client:
                assert (await client.download_object("a/b")).content == data
        assert [request.headers.get("range") for request in storage.requests] == [None, "bytes=5-", None]


@every_flavour
async def test_a_part_that_is_shorter_than_asked_for_is_not_the_rest(flavour: Flavour) -> None:
    tag = {"ETag": '"one"'}
    data = b"0123456789"
    with Wire() as storage:
        storage.script(
            then(answer(200, data[:5], tag, length=10), hang_up),
            answer(206, data[5:8], {**tag, "Content-Range": "bytes 5-7/10"}),
            answer(206, data[8:], {**tag, "Content-Range": "bytes 8-9/10"}),
        )
        with Wire(answer(200, simple(f"{storage.url}/x"))) as wire:
            async with flavour.make(Object, AsyncObject, wire.url, retry=AT_ONCE) as client:
                assert (await client.download_object("a/b")).content == data
        asked = [request.headers.get("range") for request in storage.requests]
        assert asked == [None, "bytes=5-", "bytes=8-"]


@every_flavour
async def test_a_body_of_unknown_length_goes_on_as_well(flavour: Flavour) -> None:
    with stocked() as depot:
        depot.method, depot.chunked = "simple", True
        depot.plan(Fault("hang up", 0.25), Fault("hang up", 0.5))
        async with make(flavour, depot) as client:
            assert (await client.download_object("a/b")).content == DATA
        assert ranges(depot) == [(200, None), (206, "bytes=175000-"), (206, "bytes=437500-")]


class Breaking(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers with bodies that break off with an alert of TLS, which asyncio hands on as it is.

    Args:
        answers: of the storage, one after the other: tag, content, and after how many bytes it breaks off.
    """

    def __init__(self, *answers: tuple[str, bytes, int]) -> None:
        self._answers = list(answers)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/api/"):
            return httpx.Response(200, json=simple("https://storage.example.com/x"))
        tag, content, last = self._answers.pop(0)
        headers = {"etag": tag, "content-length": str(len(content))}
        start = 0
        if "range" in request.headers and request.headers["if-range"] == tag:
            start = int(request.headers["range"].removeprefix("bytes=").removesuffix("-"))
            headers["content-range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            headers["content-length"] = str(len(content) - start)
        body = BrokenBody(content[start:last], alert=last < len(content))
        return httpx.Response(206 if start else 200, headers=headers, stream=body)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)


class BrokenBody(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, content: bytes, *, alert: bool) -> None:
        self._content = content
        self._alert = alert

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        if self._alert:
            raise ssl.SSLError("bad record mac")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


@every_flavour
async def test_an_alert_of_tls_loses_no_count_of_what_arrived(flavour: Flavour) -> None:
    old, new = content(2 * MEBIBYTE), content(2 * MEBIBYTE)[::-1]
    breaking = Breaking(('"old"', old, MEBIBYTE), ('"new"', new, 1000), ('"new"', new, len(new)))
    async with flavour.make(
        Object, AsyncObject, "https://tc.example.com", transport=breaking, retry=AT_ONCE
    ) as client:
        assert (await client.download_object("a/b")).content == new


@every_flavour
async def test_damaged_gzip_is_fetched_again_and_its_thread_ends(flavour: Flavour) -> None:
    data = content(4 * MEBIBYTE)
    with stocked(data, gzip=True) as depot:
        depot.plan(Fault("corrupt", 0.0), Fault("corrupt", 0.5))
        async with make(flavour, depot) as client:
            assert (await client.download_object("a/b")).content == data
            assert transfer_threads() == []


@every_flavour
@pytest.mark.parametrize("coding", ["gzip", "x-gzip"])
async def test_gzip_without_its_end_is_fetched_again(flavour: Flavour, coding: str) -> None:
    whole, headers = compress(DATA), {"Content-Encoding": coding}
    with Wire() as wire:
        wire.script(
            answer(200, simple(f"{wire.url}/x")),
            answer(200, whole[: len(whole) // 2], headers),
            answer(200, whole, headers),
        )
        async with flavour.make(Object, AsyncObject, wire.url, retry=AT_ONCE) as client:
            assert (await client.download_object("a/b")).content == DATA


@every_flavour
async def test_a_long_error_is_not_read_to_its_end(flavour: Flavour) -> None:
    endless = then(answer(404, b"x" * 20_000, length=10**9), stall)
    with Wire(endless) as storage, Wire(answer(200, simple(f"{storage.url}/x"))) as wire:
        async with flavour.make(Object, AsyncObject, wire.url, retry=Retry(retries=0), timeout=5) as client:
            with pytest.raises(NotFound):
                await client.download_object("a/b")
            await flavour.wait(storage.wait_until_all_closed)


@every_flavour
async def test_an_expired_url_is_renewed_and_the_download_goes_on(flavour: Flavour) -> None:
    with stocked() as depot:
        depot.plan(Fault("hang up", 0.5), Fault("expired"))
        async with make(flavour, depot) as client:
            assert (await client.download_object("a/b")).content == DATA
        assert ranges(depot) == [(200, None), (403, "bytes=350000-"), (206, "bytes=350000-")]
        assert depot.calls == ["PUT start-download/a/b"] * 2


@every_flavour
async def test_a_url_is_renewed_before_a_retry_that_comes_too_late_for_it(flavour: Flavour) -> None:
    with stocked() as depot:
        depot.lifetime = -1
        depot.plan(Fault("hang up", 0.5))
        async with make(flavour, depot) as client:
            assert (await client.download_object("a/b")).content == DATA
        assert depot.calls == ["PUT start-download/a/b"] * 2


@every_flavour
async def test_a_fresh_url_that_is_refused_as_well_ends_the_download(
    flavour: Flavour, tmp_path: Path
) -> None:
    with stocked() as depot, nothing_left(tmp_path):
        depot.plan(Fault("expired"), Fault("expired"))
        async with make(flavour, depot) as client:
            with pytest.raises(APIError, match=r"403 AccessDenied: Request has expired") as caught:
                await client.download_object("a/b", to=tmp_path / "target")
    assert "secret" not in f"{caught.value!r} {caught.value} {caught.value.body}"


@every_flavour
@pytest.mark.parametrize("known", [["sha256"], ["sha512"], ["sha256", "sha512"]])
async def test_each_known_hash_is_verified(flavour: Flavour, known: list[str], tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"old")
    right = {name: hashlib.new(name, DATA).hexdigest() for name in known}
    wrong = {**right, known[-1]: hashlib.new(known[-1], b"").hexdigest()}
    with stocked(hashes=right) as depot:
        async with make(flavour, depot) as client:
            assert (await client.download_object("a/b")).hashes == right
            depot.objects["a/b"].hashes = wrong
            with (
                nothing_left(tmp_path),
                pytest.raises(VerificationFailed, match=f"the {known[-1]} of the 700000"),
            ):
                await client.download_object("a/b", to=target)
    assert target.read_bytes() == b"old"


@every_flavour
async def test_an_object_without_a_known_hash_is_not_fetched(flavour: Flavour) -> None:
    with stocked(hashes={"md5": "0"}) as depot:
        async with make(flavour, depot) as client:
            with pytest.raises(VerificationFailed, match="knows no hash") as caught:
                await client.download_object("a/b")
        assert depot.seen == []
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "secret" not in "".join(report.format())


@every_flavour
async def test_hashes_are_those_of_the_decoded_bytes(flavour: Flavour) -> None:
    with stocked(gzip=True) as depot:
        async with make(flavour, depot) as client:
            assert (await client.download_object("a/b")).content == DATA


@every_flavour
async def test_what_unpacks_to_much_is_never_held_as_a_whole(flavour: Flavour) -> None:
    class Sink:
        longest = total = 0

        def write(self, data: bytes) -> None:
            self.longest = max(self.longest, len(data))
            self.total += len(data)

    sink = Sink()
    with stocked(bytes(64 * MEBIBYTE), gzip=True) as depot:
        async with make(flavour, depot) as client:
            await client.download_object("a/b", to=sink)
    assert sink.total == 64 * MEBIBYTE
    assert sink.longest <= MEBIBYTE


@every_flavour
async def test_without_hashes_the_length_is_verified(flavour: Flavour, tmp_path: Path) -> None:
    with stocked() as depot, nothing_left(tmp_path):
        depot.method = "simple"
        depot.etag = "none"
        depot.plan(*[Fault("hang up", 0.99)] * 2)
        async with make(flavour, depot, retry=Retry(retries=1, delay=0)) as client:
            with pytest.raises(TransportError):
                await client.download_object("a/b", to=tmp_path / "target")


@every_flavour
async def test_without_hashes_and_length_nothing_is_taken(flavour: Flavour) -> None:
    endless = then(b"HTTP/1.1 200 OK\r\n\r\nabc", hang_up)
    with Wire(endless) as storage, Wire(answer(200, simple(f"{storage.url}/x"))) as wire:
        async with flavour.make(Object, AsyncObject, wire.url) as client:
            with pytest.raises(TaskclusterError, match="neither length nor hash"):
                await client.download_object("a/b")


@every_flavour
async def test_chunked_bodies_have_an_end(flavour: Flavour) -> None:
    with stocked() as depot:
        depot.method, depot.chunked = "simple", True
        depot.plan(Fault("hang up", 1))
        async with make(flavour, depot, retry=Retry(retries=1, delay=0)) as client:
            assert (await client.download_object("a/b")).content == DATA
        assert [status for status, _ in ranges(depot)] == [200, 416, 200]


@every_flavour
async def test_redirects_are_followed_without_credentials(flavour: Flavour) -> None:
    from tc_core import Credentials

    with Wire(answer(200, b"abc")) as there, Wire() as here:
        here.script(
            answer(200, simple(f"{here.url}/one?a=secret")),
            answer(302, b"", {"Location": "/two", "Set-Cookie": "a=b"}),
            answer(307, b"moved", {"Location": f"{there.url}/three"}),
        )
        credentials = Credentials("id", "token")
        async with flavour.make(Object, AsyncObject, here.url, credentials=credentials) as client:
            assert (await client.download_object("a/b")).content == b"abc"
        first, *rest = [*here.requests, *there.requests]
        assert "authorization" in first.headers
        assert [request.target for request in rest] == ["/one?a=secret", "/two", "/three"]
        for request in rest:
            assert set(request.headers) == {"host", "user-agent", "accept-encoding"}


@every_flavour
async def test_redirects_do_not_lead_out_of_tls(flavour: Flavour) -> None:
    authority = Authority()
    with Wire() as plain, Wire(tls=authority.server()) as storage:
        storage.script(
            answer(302, b"", {"Location": f"{storage.url}/two"}),
            answer(302, b"", {"Location": f"{plain.url}/three?signature=secret"}),
        )
        with Wire(answer(200, simple(f"{storage.url}/one"))) as wire:
            options = {"ssl_context": authority.client()}
            async with flavour.make(Object, AsyncObject, wire.url, **options) as client:
                with pytest.raises(TaskclusterError, match="redirected to http, which is not") as caught:
                    await client.download_object("a/b")
        assert [request.target for request in storage.requests] == ["/one", "/two"]
        assert plain.requests == []
    assert "secret" not in str(caught.value)


@every_flavour
async def test_redirects_come_to_an_end(flavour: Flavour) -> None:
    with Wire(otherwise=answer(302, b"", {"Location": "/again"})) as storage:
        with Wire(answer(200, simple(f"{storage.url}/x"))) as wire:
            async with flavour.make(Object, AsyncObject, wire.url) as client:
                with pytest.raises(TaskclusterError, match="redirected more than 10 times"):
                    await client.download_object("a/b")
        assert len(storage.requests) == 1 + 10


@every_flavour
@pytest.mark.parametrize(
    "location", [None, "ftp://example.com/x", "file:///etc/passwd", "http://:80/", "http://[", "//[a]/x"]
)
async def test_redirects_to_nowhere_are_errors(flavour: Flavour, location: str | None) -> None:
    headers = {} if location is None else {"Location": location}
    with Wire(answer(302, b"", headers)) as storage, Wire(answer(200, simple(f"{storage.url}/x"))) as wire:
        async with flavour.make(Object, AsyncObject, wire.url) as client:
            with pytest.raises(TaskclusterError, match=r"nowhere|no http or https URL"):
                await client.download_object("a/b")


@every_flavour
@pytest.mark.parametrize(
    "url", ["", "ftp://a/x", "http://", "http://exa mple.com", "http://10.0.0.256", "http://[v1.a]", "/x", 3]
)
async def test_a_place_that_is_no_url_is_an_error(flavour: Flavour, url: object) -> None:
    with Wire(answer(200, simple(url))) as wire:
        async with flavour.make(Object, AsyncObject, wire.url) as client:
            with pytest.raises(TaskclusterError, match="no http or https URL"):
                await client.download_object("a/b")


@every_flavour
async def test_urls_are_sent_as_they_are(flavour: Flavour) -> None:
    target = "/data/./../a%2Fb%20+'!$&()*,;=:@~[x]{|}//?X-Amz-Signature=a%2Fb%3D+%27&b='c'/../d"
    with Wire(answer(200, b"abc")) as storage:
        with Wire(answer(200, simple(storage.url + target))) as wire:
            async with flavour.make(Object, AsyncObject, wire.url) as client:
                await client.download_object("a/b")
        assert storage.requests[0].target == target


@every_flavour
async def test_an_object_that_is_not_there(flavour: Flavour, tmp_path: Path) -> None:
    with Depot() as depot, nothing_left(tmp_path):
        async with make(flavour, depot) as client:
            with pytest.raises(NotFound):
                await client.download_object("a/b", to=tmp_path / "target")


@every_flavour
async def test_a_server_error_that_stays_ends_the_download(flavour: Flavour, tmp_path: Path) -> None:
    with stocked() as depot, nothing_left(tmp_path):
        depot.plan(*[Fault("status")] * 3)
        async with make(flavour, depot, retry=Retry(retries=2, delay=0)) as client:
            with pytest.raises(ServerError, match="503 SlowDown"):
                await client.download_object("a/b", to=tmp_path / "target")


@every_flavour
async def test_progress_earns_a_long_download_its_retries_back(flavour: Flavour) -> None:
    data = content(MEBIBYTE) * 10
    with stocked(data) as depot:
        depot.plan(*[Fault("hang up", 0.4)] * 3)
        async with make(flavour, depot, retry=Retry(retries=1, delay=0)) as client:
            assert (await client.download_object("a/b")).content == data
        assert len(depot.seen) == 4


@every_flavour
async def test_a_file_that_cannot_seek_takes_a_download_that_resumes(flavour: Flavour) -> None:
    class Pipe:
        got = b""

        def write(self, data: bytes) -> None:
            self.got += data

    with stocked() as depot:
        async with make(flavour, depot) as client:
            depot.plan(Fault("hang up", 0.5))
            pipe = Pipe()
            await client.download_object("a/b", to=pipe)
            assert pipe.got == DATA
            depot.etag = "none"
            depot.plan(Fault("hang up", 0.5))
            with pytest.raises(TaskclusterError, match="this file cannot go back"):
                await client.download_object("a/b", to=Pipe())


@every_flavour
async def test_a_file_is_left_as_it_was_when_the_download_fails(flavour: Flavour) -> None:
    file = io.BytesIO(b"header ")
    file.seek(0, io.SEEK_END)
    with stocked(hashes={"sha256": "0" * 64}) as depot:
        async with make(flavour, depot) as client:
            with pytest.raises(VerificationFailed):
                await client.download_object("a/b", to=file)
    assert file.getvalue() == b"header "


@every_flavour
async def test_writers_are_closed_whatever_happens(flavour: Flavour) -> None:
    opened: list[io.BytesIO] = []

    def to() -> io.BytesIO:
        opened.append(io.BytesIO())
        return opened[-1]

    with stocked() as depot:
        depot.etag = "none"
        depot.plan(Fault("hang up", 0.5), Fault("hang up", 0.5))
        async with make(flavour, depot, retry=Retry(retries=1, delay=0)) as client:
            with pytest.raises(TransportError):
                await client.download_object("a/b", to=to)
    assert opened
    assert all(writer.closed for writer in opened)


@every_flavour
async def test_a_class_is_a_function_that_opens_a_writer_and_is_called_once_if_all_goes_well(
    flavour: Flavour,
) -> None:
    opened: list[Writer] = []

    class Writer:
        def __init__(self) -> None:
            self.content = b""
            opened.append(self)

        def write(self, data: bytes) -> None:
            self.content += data

    with stocked() as depot:
        async with make(flavour, depot) as client:
            await client.download_object("a/b", to=Writer)
    assert [writer.content for writer in opened] == [DATA]


@pytest.mark.skipif(os.name != "posix", reason="permissions and links are those of POSIX")
def test_a_path_gets_the_permissions_of_any_new_file_and_a_link_stays(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder" / "file")
    (tmp_path / "other").write_bytes(b"")
    with stocked() as depot, Object(depot.url) as client:
        client.download_object("a/b", to=tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "file").read_bytes() == DATA
    mode = stat.S_IMODE((tmp_path / "folder" / "file").stat().st_mode)
    assert mode == stat.S_IMODE((tmp_path / "other").stat().st_mode)


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
@pytest.mark.parametrize("mode", [0o600, 0o755, 0o444])
def test_a_path_keeps_the_permissions_of_the_file_that_was_there(mode: int, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "file").chmod(mode)
    with stocked() as depot, Object(depot.url) as client:
        client.download_object("a/b", to=tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_a_path_may_be_where_permissions_cannot_be_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "fchmod", refuse)
    (tmp_path / "file").touch()
    with stocked() as depot, Object(depot.url) as client:
        client.download_object("a/b", to=tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA


@every_flavour
async def test_progress_is_told_from_the_beginning_to_the_end(flavour: Flavour) -> None:
    data = content(2 * MEBIBYTE)
    told: list[tuple[int, int | None, str]] = []

    def tell(done: int, total: int | None, phase: str) -> None:
        told.append((done, total, phase))

    with stocked(data) as depot:
        async with make(flavour, depot) as client:
            await client.download_object("a/b", on_progress=tell)
            depot.chunked = True
            await client.download_object("a/b", on_progress=tell)
    half = told.index((len(data), len(data), "finishing"))
    steps = [done for done, total, phase in told[:half] if (total, phase) == (len(data), "downloading")]
    assert steps == sorted(steps)
    assert len(steps) == half > 2
    assert told[-1] == (len(data), None, "finishing")


@every_flavour
@pytest.mark.parametrize("kind", [LookupError, TransportError])
async def test_an_error_of_the_callback_ends_the_download(
    flavour: Flavour, kind: type[Exception], tmp_path: Path
) -> None:
    calls: list[int] = []

    def refuse(done: int, total: int | None, phase: str) -> None:
        calls.append(done)
        raise kind("enough")

    with stocked(content(MEBIBYTE)) as depot:
        with nothing_left(tmp_path):
            async with make(flavour, depot) as client:
                with pytest.raises(kind, match="enough"):
                    await client.download_object("a/b", to=tmp_path / "target", on_progress=refuse)
        depot.wait_until_all_closed()
    assert len(calls) == 1


CLOSED = io.BytesIO()
CLOSED.close()
BAD: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "empty name": ({"name": ""}, ValueError, "name: is empty"),
    "name that is not ASCII": ({"name": "caf\xe9"}, ValueError, "name: has characters other than"),
    "callback that is none": ({"on_progress": 3}, TypeError, "on_progress: int"),
    "no sink": ({"to": 3}, TypeError, "to: int"),
    "folder": ({"to": "{tmp}"}, ValueError, "to: '.*' is a folder; pass the path of a file"),
    "missing folder": ({"to": "{tmp}/none/x"}, ValueError, "to: '.*' is in no folder; make '.*none' first"),
    "file as folder": ({"to": "{tmp}/file/x"}, ValueError, "to: '.*' cannot be written: Not a directory"),
    "device": ({"to": "/dev/null"}, ValueError, "to: '/dev/null' is no regular file"),
    "name that is too long": ({"to": "{tmp}/" + 300 * "x"}, ValueError, "to: '.*' cannot be written"),
    "NUL": ({"to": "{tmp}/a\0b"}, ValueError, "to: '.*' cannot be written"),
    "text": ({"to": io.StringIO()}, TypeError, "to: is open in text mode"),
    "text in a temporary file": (
        {"to": SpooledTemporaryFile(mode="w+")},  # noqa: SIM115 - in memory
        TypeError,
        "to: is open in text mode",
    ),
    "file that is read": (
        {"to": io.BufferedReader(io.BytesIO())},
        ValueError,
        "to: is not open for writing",
    ),
    "closed file": ({"to": CLOSED}, ValueError, "to: is closed; pass an open file"),
    "factory of nothing": ({"to": lambda: None}, TypeError, "to: the function returned NoneType"),
    "factory of text": ({"to": io.StringIO}, TypeError, "to: is open in text mode"),
}


@every_flavour
@pytest.mark.parametrize("case", BAD)
async def test_bad_input_is_told_before_anything_is_sent(flavour: Flavour, case: str, tmp_path: Path) -> None:
    changes, kind, message = BAD[case]
    arguments: dict[str, Any] = {"name": "a/b", **changes}
    if isinstance(arguments.get("to"), str):
        arguments["to"] = arguments["to"].format(tmp=tmp_path)
    (tmp_path / "file").touch()
    with Depot() as depot, nothing_left(tmp_path):
        async with make(flavour, depot) as client:
            with pytest.raises(kind, match=message):
                await client.download_object(**arguments)
        assert depot.calls == []
