"""What every method has in common: routes, queries, payloads, errors, and requests that are none."""

from __future__ import annotations

import re
import socket
from urllib.parse import quote, urlsplit

import pytest
from hawk_client import Caller
from hypothesis import given
from hypothesis import strategies as st

from tc_testing import LocalTaskcluster
from tc_testing._app import App
from tc_testing._facts import Method, methods
from tc_testing._handlers import handler_of
from tc_testing._routing import Match, Router

EXPAND = "/api/auth/v1/scopes/expand"
ARGUMENTS = {  # a value of each path argument that its pattern takes
    "taskId": "FAkI05yUSGqRv214J1ZCCA",
    "taskGroupId": "EblUF8c8RmiGgIM_6hTmIw",
    "taskQueueId": "demo%2Fw-1",
    "runId": "0",
    "level": "read-only",
}
ROUTER = Router(methods())


def path_of(method: Method) -> str:
    route = re.sub(r"<(\w+)>", lambda match: ARGUMENTS.get(match[1], "demo"), method.route)
    return f"/api/{method.service}/{method.version}{route}"


@pytest.mark.parametrize("method", methods(), ids=lambda method: f"{method.service}.{method.name}")
def test_every_method_is_found(method: Method) -> None:
    match = ROUTER.match(method.verb, path_of(method))
    assert match is not None
    assert match.method is method
    assert match.params == {name: ARGUMENTS.get(name, "demo").replace("%2F", "/") for name in method.args}


def test_methods_that_are_not_implemented_say_so(tc: LocalTaskcluster, root: Caller) -> None:
    for method in methods():
        if handler_of(method) is None:
            reply = root(method.verb, path_of(method), {} if method.input else None)
            assert (reply.status, reply.code) == (501, "NotImplemented")
            assert f"{method.service}.{method.name}" in reply.message
            assert reply.json["requestInfo"]["method"] == method.name


@pytest.mark.parametrize("service", sorted({method.service for method in methods()}))
def test_common_methods(anonymous: Caller, service: str) -> None:
    ping = anonymous("GET", f"/api/{service}/v1/ping").json
    assert ping["alive"] is True
    assert ping["uptime"] >= 0
    for name in ("__heartbeat__", "__lbheartbeat__"):
        assert anonymous("GET", f"/api/{service}/v1/{name}").json == {}
    version = anonymous("GET", f"/api/{service}/v1/__version__").json
    assert version.keys() == {"version", "commit", "source", "build"}


@given(name=st.text(min_size=1), client_id=st.text(min_size=1))
def test_path_arguments_are_decoded_once(name: str, client_id: str) -> None:
    def found(path: str) -> dict[str, str] | None:
        match = ROUTER.match("GET", path)
        return match and match.params

    encoded = quote(client_id, safe="", errors="surrogatepass")
    assert found(f"/api/auth/v1/clients/{encoded}") == {"clientId": client_id}
    assert found(f"/api/secrets/v1/secret/{quote(name)}") == {"name": name}


def test_a_slash_ends_an_argument_unless_it_takes_the_rest(root: Caller) -> None:
    assert root("GET", "/api/auth/v1/clients/project/demo/ci").json == {"error": "Not found"}
    assert root("GET", "/api/auth/v1/clients/project%2Fdemo%2Fci").code == "ResourceNotFound"
    for slash in ("/", "%2F"):
        reply = root("GET", f"/api/secrets/v1/secret/a{slash}b")
        assert reply.json["requestInfo"]["params"] == {"name": "a/b"}


def test_the_longer_route_wins_where_it_was_declared_first() -> None:
    match = ROUTER.match("PUT", "/api/queue/v1/provisioners/p/worker-types/w/workers/g/i")
    assert isinstance(match, Match)
    assert match.method.name == "quarantineWorker"


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/"),
        ("GET", "/api/auth/v1/nope"),
        ("GET", "/api/auth/v2/ping"),
        ("GET", "/api/nope/v1/ping"),
        ("DELETE", "/api/auth/v1/ping"),
        ("OPTIONS", "/api/auth/v1/nope"),
        ("GET", "//api/auth/v1/ping"),
    ],
)
def test_no_such_route(root: Caller, verb: str, path: str) -> None:
    reply = root(verb, path)
    assert (reply.status, reply.json) == (404, {"error": "Not found"})


@pytest.mark.parametrize(
    "path", ["/api/auth/v1/clients/%ZZ", "/api/auth/v1/clients/%ff", "/api/auth/v1/clients/%"]
)
def test_path_that_is_not_encoded(root: Caller, path: str) -> None:
    reply = root.send("GET", path)
    assert (reply.status, reply.headers["content-type"]) == (400, "text/html")


def test_final_slash_may_be_left_out_or_added(anonymous: Caller) -> None:
    for path in ("ping", "ping/", "clients", "clients/"):
        assert anonymous("GET", f"/api/auth/v1/{path}").status == 200


def test_options_tells_the_verbs(anonymous: Caller) -> None:
    reply = anonymous("OPTIONS", "/api/auth/v1/clients/x")
    assert reply.content == b"GET, HEAD, POST, PUT, DELETE"


def test_head_is_get_without_a_body(root: Caller) -> None:
    get, head = (root(verb, "/api/auth/v1/scopes/current") for verb in ("GET", "HEAD"))
    assert (head.status, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


def test_query_parameters(root: Caller) -> None:
    path = "/api/auth/v1/clients/?"
    for query, message in {
        "colour=red": "Query-string parameter: colour is not supported!",
        "limit=1&limit=2": "Query-string parameter: limit must be a string!",
        "limit=%2D1": "Query-string parameter: limit given as '-1' must match regular expression: '/^[0-9]+$/'",
    }.items():
        reply = root("GET", path + query)
        assert (reply.status, reply.code, reply.message) == (400, "InvalidRequestArguments", message)
    assert root("GET", f"{path}prefix=static%2F&limit=1").status == 200
    assert root("GET", f"{path}prefix=static/&").status == 200


def test_limit_of_0_is_an_internal_error(root: Caller) -> None:
    reply = root("GET", "/api/auth/v1/clients/?limit=0")
    assert (reply.status, reply.code) == (500, "InternalServerError")


def test_path_arguments_that_do_not_fit_are_all_named(root: Caller) -> None:
    reply = root("POST", "/api/queue/v1/task/xyz/schedule")
    assert (reply.status, reply.code) == (400, "InvalidRequestArguments")
    assert "'taskId' given as 'xyz'" in reply.message


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{", "Failed to parse JSON"),
        (b'{"scopes": [NaN]}', "Failed to parse JSON"),
        (b"\xff", "Failed to parse JSON"),
        (b"[" * 100_000, "Failed to parse JSON"),
        (b"", "data must have required property 'scopes'"),
        (b"null", "data must be object"),
        (b'{"scopes": [1]}', "data/scopes/0 must be string"),
        (b'{"scopes": [], "x": 1}', "data must NOT have additional properties"),
        (b'{"scopes": ["a", "a"]}', "data/scopes"),
    ],
)
def test_payloads_that_are_refused(root: Caller, body: bytes, problem: str) -> None:
    reply = root("POST", EXPAND, body=body, content_type="application/json")
    assert reply.status == 400
    assert reply.code == ("MalformedPayload" if "parse" in problem else "InputValidationError")
    assert problem in reply.message


def test_refused_schema_is_named_by_its_address(root: Caller) -> None:
    reply = root("POST", EXPAND, {})
    assert f"Rejecting Schema: {root.root_url}/schemas/auth/v1/scopeset.json#" in reply.message


def test_payload_without_content_type(root: Caller) -> None:
    reply = root("POST", EXPAND)
    assert (reply.status, reply.code) == (400, "MalformedPayload")


def test_text_of_any_kind_comes_back_as_it_was(root: Caller) -> None:
    path = "/api/secrets/v1/secret/x"
    secret = {"text": "café ☃ 😀 \u2028", "half": "\ud83d", "": [0, 1.5, None, True]}
    assert root("PUT", path, {"secret": secret, "expires": "2100-01-01T00:00:00.000Z"}).status == 200
    assert root("GET", path).json["secret"] == secret


def test_error_has_the_shape_of_the_services(root: Caller) -> None:
    body = root("GET", "/api/auth/v1/clients/none").json
    time = body["requestInfo"].pop("time")
    assert body == {
        "code": "ResourceNotFound",
        "message": "Client not found\n\n---\n\n* method:     client\n* errorCode:  ResourceNotFound\n"
        f"* statusCode: 404\n* time:       {time}",
        "requestInfo": {"method": "client", "params": {"clientId": "none"}, "payload": {}},
    }


def test_answers_carry_ids(root: Caller) -> None:
    path = "/api/auth/v1/scopes/current"
    first, second = root("GET", path), root("GET", path, headers={"x-taskcluster-trace-id": "trace-1"})
    assert first.headers["x-for-request-id"] != second.headers["x-for-request-id"]
    assert first.headers["x-for-trace-id"]
    assert second.headers["x-for-trace-id"] == "trace-1"


def test_body_over_10_mib_is_an_internal_error(root: Caller) -> None:
    body = b'{"scopes": ["' + b"x" * (10 * 1024 * 1024) + b'"]}'
    reply = root("POST", EXPAND, body=body, content_type="application/json")
    assert (reply.status, reply.code) == (500, "InternalServerError")
    assert reply.json["requestInfo"].keys() == {"method", "params", "time"}


def test_head_over_16_kib_is_answered_431(anonymous: Caller) -> None:
    for reply in (
        anonymous("GET", "/api/auth/v1/scopes/current?bewit=" + "x" * 20_000),
        anonymous("GET", "/api/auth/v1/ping", headers={"x-long": "x" * 20_000}),
    ):
        assert (reply.status, reply.content) == (431, b"")


@pytest.mark.parametrize("request_line", [b"GET\r\n\r\n", b"\x16\x03\x01\r\n\r\n", b"GET / HTTP/9\r\n\r\n"])
def test_what_is_no_http_gets_an_answer(anonymous: Caller, request_line: bytes) -> None:
    host, port = urlsplit(anonymous.root_url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(request_line)
        assert connection.recv(1024).startswith(b"HTTP/1.1 4")


def test_a_handler_that_fails_is_an_internal_error(
    monkeypatch: pytest.MonkeyPatch, tc: LocalTaskcluster, root: Caller
) -> None:
    app: App = tc._app  # pyright: ignore[reportPrivateUsage]
    monkeypatch.delattr(app.state.secrets, "_secrets")
    reply = root("GET", "/api/secrets/v1/secrets")
    assert (reply.status, reply.code) == (500, "InternalServerError")
    assert "_secrets" not in reply.message
