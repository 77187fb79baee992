"""What becomes of the arguments of a method, and of its answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from flows import answer
from hypothesis import given
from hypothesis import strategies as st

from tc_core import APIError, Response, json_date
from tc_core._endpoint import NOTHING, Endpoint, QueryArgument

ARTIFACT: Endpoint[Any] = Endpoint(
    "queue", "v1", "getArtifact", "GET", "/task/<taskId>/runs/<runId>/artifacts/<name>", answer="redirect"
)
CREATE: Endpoint[Any] = Endpoint("queue", "v1", "createTask", "PUT", "/task/<taskId>", payload=True)
CANCEL: Endpoint[Any] = Endpoint("queue", "v1", "cancelTask", "POST", "/task/<taskId>/cancel")
PING: Endpoint[Any] = Endpoint("queue", "v1", "ping", "GET", "/ping")

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
SEGMENTS = TEXTS.filter(lambda text: text not in (".", ".."))


# Paths --------------------------------------------------------------------------------------------------------


@given(SEGMENTS, st.integers(), SEGMENTS)
def test_a_path_holds_each_argument_in_one_segment(task: str, run: int, name: str) -> None:
    segments = ARTIFACT.resource((task, run, name)).split("/")
    assert [unquote(segment, errors="strict") for segment in segments] == [
        *("", "api", "queue", "v1", "task", task, "runs", str(run), "artifacts", name)
    ]


@given(SEGMENTS, TEXTS)
def test_what_is_sent_is_plain_ascii_with_all_that_is_reserved_encoded(name: str, value: str) -> None:
    path, query = CREATE.resource((name,), {"q": value}).split("?")
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%")
    assert set(path) <= allowed | {"/"}
    assert set(query) <= allowed | {"="}


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("public/logs/live.log", "public%2Flogs%2Flive.log"),
        ("a b+c%20", "a%20b%2Bc%2520"),
        ("it's (a) *!", "it%27s%20%28a%29%20%2A%21"),
        ("caf\u00e9 \u2603", "caf%C3%A9%20%E2%98%83"),
        ("...", "..."),
        ("-._~", "-._~"),
        ("../x", "..%2Fx"),
    ],
)
def test_an_argument_is_encoded_once(value: str, sent: str) -> None:
    assert CREATE.resource((value,)) == f"/api/queue/v1/task/{sent}"


@pytest.mark.parametrize("value", ["", ".", ".."])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_would_name_another_path_is_refused(value: str, place: int) -> None:
    args: list[str | int] = ["task", 0, "name"]
    args[place] = value
    name = ("taskId", "runId", "name")[place]
    with pytest.raises(ValueError, match=rf"^{name}: is '{value}', which cannot stand in a path"):
        ARTIFACT.resource((args[0], args[1], args[2]))


@pytest.mark.parametrize("value", [None, True, 1.5, b"a", ["a"], {}])
def test_other_types_cannot_stand_in_a_path(value: Any) -> None:
    with pytest.raises(TypeError, match=rf"^taskId: {type(value).__name__} cannot stand in a path"):
        CREATE.resource((value,))


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^taskId: has a lone surrogate"):
        CREATE.resource(("\ud800",))
    with pytest.raises(ValueError, match=r"^limit: has a lone surrogate"):
        PING.resource((), {"limit": "\ud800"})


# Queries ------------------------------------------------------------------------------------------------------


@given(st.dictionaries(TEXTS, TEXTS | st.integers(), max_size=4))
def test_a_query_is_read_back_in_its_order(query: dict[str, QueryArgument]) -> None:
    resource = PING.resource((), query)
    assert parse_qsl(resource.partition("?")[2], strict_parsing=bool(query)) == [
        (name, str(value)) for name, value in query.items()
    ]


def test_what_is_none_is_left_out_and_what_is_empty_is_not() -> None:
    assert PING.resource((), {"a": None}) == "/api/queue/v1/ping"
    assert PING.resource((), {"a": None, "b": "", "c": 0}) == "/api/queue/v1/ping?b=&c=0"


def test_booleans_and_dates_are_written_as_javascript_does() -> None:
    date = datetime(2030, 1, 2, 3, 4, 5, 678901, timezone(timedelta(hours=2)))
    assert PING.resource((), {"a": True, "b": False, "c": date}) == (
        "/api/queue/v1/ping?a=true&b=false&c=2030-01-02T01%3A04%3A05.678Z"
    )
    assert json_date(date) == "2030-01-02T01:04:05.678Z"


def test_a_naive_date_is_refused_by_the_name_of_its_argument() -> None:
    with pytest.raises(ValueError, match=r"^lastActive: is a naive datetime; give it a time zone"):
        PING.resource((), {"lastActive": datetime(2030, 1, 1)})


@pytest.mark.parametrize("value", [1.5, b"a", ["a"], {}, datetime.now(UTC).date()])
def test_other_types_cannot_stand_in_a_query(value: Any) -> None:
    with pytest.raises(TypeError, match=rf"^limit: {type(value).__name__} cannot stand in a query"):
        PING.resource((), {"limit": value})


# Payloads -----------------------------------------------------------------------------------------------------


def test_a_payload_is_sent_as_json() -> None:
    call = CREATE.call(("a",), None, {"name": "caf\u00e9", "at": datetime(2030, 1, 1, tzinfo=UTC)})
    assert call.body == '{"name":"caf\u00e9","at":"2030-01-01T00:00:00.000Z"}'.encode()
    assert call.content_type == "application/json"


def test_an_empty_payload_is_sent_too() -> None:
    assert CREATE.call(("a",), None, {}).body == b"{}"


def test_without_an_input_neither_body_nor_content_type_is_sent() -> None:
    call = CANCEL.call(("a",), None, NOTHING)
    assert (call.body, call.content_type) == (None, None)


@pytest.mark.parametrize("payload", [None, NOTHING])
def test_a_missing_payload_is_refused(payload: Any) -> None:
    with pytest.raises(TypeError, match=r"^payload: queue\.createTask needs one; pass a dict"):
        CREATE.call(("a",), None, payload)


def test_what_is_no_json_is_refused_by_its_path() -> None:
    with pytest.raises(TypeError, match=r"^payload\.tags\[1\]\.x: set is not JSON"):
        CREATE.call(("a",), None, {"tags": [{}, {"x": {1}}]})


def test_a_call_keeps_what_the_reference_says() -> None:
    call = Endpoint[None]("notify", "v1", "email", "POST", "/email", payload=True, repeatable=False).call(
        (), None, {}
    )
    assert (call.method, call.verb, call.resource) == ("notify.email", "POST", "/api/notify/v1/email")
    assert call.repeatable is False
    assert PING.call((), None, NOTHING).repeatable is True


# Answers ------------------------------------------------------------------------------------------------------


def endpoint_with(answer: Any) -> Endpoint[Any]:
    return Endpoint("queue", "v1", "method", "GET", "/method", answer=answer)


@pytest.mark.parametrize("status", [200, 201, 202, 303])
def test_json_is_read_whatever_the_status_of_a_success(status: int) -> None:
    assert endpoint_with("json").read(answer(status, b'{"a": [1, null]}')) == {"a": [1, None]}


def test_text_is_read_as_utf8() -> None:
    assert endpoint_with("text").read(answer(200, "<svg>\u2603</svg>".encode())) == "<svg>\u2603</svg>"


@pytest.mark.parametrize("response", [answer(204, b""), answer(200, b"{}"), answer(200, b"OK")])
def test_an_answer_that_says_nothing_is_none(response: Response) -> None:
    assert endpoint_with("none").read(response) is None


def test_a_redirect_is_read_as_its_location() -> None:
    response = answer(303, b"See Other", location="https://store.example.com/x?sig=1")
    assert ARTIFACT.read(response) == "https://store.example.com/x?sig=1"


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a": ', b"\xff"])
def test_an_answer_that_is_no_json_is_an_error_with_its_status(body: bytes) -> None:
    with pytest.raises(
        APIError, match=r"^queue\.method: 200: the answer is not JSON \(request id r-1\)$"
    ) as caught:
        endpoint_with("json").read(answer(200, body, x_for_request_id="r-1"))
    assert (caught.value.status, caught.value.method) == (200, "queue.method")


def test_a_redirect_without_a_location_is_an_error() -> None:
    with pytest.raises(APIError, match=r"^queue\.getArtifact: 303: the answer has no Location header$"):
        ARTIFACT.read(answer(303))
