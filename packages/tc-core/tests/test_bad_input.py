"""Each mistake that can be seen on this side ends in an error that names the argument, with nothing sent."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import httpx
import pytest
from clock import Clock
from sample import AsyncSample, Sample

from tc_core import AsyncClient, Client, Credentials, CredentialsExpired, Retry

ROOT = "https://tc.example.com"
NAIVE = datetime(2030, 1, 1)
PERMANENT = Credentials("project/demo/ci", "an-access-token")


class Unused(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that must not be used."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"sent: {request.method} {request.url}")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"sent: {request.method} {request.url}")


class Use(Protocol):
    """Does something with a service of one flavour that cannot send."""

    def __call__(self, call: Callable[[Any], Any], **options: Any) -> None: ...


def use_sync(call: Callable[[Any], Any], **options: Any) -> None:
    call(Sample(ROOT, transport=Unused(), **options))


def use_async(call: Callable[[Any], Any], **options: Any) -> None:
    """Take one step into the coroutine: a mistake must show before anything is awaited."""
    result = call(AsyncSample(ROOT, transport=Unused(), **options))
    if hasattr(result, "send"):
        result.send(None)


both_flavours = pytest.mark.parametrize("use", [use_sync, use_async], ids=["sync", "async"])
both_clients = pytest.mark.parametrize("client", [Client, AsyncClient, Sample, AsyncSample])


def refused(message: str) -> Any:
    return pytest.raises((TypeError, ValueError), match=f"^{message}")


# Calls --------------------------------------------------------------------------------------------------------


@both_flavours
@pytest.mark.parametrize("value", ["", ".", ".."])
@pytest.mark.parametrize("method", ["thing", "thing_url", "thing_signed_url", "deleteThing"])
def test_empty_and_dotted_path_arguments(use: Use, method: str, value: str) -> None:
    with refused(rf"thingId: is '{value}', which cannot stand in a path; pass the identifier itself"):
        use(lambda sample: getattr(sample, method)(value), credentials=PERMANENT)


@both_flavours
@pytest.mark.parametrize("value", [None, 1.5, b"a", ["a"]])
def test_path_arguments_of_another_type(use: Use, value: object) -> None:
    with refused(rf"thingId: {type(value).__name__} cannot stand in a path; pass a str or int"):
        use(lambda sample: sample.thing(value))


@both_flavours
def test_an_unknown_keyword(use: Use) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        use(lambda sample: sample.thing("a", colour="red"))


@both_flavours
def test_a_missing_payload(use: Use) -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'payload'"):
        use(lambda sample: sample.putThing("a"))
    with refused(r"payload: sample\.putThing needs one; pass a dict"):
        use(lambda sample: sample.putThing("a", None))


@both_flavours
@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"a": [{"b": object()}]}, r"payload\.a\[0\]\.b: object is not JSON; use a dict"),
        ({"a": {1, 2}}, r"payload\.a: set is not JSON; use a list"),
        ({"a": b"x"}, r"payload\.a: bytes is not JSON; use a str"),
        ({1: "a"}, r"payload: a key is of type int; use a str"),
        ({"a b": [math.nan]}, r"payload\['a b'\]\[0\]: float is not finite"),
        ({"a": -math.inf}, r"payload\.a: float is not finite"),
        ({"deadline": NAIVE}, r"payload\.deadline: is a naive datetime; give it a time zone"),
        ({"a": "\ud800"}, r"payload\.a: str holds half a surrogate pair"),
    ],
)
def test_payloads_that_are_no_json(use: Use, payload: dict[Any, Any], message: str) -> None:
    with refused(message):
        use(lambda sample: sample.putThing("a", payload))
    with refused(message):
        use(lambda sample: sample.request("PUT", "api/sample/v1/things/a", payload=payload))


@both_flavours
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (NAIVE, "limit: is a naive datetime; give it a time zone"),
        (1.5, "limit: float cannot stand in a query"),
        (["1"], "limit: list cannot stand in a query"),
    ],
)
def test_query_arguments_of_another_type(use: Use, value: object, message: str) -> None:
    with refused(message):
        use(lambda sample: sample.request("GET", "api/sample/v1/things", query={"limit": value}))
    with refused(message):
        # Told here, and not where the walk begins.
        use(lambda sample: sample.listThings_items(limit=value))
    with refused(message):
        use(lambda sample: sample.listThings_pages(limit=value))


@both_flavours
@pytest.mark.parametrize("ttl", [0, -1, math.nan, math.inf, "60", None, True])
def test_lives_of_signed_urls_that_are_no_positive_number(use: Use, ttl: object) -> None:
    with refused("ttl: "):
        use(lambda sample: sample.thing_signed_url("a", ttl=ttl), credentials=PERMANENT)


@both_flavours
def test_signed_urls_without_credentials(use: Use) -> None:
    with refused(
        "credentials: a signed URL needs them, and this client has none; a Taskcluster proxy keeps its"
    ):
        use(lambda sample: sample.thing_signed_url("a"))


@both_flavours
@pytest.mark.parametrize("path", ["", "a b", "https://tc.example.com/api", "a/../b", None])
def test_paths_of_low_level_requests(use: Use, path: object) -> None:
    with refused("path: "):
        use(lambda sample: sample.request("GET", path))


# Clients ------------------------------------------------------------------------------------------------------


@both_clients
@pytest.mark.parametrize(
    ("root_url", "problem"),
    [
        ("tc.example.com", "needs a scheme and a host"),
        ("tc.example.com:8080", "needs a scheme and a host"),
        ("//tc.example.com", "needs a scheme and a host"),
        ("https://", "needs a scheme and a host"),
        ("https://:8080", "needs a scheme and a host"),
        ("ftp://tc.example.com", "needs a scheme and a host"),
        ("", "needs a scheme and a host"),
        ("https://tc.example.com?a=1", "has a query or fragment"),
        ("https://tc.example.com/?", "has a query or fragment"),
        ("https://tc.example.com/#top", "has a query or fragment"),
        ("https://user:password@tc.example.com", "has a user name or password"),
        ("https://tc.example.com:port", "Port could not be cast to integer"),
        ("https://tc.example.com:99999", "Port out of range"),
        ("https://[::1", "Invalid IPv6 URL"),
        ("https://tc..example.com", "has a host name that cannot be"),
        (f"https://{'a' * 64}.example.com", "has a host name that cannot be"),
        ("https://10.0.0.256", "has a host name that cannot be"),
        ("https://tc.example.com:", "has no port after its colon, or port 0"),
        ("https://tc.example.com:0", "has no port after its colon, or port 0"),
        ("https://tc.example.com/a/../b", "has '.' or '..' in its path"),
        ("https://tc.example.com/.", "has '.' or '..' in its path"),
        ('https://tc.example.com/a"b', "has a path that is not percent-encoded"),
        ("https://tc.example.com/a%2", "has a path that is not percent-encoded"),
        ("https://tc.example.com\n", "has white space or characters other than ASCII"),
        (" https://tc.example.com", "has white space or characters other than ASCII"),
        ("https://caf\u00e9.example.com", "has white space or characters other than ASCII"),
        (None, "(NoneType; pass a str|is missing or None; pass it)"),
        (b"https://tc.example.com", "bytes; pass a str"),
    ],
)
def test_root_urls_that_lead_nowhere(client: Any, root_url: object, problem: str) -> None:
    with refused(f"root_url: {problem}"):
        client(root_url)


@pytest.mark.parametrize("argument", ["client_id", "access_token"])
@pytest.mark.parametrize("value", ["", "caf\u00e9", "token\n", " token"])
def test_empty_and_non_ascii_credentials(argument: str, value: str) -> None:
    with refused(
        f"{argument}: (is empty|has white space, a quote, a backslash or characters other than .*); check "
    ):
        Credentials(**({"client_id": "a", "access_token": "b"} | {argument: value}))


@pytest.mark.parametrize("certificate", ["{", "[]", "{}", json.dumps({"version": 1})])
def test_malformed_certificates(certificate: str) -> None:
    with refused("certificate: .*; pass the text as Taskcluster gave it"):
        Credentials("a", "b", certificate)


@both_clients
def test_a_certificate_that_expired_more_than_five_minutes_ago(client: Any) -> None:
    clock = Clock()
    credentials = PERMANENT.create_temp_creds(ttl=60, scopes=[], clock=clock)
    clock.advance(60 + 300)
    client(ROOT, credentials=credentials, clock=clock)
    clock.advance(1)
    with pytest.raises(
        CredentialsExpired, match=r"^credentials: the certificate of project/demo/ci expired at"
    ):
        client(ROOT, credentials=credentials, clock=clock)


@both_clients
def test_a_copy_judges_its_certificate_by_its_own_clock(client: Any) -> None:
    then, now = Clock(), Clock()
    credentials = PERMANENT.create_temp_creds(ttl=60, scopes=[], clock=then)
    now.advance(60 + 301)
    client(ROOT, clock=now).with_options(credentials=credentials, clock=then)
    with pytest.raises(CredentialsExpired):
        client(ROOT, clock=then).with_options(credentials=credentials, clock=now)


@both_clients
def test_authorized_scopes_as_one_text(client: Any) -> None:
    with refused("authorized_scopes: is one text; pass a list of scopes"):
        client(ROOT, credentials=PERMANENT, authorized_scopes="queue:create-task:*")


@both_clients
@pytest.mark.parametrize("scopes", [["queue:create-task:*"], []])
def test_authorized_scopes_with_nothing_to_limit(client: Any, scopes: list[str]) -> None:
    with refused("authorized_scopes: there are no credentials here to limit; pass credentials too"):
        client(ROOT, authorized_scopes=scopes)


def test_a_negative_number_of_retries() -> None:
    with refused("retries: is -1; must be a finite number, 0 or more"):
        Retry(retries=-1)


def test_retries_that_would_never_end() -> None:
    with refused("delay: is inf; must be a finite number, 0 or more"):
        Retry(delay=float("inf"))


def test_a_text_where_yes_or_no_is_meant() -> None:
    with refused("unrepeatable: str; pass True or False"):
        Retry(unrepeatable="no")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("service", [Sample, AsyncSample])
@pytest.mark.parametrize("options", [{}, {"root_url": ROOT}, {"rootUrl": ROOT}, {"client": None}])
def test_a_service_of_nothing(service: Any, options: dict[str, Any]) -> None:
    with refused("root_url: is missing or None; pass it, or a client, as the first argument, without a name"):
        service(**options)


@both_clients
def test_a_transport_that_is_none(client: Any) -> None:
    with refused("transport: str; pass an httpx transport that has handle_(async_)?request"):
        client(ROOT, transport="https://proxy.example.com")


def test_a_transport_of_the_other_flavour() -> None:
    with refused("transport: HTTPTransport; pass an httpx transport that has handle_async_request"):
        AsyncClient(ROOT, transport=httpx.HTTPTransport())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with refused("transport: AsyncHTTPTransport; pass an httpx transport that has handle_request"):
        Client(ROOT, transport=httpx.AsyncHTTPTransport())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@both_clients
def test_an_ssl_context_that_is_none(client: Any) -> None:
    with refused("ssl_context: str; pass an ssl.SSLContext"):
        client(ROOT, ssl_context="ca.pem")


@both_clients
def test_a_copy_with_an_option_that_is_none(client: Any) -> None:
    with refused("colour: is no option; known are .*timeout"):
        client(ROOT).with_options(colour="red")
    with refused("max_connections: cannot be changed on a copy; set it when the client is made"):
        client(ROOT).with_options(max_connections=3)


async def async_provider() -> Credentials:
    return PERMANENT


@pytest.mark.parametrize("client", [Client, Sample])
def test_an_async_provider_on_a_sync_client(client: Any) -> None:
    message = "credentials: an async provider needs an Async client; pass a plain function"
    with refused(message):
        client(ROOT, credentials=async_provider)
    with refused(message):
        client(ROOT).with_options(credentials=async_provider)


def test_an_async_provider_that_shows_only_when_it_is_called() -> None:
    class Provider:
        async def __call__(self) -> Credentials:
            return PERMANENT

    with refused("credentials: an async provider needs an Async client; pass a plain function"):
        use_sync(lambda sample: sample.thing("a"), credentials=Provider())


def test_temporary_credentials_from_naive_dates() -> None:
    with refused("start: has no time zone; use"):
        PERMANENT.create_temp_creds(ttl=60, scopes=[], start=NAIVE)
