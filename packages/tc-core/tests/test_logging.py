"""What tc_core writes to its log."""

from __future__ import annotations

import logging
import re

import pytest
from flavours import Flavour, every_flavour
from sample import AsyncSample, Sample
from wire import Wire, answer, error, reset

from tc_core import Credentials, NotFound, Retry, TaskclusterError

CREDENTIALS = Credentials("a/client", "a-secret-token").create_temp_creds(ttl=3600, scopes=["a:secret-scope"])
ANSWER = answer(200, {"value": "a-secret-answer"}, {"X-For-Request-Id": "r1", "X-Other": "a-secret-header"})


@every_flavour
async def test_each_try_is_one_debug_line(flavour: Flavour, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "tc_core")
    with Wire(error(500, "InternalServerError", "no"), reset, ANSWER) as wire:
        retry = Retry(delay=0)
        async with flavour.make(
            Sample, AsyncSample, wire.url, credentials=CREDENTIALS, retry=retry, trace_id="t1"
        ) as sample:
            await sample.putThing("a b", {"value": "a-secret-payload"})
    url = re.escape(f"{wire.url}/api/sample/v1/things/a%20b")
    lines = [record.getMessage() for record in caplog.records]
    for line, (outcome, attempt, request_id) in zip(
        lines, [("500", 1, "-"), ("TransportError", 2, "-"), ("200", 3, "r1")], strict=True
    ):
        expected = rf"PUT {url} -> {outcome} in \d+ ms, attempt {attempt}, request id {request_id}"
        assert re.fullmatch(expected, line)
    assert {(record.name, record.levelname) for record in caplog.records} == {("tc_core", "DEBUG")}


@every_flavour
async def test_an_answer_that_cannot_be_taken_in_has_its_line_too(
    flavour: Flavour, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "tc_core")
    with Wire(answer(200, b"x", {"Content-Encoding": "br"})) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            with pytest.raises(TaskclusterError, match="'br'"):
                await sample.thing("one")
    assert [" -> TaskclusterError in " in record.getMessage() for record in caplog.records] == [True]


@every_flavour
async def test_no_header_payload_or_secret_is_logged_by_anybody(
    flavour: Flavour, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Wire(ANSWER, error(404, "ResourceNotFound", "no")) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, credentials=CREDENTIALS) as sample:
            await sample.putThing("one", {"value": "a-secret-payload"})
            with pytest.raises(NotFound):
                await sample.request("GET", "api/sample", query={"a": 1, "bewit": "a-secret-bewit"})
    ours = [record.getMessage() for record in caplog.records if record.name == "tc_core"]
    assert len(ours) == 2
    assert not [line for line in ours if "secret" in line or "Hawk" in line]
    assert "/api/sample?a=1&bewit=[redacted] -> 404" in ours[1]
    # Below us httpcore logs the headers of answers, not those of requests.
    everything = caplog.text.replace("a-secret-header", "")
    for secret in ("secret", "Hawk", CREDENTIALS.access_token, CREDENTIALS.certificate or ""):
        assert secret not in everything


@every_flavour
async def test_nothing_is_logged_above_debug_when_all_is_well(
    flavour: Flavour, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with Wire(answer(500), ANSWER) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=Retry(delay=0)) as sample:
            await sample.thing("one")
    assert caplog.records == []
