"""What an answer that is no success becomes."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any, cast

import pytest
from clock import Clock
from flows import PING, answer, follow, make_session
from hypothesis import example, given
from hypothesis import strategies as st

import tc_core
from tc_core import (
    APIError,
    AuthenticationFailed,
    BadRequest,
    Conflict,
    CredentialsExpired,
    FailedDependency,
    Gone,
    InsufficientScopes,
    NotAcceptable,
    NotFound,
    Response,
    Retry,
    ServerError,
    TaskclusterError,
    TimedOut,
    TooManyRequests,
    TransportError,
)
from tc_core._flow import retry_after

ANSWERS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "vectors/errors.json").read_text("utf-8")
)["answers"]

CLASSES: dict[int, type[APIError]] = {
    400: BadRequest,
    401: AuthenticationFailed,
    402: APIError,
    403: InsufficientScopes,
    404: NotFound,
    405: APIError,
    406: NotAcceptable,
    409: Conflict,
    410: Gone,
    418: APIError,
    424: FailedDependency,
    429: TooManyRequests,
    431: APIError,
    500: ServerError,
    502: ServerError,
    503: ServerError,
    504: ServerError,
    599: ServerError,
}

WITHOUT_CODE = {
    "auth/client-slash-not-encoded": (None, "Not found"),
    "auth/431": (None, "the service answered 431 without saying why"),
    "auth/malformed-percent": (None, "<html>\r\n<head><title>400 Bad Request</title></head>"),
    "queue/get-artifact-error": ("file-missing-on-worker", "no such file"),
    "web-server/404": (None, "<!DOCTYPE html>"),
}


def error_of(response: Response) -> APIError:
    error = follow(make_session(Clock(), retry=Retry(retries=0)), [response]).error
    assert isinstance(error, APIError)
    return error


def as_sent(body: object) -> bytes:
    return b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()


def without_request_info(body: Any) -> Any:
    if not isinstance(body, dict):
        return body or ""
    fields = cast("dict[str, Any]", body)
    return {key: value for key, value in fields.items() if key != "requestInfo"}


@pytest.mark.parametrize("status", CLASSES)
def test_each_status_has_its_class(status: int) -> None:
    assert type(error_of(answer(status))) is CLASSES[status]


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case["id"])
def test_errors_of_a_real_deployment_are_read(case: dict[str, Any]) -> None:
    error = error_of(Response(case["status"], case["headers"], as_sent(case["body"])))
    assert type(error) is CLASSES[case["status"]]
    if case["id"] in WITHOUT_CODE:
        code, message = WITHOUT_CODE[case["id"]]
        assert error.code == code
        assert error.message.startswith(message)
    else:
        assert error.code == case["body"]["code"]
        assert error.message == case["body"]["message"].split("\n\n---\n\n")[0].strip()
    assert error.body == without_request_info(case["body"])


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[1]", b"null", b"5", b'"text"', b"{}", b'{"message": null}', b'{"code": {"a": 1}}'),
        *(b"{", b"\xff\xfe", b"[" * 5000, b"[" * 300 + b"]" * 300, b"[" * 900 + b"]" * 900),
    ],
)
def test_any_body_makes_an_error(body: bytes) -> None:
    error = error_of(Response(500, {}, body))
    assert isinstance(error, ServerError)
    assert str(error).startswith("queue.ping: 500")


@given(st.binary(), st.integers(400, 599))
def test_any_bytes_make_an_error(body: bytes, status: int) -> None:
    assert error_of(Response(status, {}, body)).status == status


def test_an_error_says_what_an_operator_asks_for() -> None:
    error = error_of(
        answer(404, b'{"code": "ResourceNotFound", "message": "No such task"}', x_for_request_id="r-1")
    )
    assert str(error) == "queue.ping: 404 ResourceNotFound: No such task (request id r-1)"
    assert (error.method, error.request_id, error.status) == (PING.method, "r-1", 404)


# Retry-After --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Mon, 04 Mar 2030 05:06:17 GMT", 10.0),
        ("Monday, 04-Mar-30 05:06:17 GMT", 10.0),
        ("Mon Mar  4 05:06:17 2030", 10.0),
        ("Mon, 04 Mar 2030 07:06:17 +0200", 10.0),
        ("Mon, 04 Mar 2030 05:06:00 GMT", 0.0),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("\u0661", None),
        ("9" * 5000, None),
        ("Mon, 04 Mar 99999999999999999999 05:06:17 GMT", None),
    ],
)
def test_retry_after_is_read(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, Clock().now) == seconds


@given(st.datetimes(timezones=st.timezones() | st.none()), st.datetimes(timezones=st.just(UTC)))
def test_a_date_in_retry_after_is_never_in_the_past(date: datetime, now: datetime) -> None:
    assert (retry_after(format_datetime(date), now.timestamp()) or 0.0) >= 0.0


@example("0\x1f")  # a blank to str.strip, and none to float
@given(
    st.text(st.characters(max_codepoint=255))
    | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,20} Mar [0-9]+ [0-9:]+ [-+A-Z0-9]+")
)
def test_any_retry_after_is_read_or_passed_over(value: str) -> None:
    assert (retry_after(value, 0.0) or 0.0) >= 0.0


# The tree -----------------------------------------------------------------------------------------------------


def test_one_class_stands_for_all_errors_of_a_call() -> None:
    names = ["APIError", "CredentialsExpired", "TransportError", "VerificationFailed"]
    ours = [each for each in TaskclusterError.__subclasses__() if each.__module__.startswith("tc_core.")]
    assert sorted(each.__name__ for each in ours) == names
    assert {each for each in CLASSES.values() if each is not APIError} == set(APIError.__subclasses__())
    assert issubclass(TimedOut, TransportError)
    assert issubclass(CredentialsExpired, ValueError)


@pytest.mark.parametrize("status", CLASSES)
def test_api_errors_survive_pickling(status: int) -> None:
    body = b'{"code": "Some", "message": "Text", "details": [1, {"a": null}]}'
    error = error_of(answer(status, body, x_for_request_id="r-1", retry_after="99"))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error)


@pytest.mark.parametrize(
    "error", [TransportError("lost"), TransportError("refused", sent=False), TimedOut("late")]
)
def test_transport_errors_survive_pickling(error: TransportError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.sent) == (type(error), str(error), error.sent)


def test_every_error_class_is_public() -> None:
    for error in [*CLASSES.values(), TaskclusterError, TransportError, TimedOut, CredentialsExpired]:
        assert getattr(tc_core, error.__name__) is error
