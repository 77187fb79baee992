"""The engine of transfers driven by hand: no driver, no socket, and time passes only when it sleeps."""

from __future__ import annotations

import gc
import gzip
import hashlib
import io
import os
import signal
import threading
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from clock import Clock
from flows import make_session
from hypothesis import given
from hypothesis import strategies as st
from leftovers import transfer_threads
from wire import PATIENCE

from tc_core import APIError, Retry, ServerError, TaskclusterError, TransportError, VerificationFailed
from tc_core._coding import Gunzip
from tc_core._errors import hide_query
from tc_core._flow import Chance, Sleep
from tc_core._transfers.digests import Digests
from tc_core._transfers.download import download
from tc_core._transfers.lanes import Lane
from tc_core._transfers.places import Place, redirected, storage_error
from tc_core._transfers.sinks import make_sink, write_all
from tc_core._transfers.sources import make_source
from tc_core._transfers.steps import Answer, Ask, DataRequest, Exchange, Incoming, Transfer, Work
from tc_core._transfers.terms import Terms
from tc_core._transfers.upload import upload
from tc_core.transfers import DownloadedBytes

URL = "https://storage.example.com/a/b?X-Amz-Signature=secret"
DATA = b"0123456789" * 10
HASHES = {"sha256": hashlib.sha256(DATA).hexdigest()}

Outcome = Callable[[Exchange], tuple[Answer, Incoming]]


def answers(status: int, body: bytes = b"", *, lost_after: int | None = None, **headers: str) -> Outcome:
    """What a storage does: an answer, of which perhaps only so many bytes arrive."""

    def do(step: Exchange) -> tuple[Answer, Incoming]:
        while step.body is not None and step.body.read():
            pass
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = Answer(status, {"content-length": str(len(body)), **named}, framed=True)
        incoming = step.receive(answer)
        incoming.add(body if lost_after is None else body[:lost_after])
        if lost_after is not None:
            incoming.settle()
            raise TransportError("lost")
        incoming.end()
        return answer, incoming

    return do


class Course:
    """Follows a transfer to its end, and keeps what it asked for."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.left = list(outcomes)
        self.requests: list[DataRequest] = []
        self.waits: list[float] = []
        self.located = 0
        self.clock = Clock()
        self.expires: float | None = None

    def terms(self, **options: Any) -> Terms:
        session = make_session(self.clock, retry=Retry(jitter=0), **options)
        return Terms(session, "tests/1.0", Chance(self.clock, lambda: 0.0))

    def locate(self) -> Transfer[Place]:
        self.located += 1
        yield Ask(None, len, None)
        return Place(url=f"{URL}{self.located}", expires=self.expires, hashes=HASHES)

    def follow(self, transfer: Transfer[Any]) -> Any:
        result: Any = None
        try:
            step = next(transfer)
            while True:
                try:
                    match step:
                        case Work(function):
                            result = function()
                        case Sleep(seconds):
                            self.waits.append(seconds)
                            self.clock.advance(seconds)
                        case Exchange():
                            self.requests.append(step.request)
                            result = self.left.pop(0)(step)
                        case _:
                            result = None
                except Exception as error:
                    step = transfer.throw(error)
                else:
                    step = transfer.send(result)
        except StopIteration as end:
            assert not self.left
            return end.value

    def download(self, **options: Any) -> Any:
        return self.follow(download(self.terms(**options), self.locate, make_sink(None)))

    def upload(self, source: Any = DATA, **options: Any) -> Any:
        made = make_source(source)
        return self.follow(upload(self.terms(**options), self.locate, made, made.measure()))


WHOLE = answers(200, DATA, etag='"one"', content_type="text/plain")


def test_a_download_is_one_request() -> None:
    course = Course(WHOLE)
    assert course.download() == DownloadedBytes(
        content=DATA, content_type="text/plain", length=100, hashes=HASHES
    )
    assert [(request.verb, request.url) for request in course.requests] == [("GET", URL + "1")]
    assert course.requests[0].headers == {"user-agent": "tests/1.0", "accept-encoding": "gzip"}


def test_waits_double_and_a_storage_may_ask_for_longer_ones() -> None:
    busy = answers(503, retry_after="7")
    course = Course(answers(500), answers(500), busy, answers(200, DATA, lost_after=5), WHOLE)
    course.download()
    assert course.waits == [0.1, 0.2, 7.0, 0.8]


def test_a_wait_that_is_too_long_ends_it() -> None:
    course = Course(answers(503, retry_after="61"))
    with pytest.raises(ServerError) as caught:
        course.download()
    assert caught.value.retry_after == 61
    assert course.waits == []


def test_the_deadline_is_not_slept_through() -> None:
    course = Course(answers(500), answers(500))
    with pytest.raises(ServerError):
        course.download(deadline=0.25)
    assert course.waits == [0.1]


def test_a_part_is_asked_for_by_position_and_tag() -> None:
    rest = answers(206, DATA[40:], etag='"one"', content_range="bytes 40-99/100")
    course = Course(answers(200, DATA, lost_after=40, etag='"one"'), rest)
    assert course.download().content == DATA
    assert course.requests[1].headers == {
        "user-agent": "tests/1.0",
        "accept-encoding": "identity",
        "range": "bytes=40-",
        "if-range": '"one"',
    }


def test_a_renewed_place_with_other_hashes_is_another_content() -> None:
    course = Course(answers(200, b"old" + DATA, lost_after=40, etag='"one"'), WHOLE)
    course.expires = course.clock.now
    known: list[dict[str, str]] = [{"sha256": "0" * 64}, HASHES]

    def locate() -> Transfer[Place]:
        yield Ask(None, len, None)
        return Place(url=URL, expires=course.expires, hashes=known.pop(0))

    got = course.follow(download(course.terms(), locate, make_sink(None)))
    assert got.content == DATA
    assert "range" not in course.requests[1].headers


def test_a_mismatch_is_tried_once_more_without_waiting() -> None:
    course = Course(answers(200, b"wrong"), answers(200, b"wrong"))
    with pytest.raises(VerificationFailed, match="the sha256 of the 5 bytes"):
        course.download()
    assert course.waits == []


def test_refusals_are_not_endless() -> None:
    course = Course(answers(403), answers(500), answers(403), answers(403))
    with pytest.raises(APIError, match="403"):
        course.download()
    assert course.located == 3


def test_an_upload_sends_all_and_hashes_it() -> None:
    course = Course(answers(500), answers(200))
    assert course.upload().hashes == {
        "sha256": hashlib.sha256(DATA).hexdigest(),
        "sha512": hashlib.sha512(DATA).hexdigest(),
    }
    assert [request.headers for request in course.requests] == [{"Content-Length": "100"}] * 2


def test_an_answer_that_comes_too_early_is_no_success() -> None:
    def hasty(step: Exchange) -> tuple[Answer, Incoming]:
        answer = Answer(200, {}, framed=True)
        return answer, step.receive(answer)

    course = Course(hasty, answers(200))
    course.upload()
    assert course.waits == [0.1]


def test_a_place_for_another_length_is_an_error() -> None:
    def locate() -> Transfer[Place]:
        yield Ask(None, len, None)
        return Place(url=URL, headers={"content-length": "7"})

    course = Course()
    with pytest.raises(TaskclusterError, match="asked for 7 bytes where the source has 100"):
        course.follow(upload(course.terms(), locate, make_source(DATA), 100))


def test_nothing_shows_a_signature() -> None:
    request = DataRequest("GET", URL, {})
    text = f"<Code>AccessDenied</Code><Message>not {URL}</Message><StringToSign>{URL}</StringToSign>"
    error = storage_error(request, Answer(403, {}, framed=True), text, 0.0)
    assert "secret" not in f"{request!r} {request.name} {Place(url=URL)!r} {error} {error!r} {error.body}"
    assert str(error).startswith(
        "GET https://storage.example.com/a/b?[redacted]: 403 AccessDenied: not https://"
    )
    assert hide_query("https://me:secret@example.com/x?y#z") == "https://example.com/x?[redacted]"


def test_a_page_is_not_repeated_in_an_error() -> None:
    answer = Answer(502, {"content-type": "text/html"}, framed=True)
    error = storage_error(DataRequest("GET", URL, {}), answer, "<html>...</html>", 0.0)
    assert isinstance(error, ServerError)
    assert error.message == "the storage answered with a page"


@pytest.mark.parametrize(
    ("location", "followed"),
    [("/x", "https://storage.example.com/x"), ("//other.example.com/x", "https://other.example.com/x")],
)
def test_redirects_are_relative_to_their_request(location: str, followed: str) -> None:
    answer = Answer(302, {"location": location}, framed=True)
    assert redirected(DataRequest("GET", URL, {}), answer).url == followed


def test_redirects_do_not_lead_out_of_tls() -> None:
    answer = Answer(302, {"location": "http://storage.example.com/x?secret"}, framed=True)
    with pytest.raises(TaskclusterError, match="redirected to http") as caught:
        redirected(DataRequest("GET", URL, {}), answer)
    assert "secret" not in str(caught.value)


@given(st.lists(st.binary(max_size=3000), min_size=1, max_size=4), st.integers(1, 50), st.integers(1, 5000))
def test_gunzip_undoes_gzip_in_pieces_of_bounded_size(members: list[bytes], piece: int, block: int) -> None:
    packed = b"".join(gzip.compress(member) for member in members)
    gunzip = Gunzip(block)
    blocks = [each for at in range(0, len(packed), piece) for each in gunzip.decode(packed[at : at + piece])]
    gunzip.finish()
    assert b"".join(blocks) == b"".join(members)
    assert max(map(len, blocks), default=0) <= block


@given(st.binary(min_size=1, max_size=500), st.data())
def test_gunzip_notices_what_is_cut_off(content: bytes, data: st.DataObject) -> None:
    packed = gzip.compress(content)
    cut = data.draw(st.integers(1, len(packed) - 1))
    gunzip = Gunzip(1000)
    assert content.startswith(b"".join(gunzip.decode(packed[:cut])))
    with pytest.raises(TransportError, match="ended inside"):
        gunzip.finish()


def test_gunzip_refuses_what_is_none() -> None:
    with pytest.raises(TransportError, match="no valid gzip"):
        list(Gunzip(1000).decode(zlib.compress(b"x")))


@given(st.lists(st.one_of(st.binary(max_size=100), st.integers(1, 300_000).map(bytes)), max_size=8))
def test_digests_are_those_of_hashlib(blocks: list[bytes]) -> None:
    digests = Digests(["sha256", "sha512"])
    for block in blocks:
        digests.update(block)
    whole = b"".join(blocks)
    wanted = {name: hashlib.new(name, whole).hexdigest() for name in ("sha256", "sha512")}
    assert digests.finish() == wanted


@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
def test_a_thread_that_is_waited_for_is_waited_for_again_after_ctrl_c() -> None:
    go_on = threading.Event()

    def work(block: bytes) -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        go_on.wait(PATIENCE)
        hashlib.sha512(bytes(20_000_000))

    lane = Lane("tc-interrupted", work)
    gc.disable()  # Python drops an interrupt that comes inside a callback of the collector, such as Hypothesis has
    try:
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - wherever it comes
            lane.put(b"x")
            lane.settle()
    finally:
        gc.enable()
    go_on.set()
    lane.close()
    assert transfer_threads() == []


@given(st.binary(max_size=100), st.integers(1, 7))
def test_a_writer_may_take_a_part_at_a_time(data: bytes, most: int) -> None:
    class Lazy(io.BytesIO):
        def write(self, data: Any, /) -> int:
            return super().write(data[:most])

    writer = Lazy()
    write_all(writer, data)
    assert writer.getvalue() == data


@pytest.mark.parametrize("result", [None, True, False, "written", 1000])
def test_a_writer_may_return_anything(result: object) -> None:
    written: list[bytes] = []

    class Writer:
        def write(self, data: bytes, /) -> object:
            written.append(bytes(data))
            return result

    write_all(Writer(), DATA)
    assert written == [DATA]


@pytest.mark.parametrize("count", [0, None])
def test_a_raw_file_that_is_full_and_does_not_wait_is_an_error(count: int | None) -> None:
    class Full(io.RawIOBase):
        def write(self, data: Any, /) -> int | None:
            return count

    with pytest.raises(BlockingIOError, match="to: takes no more bytes"):
        write_all(Full(), DATA)
