"""The arguments of low-level requests."""

from __future__ import annotations

import re
import string
from typing import Any

import httpx
import pytest
from clock import Clock
from flows import ROOT, make_session
from hypothesis import given
from hypothesis import strategies as st

from tc_core._endpoint import NOTHING
from tc_core._request import request_call

# All that RFC 3986 lets stand in a path or query as it is, and percent-encoded octets.
CHARACTERS = st.sampled_from([*string.ascii_letters, *string.digits, *"-._~!$&'()*+,;=:@/", "%2F", "%e9"])
ABSOLUTE = re.compile("([A-Za-z][A-Za-z0-9+.-]*:)?//")
PATHS = (
    st.lists(CHARACTERS, min_size=1)
    .map("".join)
    .filter(lambda path: not ABSOLUTE.match(path) and not {".", ".."} & set(path.split("/")))
)
QUERIES = st.lists(CHARACTERS | st.just("?")).map("".join)


def test_a_slash_alone_is_the_root_of_the_deployment() -> None:
    assert request_call("GET", "/", None, NOTHING).resource == "/"


@pytest.mark.parametrize("path", ["api/queue/v1/ping", "/api/queue/v1/ping"])
def test_a_path_is_below_the_root_url_with_or_without_a_slash(path: str) -> None:
    call = request_call("GET", path, None, NOTHING)
    assert (call.verb, call.resource, call.body, call.content_type) == (
        "GET",
        "/api/queue/v1/ping",
        None,
        None,
    )
    assert call.method == "GET /api/queue/v1/ping"


@given(PATHS, st.none() | QUERIES)
def test_what_is_given_is_what_is_signed_and_sent(path: str, query: str | None) -> None:
    given = path if query is None else f"{path}?{query}"
    call = request_call("GET", given, None, NOTHING)
    assert call.resource.removeprefix("/") == given.removeprefix("/")
    url = make_session(Clock()).request(call, None, "tests/1.0").url
    assert url == ROOT + call.resource
    assert httpx.URL(url).raw_path.decode() == call.resource


def test_a_query_is_encoded_and_added_to_one_in_the_path() -> None:
    query = {"a b": "c/d", "left-out": None, "yes": True}
    assert request_call("GET", "x", query, NOTHING).resource == "/x?a%20b=c%2Fd&yes=true"
    assert request_call("GET", "x?limit=1", query, NOTHING).resource == "/x?limit=1&a%20b=c%2Fd&yes=true"
    assert request_call("GET", "x", {"a": None}, NOTHING).resource == "/x"


def test_a_verb_is_sent_in_upper_case() -> None:
    assert request_call("patch", "x", None, NOTHING).verb == "PATCH"


@pytest.mark.parametrize(("payload", "body"), [({}, b"{}"), ([1], b"[1]"), (None, b"null"), ("a", b'"a"')])
def test_any_json_can_be_a_payload(payload: object, body: bytes) -> None:
    call = request_call("POST", "x", None, payload)
    assert (call.body, call.content_type) == (body, "application/json")


def test_errors_name_the_path_without_its_query() -> None:
    assert request_call("GET", "x?bewit=secret", {"b": 1}, NOTHING).method == "GET /x"


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            "//evil.example.com/x",
            "https://evil.example.com/x",
            "a b",
            "a\n",
            "caf\u00e9",
            'a"b',
            "a<b",
            "a#b",
        ),
        *("a\\b", "a^b", "a`b", "a{b}", "a|b", "a[b]", "?a=1", "a?b=\u2603", None, 5, b"x"),
        *(".", "..", "a/../b", "/./a", "a/..?x=1"),
    ],
)
def test_a_path_that_would_be_sent_otherwise_or_elsewhere_is_refused(path: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^path: "):
        request_call("GET", path, None, NOTHING)


@pytest.mark.parametrize("verb", ["", "GET ", "G\u00c9T", "GET\r\nX: 1", None, 5])
def test_a_verb_that_is_none_is_refused(verb: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^verb: must be an HTTP verb such as 'GET'"):
        request_call(verb, "x", None, NOTHING)


def test_a_payload_and_a_query_are_checked_as_in_any_call() -> None:
    with pytest.raises(TypeError, match=r"^payload\.a: object is not JSON"):
        request_call("POST", "x", None, {"a": object()})
    query: Any = {"a": []}
    with pytest.raises(TypeError, match=r"^a: list cannot stand in a query"):
        request_call("POST", "x", query, NOTHING)
