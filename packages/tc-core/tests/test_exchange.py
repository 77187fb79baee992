"""Requests and answers in the form in which httpx's transports take and give them."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest
from flavours import Flavour, every_flavour
from hypothesis import given
from hypothesis import strategies as st
from sample import AsyncSample, Sample

from tc_core import Credentials
from tc_core._drivers.exchange import read_headers
from tc_core._endpoint import Endpoint

NAMES = st.sampled_from([b"Date", b"Set-Cookie", b"set-cookie", b"X-Name"])
VALUES = st.sampled_from([b"", b"plain", "größe".encode(), "größe".encode("iso-8859-1")])


@given(st.lists(st.tuples(NAMES, VALUES)))
def test_headers_are_read_as_httpx_reads_them(raw: list[tuple[bytes, bytes]]) -> None:
    answer = httpx.Response(200, headers=raw)
    assert read_headers(answer) == dict(answer.headers.items())


@given(st.text(min_size=1) | st.from_regex(r"[A-Za-z0-9._~-]{22}", fullmatch=True))
def test_path_arguments_are_quoted_as_urllib_quotes_them(text: str) -> None:
    endpoint = Endpoint[object]("sample", "v1", "thing", "GET", "/things/<name>")
    if text not in (".", ".."):
        assert endpoint.resource((text,)) == f"/api/sample/v1/things/{quote(text, safe='')}"


@every_flavour
@pytest.mark.parametrize("payload", [None, {"a": 1}])
async def test_a_transport_that_was_given_gets_what_httpx_clients_would_give_it(
    flavour: Flavour, payload: dict[str, int] | None
) -> None:
    seen: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    transport = httpx.MockTransport(note)
    root = "https://TC.example.com:443/path"
    credentials = Credentials("id", "token")
    async with flavour.make(
        Sample, AsyncSample, root, transport=transport, credentials=credentials
    ) as sample:
        if payload is None:
            await sample.thing("a b")
        else:
            await sample.request("PUT", "api/sample/v1/things/a%20b", query={"x": "1 2"}, payload=payload)
    [request] = seen
    query = "" if payload is None else "?x=1%202"
    body = b"" if payload is None else b'{"a":1}'
    plain = httpx.Request(
        request.method,
        f"https://tc.example.com/path/api/sample/v1/things/a%20b{query}",
        content=body or None,
    )
    assert request.url == plain.url
    assert request.url.raw_path == plain.url.raw_path
    assert request.url.path == "/path/api/sample/v1/things/a b"
    assert request.content == body
    assert {name: request.headers.get(name) for name in plain.headers} == dict(plain.headers)
    if payload is None:
        assert "content-length" not in request.headers
