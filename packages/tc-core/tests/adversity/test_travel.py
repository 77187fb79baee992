"""What a server decodes from requests, whatever was passed; and that it was signed so."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote

import mohawk
import pytest
from flavours import AIOHTTP, ASYNCIO, SYNC, TRIO, Flavour
from hypothesis import given
from hypothesis import strategies as st
from wire import Received, Wire, answer

from tc_core import AsyncClient, Client, Credentials
from tc_core.service import AsyncService, Endpoint, Service

CREDENTIALS = Credentials("project/demo/ci", "a-secret-token")
KEY = {"id": CREDENTIALS.client_id, "key": CREDENTIALS.access_token, "algorithm": "sha256"}

_put: Endpoint[Any] = Endpoint("sample", "v1", "put", "PUT", "/one/<first>/two/<second>", payload=True)


class Any1(Service):
    """The sync form."""

    def put(self, args: tuple[Any, ...], query: Mapping[str, Any], payload: object) -> Any:
        return self._call(_put, args, query, payload)


class AsyncAny1(AsyncService):
    """The async form."""

    async def put(self, args: tuple[Any, ...], query: Mapping[str, Any], payload: object) -> Any:
        return await self._call(_put, args, query, payload)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SEGMENTS = TEXT.filter(lambda text: text not in ("", ".", "..")) | st.integers(-(10**6), 10**6)
DATES = st.datetimes(
    min_value=datetime(1000, 1, 2),
    max_value=datetime(9999, 12, 30),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)
QUERIES = st.fixed_dictionaries(
    {},
    optional={name: TEXT | st.integers() | st.booleans() | DATES | st.none() for name in ("a", "b b", "ü")},
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(TEXT, children, max_size=4),
    max_leaves=12,
)

flavours = pytest.mark.parametrize("flavour", [SYNC, ASYNCIO, TRIO, AIOHTTP], ids=str)


@flavours
def test_a_server_decodes_what_was_passed(flavour: Flavour) -> None:
    @given(
        args=st.tuples(SEGMENTS, SEGMENTS),
        query=QUERIES,
        payload=JSON.filter(lambda value: value is not None),
    )
    def check(args: tuple[Any, ...], query: dict[str, Any], payload: object) -> None:
        flavour.run(partial(put, args, query, payload))
        request = wire.requests[-1]
        path, _, encoded = request.target.partition("?")
        segments = [unquote(segment, errors="strict") for segment in path.split("/")]
        assert segments == ["", "api", "sample", "v1", "one", str(args[0]), "two", str(args[1])]
        pairs = parse_qsl(encoded, keep_blank_values=True, strict_parsing=bool(encoded), errors="strict")
        assert pairs == [(name, in_query(value)) for name, value in query.items() if value is not None]
        assert same(json.loads(request.body.decode()), payload)
        verify(request, wire.url)

    async def put(args: tuple[Any, ...], query: dict[str, Any], payload: object) -> None:
        async with flavour.make(Any1, AsyncAny1, wire.url, credentials=CREDENTIALS) as service:
            assert await service.put(args, query, payload) == {}

    with Wire(otherwise=answer()) as wire:
        check()


# All that might be in a path, but ";", which mohawk's server side takes for the end of it.
CHARACTERS = "aZ09._~!$&'()*+,=:@%/-?{}|\\^`\"<>[] #é\n"


@flavours
def test_a_path_that_is_accepted_for_a_request_is_sent_as_it_stands_and_signed_so(flavour: Flavour) -> None:
    @given(path=st.text(CHARACTERS, max_size=15))
    def check(path: str) -> None:
        before = len(wire.requests)
        with suppress(ValueError):
            flavour.run(partial(get, path))
            assert wire.requests[-1].target == (path if path.startswith("/") else f"/{path}")
            verify(wire.requests[-1], wire.url)
            return
        assert len(wire.requests) == before

    async def get(path: str) -> None:
        async with flavour.make(Client, AsyncClient, wire.url, credentials=CREDENTIALS) as client:
            assert (await client.request("GET", path)).status == 200

    with Wire(otherwise=answer()) as wire:
        check()


def test_a_root_url_that_is_accepted_is_sent_as_it_stands_and_signed_so() -> None:
    @given(path=st.text(CHARACTERS, max_size=15))
    def check(path: str) -> None:
        root_url = f"{wire.url}/{path}"
        before = len(wire.requests)
        with suppress(ValueError):
            with Client(root_url, credentials=CREDENTIALS) as client:
                client.request("GET", "api/x", query={"y": 1})
            assert wire.requests[-1].target == root_url.removeprefix(wire.url).rstrip("/") + "/api/x?y=1"
            verify(wire.requests[-1], wire.url)
            return
        assert len(wire.requests) == before

    with Wire(otherwise=answer()) as wire:
        check()


def in_query(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        utc = value.astimezone(UTC)
        return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}Z".rjust(24, "0")
    return str(value)


def same(found: object, expected: object) -> bool:
    """Compare JSON values as strictly as a server might: True is not 1, and -0.0 is not 0.0."""
    return repr(found) == repr(expected) and found == expected


def verify(request: Received, url: str) -> None:
    """Let mohawk's server side, which is not what signed, read the signature."""
    options: dict[str, Any] = {"accept_untrusted_content": True}
    if request.body:
        options = {"content": request.body, "content_type": "application/json"}
    if request.target.endswith("?"):
        return  # mohawk's server side leaves it out
    lookup: Callable[[str], dict[str, str]] = lambda _: KEY  # noqa: E731
    mohawk.Receiver(
        lookup,
        request.headers["authorization"],
        url + request.target,
        request.verb,
        **options,
    )
