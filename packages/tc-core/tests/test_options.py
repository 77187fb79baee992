"""What a user may set on a client."""

from __future__ import annotations

import math
import platform
from typing import Any

import pytest
from clock import Clock
from flows import PING, make_session
from sample import AsyncSample, Sample

import tc_core
from tc_core import AsyncClient, Client, Credentials, Retry
from tc_core._options import Options

ROOT = "https://tc.example.com"

BAD: list[tuple[str, Any]] = [
    ("authorized_scopes", "a:b"),
    ("authorized_scopes", [1]),
    ("authorized_scopes", ["caf\u00e9"]),
    ("authorized_scopes", 5),
    ("retry", 5),
    ("retry", None),
    ("timeout", 0),
    ("timeout", -1),
    ("timeout", math.nan),
    ("timeout", math.inf),
    ("timeout", "30"),
    ("timeout", None),
    ("timeout", True),
    ("deadline", 0),
    ("deadline", "30"),
    ("user_agent", ""),
    ("user_agent", "a\r\nX-Evil: 1"),
    ("user_agent", " a"),
    ("user_agent", "caf\u00e9"),
    ("user_agent", 5),
    ("trace_id", "a\nb"),
    ("trace_id", b"a"),
    ("clock", 1700000000),
    ("credentials", "a-token"),
    ("credentials", {"clientId": "a", "accessToken": "b"}),
]

BAD_OF_CONNECTIONS: list[tuple[str, Any]] = [
    ("max_connections", 0),
    ("max_connections", "10"),
    ("max_connections", True),
    ("colour", "red"),
    ("TIMEOUT", 5),
]


@pytest.mark.parametrize("client", [Client, AsyncClient, Sample, AsyncSample])
@pytest.mark.parametrize(("name", "value"), BAD + BAD_OF_CONNECTIONS)
def test_a_bad_option_is_refused_by_name_when_a_client_is_made(client: Any, name: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=rf"^{name}(\[0\])?: "):
        client(ROOT, **{name: value})


@pytest.mark.parametrize("client", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("name", "value"), [*BAD, ("max_connections", 5), ("transport", None), ("colour", "red")]
)
def test_a_bad_option_is_refused_by_name_when_a_copy_is_made(client: Any, name: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=rf"^{name}(\[0\])?: "):
        client(ROOT, credentials=Credentials("a", "b")).with_options(**{name: value})


@pytest.mark.parametrize(("service", "client"), [(Sample, Client), (AsyncSample, AsyncClient)])
def test_a_service_on_a_shared_client_takes_no_options(service: Any, client: Any) -> None:
    with pytest.raises(
        TypeError, match=r"^timeout: a service on a shared client has its options; use client"
    ):
        service(client(ROOT), timeout=5)


@pytest.mark.parametrize(
    ("service", "client", "better"), [(Sample, AsyncClient, "AsyncSample"), (AsyncSample, Client, "Sample")]
)
def test_a_service_on_a_client_of_the_other_kind_says_which_to_use(
    service: Any, client: Any, better: str
) -> None:
    with pytest.raises(TypeError, match=rf"^client: is an? {client.__name__}; use {better}$"):
        service(client(ROOT))


def test_an_unknown_option_is_told_the_known_ones() -> None:
    with pytest.raises(TypeError, match=r"^timeot: is no option; known are .*\btimeout\b"):
        Client(ROOT, timeot=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_options_are_frozen_and_scopes_are_copied() -> None:
    scopes = ["a"]
    options = Options(authorized_scopes=scopes)
    scopes.append("b")
    assert options.authorized_scopes == ("a",)
    with pytest.raises(AttributeError):
        options.timeout = 5  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def test_a_copy_keeps_what_is_not_changed() -> None:
    options = Options(timeout=5, retry=Retry(retries=1), deadline=9)
    changed = options.changed({"timeout": 6, "deadline": None})
    assert changed == Options(timeout=6, retry=Retry(retries=1), clock=options.clock)
    assert options.timeout == 5


def test_the_defaults_are_those_of_the_manual() -> None:
    options = Options()
    assert (options.timeout, options.deadline, options.retry) == (30.0, None, Retry(retries=5))


# Headers ------------------------------------------------------------------------------------------------------


def test_the_user_agent_names_package_core_python_and_what_the_user_adds() -> None:
    core, python = f"tc-core/{tc_core.__version__}", f"Python/{platform.python_version().rstrip('+abrc')}"
    session = make_session(Clock(), user_agent="my-pipeline/2.1 (nightly)")
    assert session.user_agent("tc-queue/1") == f"tc-queue/1 {core} {python} my-pipeline/2.1 (nightly)"
    assert make_session(Clock()).user_agent(core) == f"{core} {python}"


def test_a_trace_id_is_sent() -> None:
    request = make_session(Clock(), trace_id="a-trace").request(PING, None, "tests/1.0")
    assert request.headers["x-taskcluster-trace-id"] == "a-trace"


def test_all_headers_of_an_unsigned_call_without_a_payload() -> None:
    request = make_session(Clock()).request(PING, None, "tests/1.0")
    assert request.headers == {
        "host": "tc.example.com",
        "accept": "application/json",
        "accept-encoding": "gzip",
        "user-agent": "tests/1.0",
    }


# Root URLs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://tc.example.com", "https://tc.example.com"),
        ("https://tc.example.com///", "https://tc.example.com"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://example.com/tc/", "https://example.com/tc"),
    ],
)
def test_a_root_url_loses_its_last_slashes(given: str, kept: str) -> None:
    assert Client(given).root_url == kept
    assert Sample(given).thing_url("a b") == f"{kept}/api/sample/v1/things/a%20b"


def test_a_service_on_a_client_is_of_its_deployment() -> None:
    assert Sample(Client(ROOT)).root_url == ROOT
    assert AsyncSample(AsyncClient(ROOT)).root_url == ROOT
