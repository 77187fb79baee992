"""Content codings of answers, and how much of an answer is taken in."""

from __future__ import annotations

import functools
import gzip
import json
import tracemalloc

import pytest
from flavours import Flavour, every_flavour
from hypothesis import given
from hypothesis import strategies as st
from sample import AsyncSample, Sample
from wire import Wire, answer

from tc_core import BadRequest, Retry, TaskclusterError, TransportError
from tc_core._drivers.body import BodyReader

VALUE = {"text": "ü" * 100_000}
PACKED = gzip.compress(json.dumps(VALUE).encode())
ONCE_MORE = Retry(retries=1, delay=0)
GZIP = {"Content-Encoding": "gzip"}
OK = answer(200, {"ok": True})


@every_flavour
async def test_gzip_is_asked_for_and_undone(flavour: Flavour) -> None:
    with Wire(answer(200, PACKED, GZIP), OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            assert await sample.thing("one") == VALUE
            assert await sample.thing("two") == {"ok": True}
    assert wire.requests[0].headers["accept-encoding"] == "gzip"
    assert wire.accepted == 1


@every_flavour
@pytest.mark.parametrize("coding", ["GZIP", "x-gzip", " gzip", "identity", ""])
async def test_other_spellings_of_a_known_coding_are_understood(flavour: Flavour, coding: str) -> None:
    body = PACKED if "gzip" in coding.lower() else json.dumps(VALUE).encode()
    with Wire(answer(200, body, {"Content-Encoding": coding})) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            assert await sample.thing("one") == VALUE


@every_flavour
async def test_gzip_in_several_members_and_chunks_is_undone(flavour: Flavour) -> None:
    body = gzip.compress(b'{"a":') + gzip.compress(b"1}")
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Wire(head + chunks) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            assert await sample.thing("one") == {"a": 1}


@every_flavour
async def test_an_empty_body_needs_no_gzip(flavour: Flavour) -> None:
    with Wire(answer(200, b"", GZIP), answer(204, b"", GZIP)) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            await sample.deleteThing("one")
            await sample.deleteThing("two")


@every_flavour
async def test_an_error_in_gzip_is_read(flavour: Flavour) -> None:
    body = gzip.compress(b'{"code": "InputError", "message": "no"}')
    with Wire(answer(400, body, GZIP)) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            with pytest.raises(BadRequest, match=r"400 InputError: no$"):
                await sample.thing("one")


@every_flavour
@pytest.mark.parametrize(
    "body", [PACKED[:-1], PACKED[:50], b"no gzip", PACKED + b"more", PACKED[:-8] + b"\0" * 8]
)
async def test_gzip_that_is_cut_short_or_damaged_is_a_lost_answer(flavour: Flavour, body: bytes) -> None:
    damaged = answer(200, body, GZIP)
    with Wire(damaged, OK, damaged, damaged) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=ONCE_MORE) as sample:
            assert await sample.thing("one") == {"ok": True}
            with pytest.raises(TransportError, match="gzip"):
                await sample.thing("two")
        wire.wait_until_all_closed()


@every_flavour
async def test_a_coding_that_was_not_asked_for_is_an_error_that_names_it(flavour: Flavour) -> None:
    with Wire(answer(200, b"\x0b\x02\x80{}\x03", {"Content-Encoding": "br"}), OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, max_connections=1) as sample:
            with pytest.raises(TaskclusterError, match="content coding 'br'"):
                await sample.thing("one")
            assert await sample.thing("two") == {"ok": True}
        wire.wait_until_all_closed()


@every_flavour
@pytest.mark.parametrize("coding", ["gzip", "identity"])
async def test_an_answer_beyond_the_limit_is_an_error_and_is_not_taken_in(
    flavour: Flavour, coding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tc_core._drivers.exchange.BodyReader", functools.partial(BodyReader, limit=100_000))
    bomb = b"0" * 100_001
    body = gzip.compress(bomb) if coding == "gzip" else bomb
    with Wire(answer(200, body, {"Content-Encoding": coding}), OK) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, max_connections=1) as sample:
            with pytest.raises(TaskclusterError, match="longer than 100000 bytes"):
                await sample.thing("one")
            assert await sample.thing("two") == {"ok": True}
        wire.wait_until_all_closed()
    assert len(wire.requests) == 2


def test_a_gzip_bomb_is_not_unpacked_past_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    reader = BodyReader("gzip", limit=1000)
    tracemalloc.start()
    try:
        with pytest.raises(TaskclusterError, match="longer than 1000 bytes"):
            reader.feed(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


@given(st.binary(max_size=3000), st.integers(1, 500), st.booleans())
def test_a_body_of_exactly_the_limit_is_read_whatever_the_pieces(
    body: bytes, size: int, packed: bool
) -> None:
    data = gzip.compress(body) if packed else body
    reader = BodyReader("gzip" if packed else "", limit=len(body))
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
    assert reader.finish() == body
