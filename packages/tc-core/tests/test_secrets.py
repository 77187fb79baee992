"""Access tokens, certificates, bewits and Authorization headers show up nowhere but where they are meant to be."""

from __future__ import annotations

import dataclasses
import functools
import html
import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from clock import Clock
from flavours import Flavour, every_flavour
from flows import PING, ROOT, Outcome, answer, follow, make_session
from sample import AsyncSample, Sample

from tc_core import APIError, AsyncClient, Client, Credentials, Response, Retry, TransportError
from tc_core._endpoint import Call
from tc_core._errors import redact
from tc_core._request import request_call

ACCESS_TOKEN = "canary-of-the-access-token"
PERMANENT = Credentials("project/demo/ci", ACCESS_TOKEN)
TEMPORARY = PERMANENT.create_named_temp_creds(
    "demo/temp", ttl=3600, scopes=["canary-of-the-certificate"], clock=Clock()
)
CERTIFICATE = json.loads(TEMPORARY.certificate or "")


def secrets(credentials: Credentials) -> Iterator[str]:
    yield credentials.access_token
    if credentials.certificate:
        yield from (CERTIFICATE["signature"], CERTIFICATE["seed"], "canary-of-the-certificate")


def assert_clean(text: str, *more: str) -> None:
    for credentials in (PERMANENT, TEMPORARY):
        for secret in (*secrets(credentials), *more):
            assert secret not in text
    assert "mac=" not in text


both_credentials = pytest.mark.parametrize(
    "credentials", [PERMANENT, TEMPORARY], ids=["permanent", "temporary"]
)


# repr and str -------------------------------------------------------------------------------------------------


@both_credentials
@pytest.mark.parametrize("kind", [Client, AsyncClient, Sample, AsyncSample])
def test_clients_show_whose_they_are_but_no_secret(kind: Any, credentials: Credentials) -> None:
    client: Any = kind(ROOT, credentials=credentials, clock=Clock())
    for text in (repr(client), str(client), f"{client}", repr([client]), str(client.__dict__)):
        assert_clean(text)
    assert repr(credentials.client_id) in repr(client)


@dataclasses.dataclass
class Vault:
    """A provider as users write them: its own repr shows what it opens the vault with."""

    password: str

    def __call__(self) -> Credentials:
        return PERMANENT


def ask_vault(password: str) -> Credentials:
    return Vault(password)()


@pytest.mark.parametrize(
    "provider",
    [Vault("canary"), functools.partial(ask_vault, "canary"), Vault("canary").__call__],
    ids=["dataclass", "partial", "method"],
)
def test_providers_are_not_shown(provider: Callable[[], Credentials]) -> None:
    assert "canary" in repr(provider)
    assert repr(Client(ROOT, credentials=provider)) == f"Client({ROOT!r}, credentials from a provider)"


@both_credentials
def test_requests_show_no_signature(credentials: Credentials) -> None:
    [send] = follow(make_session(Clock(), credentials), [answer()]).sends
    authorization = send.request.headers["authorization"]
    assert authorization.startswith("Hawk ")
    assert_clean(repr(send), authorization)
    assert_clean(str(send.request), authorization)


@both_credentials
def test_requests_show_no_bewit(credentials: Credentials) -> None:
    url = SIGNED_URLS[credentials]
    call = Call(method="GET /x", verb="GET", resource=url.removeprefix(ROOT))
    [send] = follow(make_session(Clock()), [answer()], call=call).sends
    assert send.request.url == url
    assert_clean(repr(send) + str(send.request) + send.request.name, url.split("bewit=")[1])


@pytest.mark.parametrize("kind", [Client, AsyncClient, Sample, AsyncSample])
@both_credentials
def test_clients_are_not_pickled(kind: Any, credentials: Credentials) -> None:
    with pytest.raises(TypeError, match=rf"^{kind.__name__} cannot be pickled") as caught:
        pickle.dumps(kind(ROOT, credentials=credentials, clock=Clock()))
    assert_clean(str(caught.value))


def test_answers_show_neither_headers_nor_body() -> None:
    response = Response(303, {"location": "https://tc.example.com/x?bewit=canary"}, b"canary")
    assert repr(response) == "Response(status=303, 6 bytes)"


# Errors -------------------------------------------------------------------------------------------------------


def everything_of(error: BaseException) -> str:
    """What a report of an error may hold: its parts, its causes and contexts, their parts, and local variables."""
    texts: list[str] = []
    pending, seen = [error], set[int]()
    while pending:
        each = pending.pop()
        seen.add(id(each))
        texts += [repr(each), str(each), repr(vars(each)), repr(each.args), str(getattr(each, "doc", ""))]
        causes = (each.__cause__, each.__context__)
        pending += [cause for cause in causes if cause is not None and id(cause) not in seen]
    texts += traceback.format_exception(error)
    return "\n".join(texts)


def echo(credentials: Credentials) -> Iterator[tuple[str, Outcome]]:
    """Answers of a service, or a proxy before it, that repeats the request it got."""
    header, url, token = HEADERS[credentials], SIGNED_URLS[credentials], credentials.access_token
    for name, secret in (
        ("header", header),
        ("token", token),
        ("url", url),
        ("both", f"see {url} and {header}."),
    ):
        body = {
            "code": "InputError",
            "message": f"bad: {secret}",
            "details": [{"sent": secret}],
            "requestInfo": secret,
        }
        yield f"{name} in JSON", answer(400, json.dumps(body).encode())
        yield f"{name} in text", answer(502, f"<pre>{secret}</pre>".encode())
        yield f"{name} in JSON in text", answer(500, f"{{{json.dumps(body)}".encode())
        yield f"{name} in HTML", answer(503, f"<pre>{html.escape(secret)}</pre>".encode())


HEADERS = {
    each: make_session(Clock(), each).request(PING, each, "tests/1.0").headers["authorization"]
    for each in (PERMANENT, TEMPORARY)
}
SIGNED_URLS = {each: make_session(Clock()).signed_url("/x", each, 60) for each in (PERMANENT, TEMPORARY)}
ECHOES = [
    pytest.param(credentials, outcome, id=f"{name}, {credentials.client_id}")
    for credentials in (PERMANENT, TEMPORARY)
    for name, outcome in echo(credentials)
]


@pytest.mark.parametrize(("credentials", "outcome"), ECHOES)
def test_what_a_service_repeats_of_a_request_is_redacted(credentials: Credentials, outcome: Outcome) -> None:
    course = follow(make_session(Clock(), credentials, retry=Retry(retries=0)), [outcome])
    assert isinstance(course.error, APIError)
    assert "[redacted]" in str(course.error)
    assert "[redacted]" in str(course.error.body)
    text = everything_of(course.error) + repr(pickle.dumps(course.error))
    bewit = SIGNED_URLS[credentials].split("bewit=")[1]
    assert_clean(text, bewit[:20])


@both_credentials
def test_tracebacks_with_local_variables_show_no_secret_of_the_call_flow(credentials: Credentials) -> None:
    session = make_session(Clock(), credentials, retry=Retry(retries=0))
    for outcome in (answer(500), TransportError("lost")):
        error = follow(session, [outcome]).error
        assert error is not None
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
        frames = [frame for frame in report.stack if "tc_core" in frame.filename]
        assert frames
        assert_clean("".join(str(frame.locals) for frame in frames))


BAD_CREDENTIALS: list[Callable[[], object]] = [
    lambda: Credentials("a", "canary \u00e9"),
    lambda: Credentials("canary\n", "b"),
    lambda: Credentials("a", 'canary"quote'),
    lambda: Credentials("a", "b", "canary, no JSON"),
    lambda: Credentials("a", "b", '{"canary": '),
    lambda: Credentials("a", "b", '{"version": 1, "scopes": "canary"}'),
    lambda: Credentials("a", "b", json.dumps(CERTIFICATE | {"seed": "canary"})),
    lambda: Credentials.from_json({"accessToken": "canary"}),
    lambda: Credentials.from_env({"TASKCLUSTER_ACCESS_TOKEN": "canary"}),
    lambda: PERMANENT.create_named_temp_creds("canary\n", ttl=60, scopes=[]),
    lambda: Client(ROOT, credentials="canary"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    lambda: Client("https://user:canary@tc.example.com"),
    lambda: Client("https://tc.example.com?bewit=canary"),
]


class Lost(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Loses its connection with what it writes at hand, as httpcore's frames have it when a write fails."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            self.write(str(request.headers.raw))
        except OSError as error:
            raise httpx.WriteError("lost") from error
        raise AssertionError

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)

    def write(self, head: str) -> None:
        assert "mac=" in head
        raise BrokenPipeError("gone")


@every_flavour
@both_credentials
async def test_tracebacks_with_local_variables_show_no_secret_of_a_lost_connection(
    flavour: Flavour, credentials: Credentials
) -> None:
    options: dict[str, Any] = {"credentials": credentials, "transport": Lost(), "retry": Retry(retries=0)}
    async with flavour.make(Client, AsyncClient, ROOT, **options) as client:
        with pytest.raises(TransportError, match="lost") as caught:
            await client.request("GET", "api/auth/v1/ping")
    error: BaseException | None = caught.value
    kinds: list[str] = []
    while error is not None:
        kinds.append(type(error).__name__)
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
        assert_clean(" ".join(f"{frame.locals}" for frame in report.stack))
        error = error.__cause__
    assert kinds == ["TransportError", "WriteError", "BrokenPipeError"]


@pytest.mark.parametrize("make", BAD_CREDENTIALS)
def test_errors_about_credentials_do_not_repeat_them(make: Callable[[], object]) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        make()
    error: BaseException | None = caught.value
    shown: list[str] = []
    while error is not None:
        shown += [str(error), repr(vars(error)), str(getattr(error, "doc", ""))]
        error = error.__cause__ or error.__context__
    assert "canary" not in "".join(shown)


def test_errors_about_signatures_that_are_too_long_do_not_repeat_them() -> None:
    scopes = [f"canary-of-a-scope:{number}" for number in range(500)]
    session = make_session(Clock(), TEMPORARY, authorized_scopes=scopes)
    with pytest.raises(ValueError, match="use fewer or shorter scopes") as caught:
        session.request(PING, TEMPORARY, "tests/1.0")
    assert_clean(str(caught.value), "canary")


# The log ------------------------------------------------------------------------------------------------------


@both_credentials
def test_log_records_hold_no_secret_header_or_payload(
    credentials: Credentials, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    clock = Clock()
    url = SIGNED_URLS[credentials]
    bewit = url.split("bewit=")[1]
    call = Call(
        method="PUT /x",
        verb="PUT",
        resource=url.removeprefix(ROOT) + "&after=1",
        body=b'{"secret": "canary-of-the-payload"}',
        content_type="application/json",
    )
    outcomes: list[Outcome] = [
        TransportError("lost"),
        answer(500, url.encode()),
        answer(200, b"canary-of-the-answer"),
    ]
    course = follow(make_session(clock, credentials, trace_id="canary-of-a-header"), outcomes, call=call)
    assert len(course.sends) == len(caplog.records) == 3
    text = "".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    canaries = ("canary-of-the-payload", "canary-of-the-answer", "canary-of-a-header", "Hawk ", bewit)
    assert "bewit=[redacted]&after=1" in text
    for record in caplog.records:
        assert_clean(f"{record.getMessage()} {record.args} {vars(record)}", *canaries)


TRIGGER = "/api/hooks/v1/hooks/a%20group/a-hook/trigger/canary"


@pytest.mark.parametrize("path", ["x?bewit=canary", TRIGGER, f"{TRIGGER}?a=1"])
def test_a_low_level_request_shows_no_secret_of_its_path(path: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    course = follow(make_session(Clock()), [answer(404)], call=request_call("POST", path, None, None))
    assert course.error is not None
    assert len(caplog.records) == 1
    shown = everything_of(course.error) + repr(pickle.dumps(course.error)) + repr(course.sends) + caplog.text
    assert "canary" not in shown


# Redaction ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("https://x/y?bewit=abc", "https://x/y?bewit=[redacted]"),
        ("https://x/y?a=1&bewit=abc&b=2", "https://x/y?a=1&bewit=[redacted]&b=2"),
        ("two: ?bewit=a ?bewit=b", "two: ?bewit=[redacted] ?bewit=[redacted]"),
        ('"?bewit=a"', '"?bewit=[redacted]"'),
        ('Hawk id="a", ts="1", nonce="b", mac="c"', "Hawk [redacted]"),
        ('x: Hawk id="a",mac="c". And so on', "x: Hawk [redacted]. And so on"),
        (r'{"a": "Hawk id=\"a\", mac=\"c\"", "b": 1}', '{"a": "Hawk [redacted]", "b": 1}'),
        ("<p>Hawk id=&quot;a&quot;, mac=&quot;c&quot;</p>", "<p>Hawk [redacted]</p>"),
        ("nothing to hide from the Hawk", "nothing to hide from the Hawk"),
        (f"POST {TRIGGER} was refused", f"POST {TRIGGER.replace('canary', '[redacted]')} was refused"),
        (f"<p>{TRIGGER}</p>", f"<p>{TRIGGER.replace('canary', '[redacted]')}</p>"),
        (r"\/hooks\/a\/b\/trigger\/canary\"", r"\/hooks\/a\/b\/trigger\/[redacted]\""),
        ("/hooks/a/trigger/trigger/canary", "/hooks/a/trigger/trigger/[redacted]"),
        ("/hooks/a/b/trigger of public/trigger/log", "/hooks/a/b/trigger of public/trigger/log"),
    ],
)
def test_redaction_leaves_the_rest_readable(text: str, clean: str) -> None:
    assert redact(text) == clean
    assert redact(clean) == clean


def test_redaction_of_a_long_text_takes_no_longer_than_reading_it() -> None:
    text = 'Hawk id="' + "\\" * 200_000  # a regular expression that looks at each pair of these takes minutes
    assert redact(text) == text
