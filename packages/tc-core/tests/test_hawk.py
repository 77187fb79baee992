"""Signatures, held against those of other implementations and what a real Taskcluster took."""

from __future__ import annotations

import importlib
import json
from base64 import b64decode, urlsafe_b64decode
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from clock import Clock
from flows import PING, make_session
from hypothesis import given
from hypothesis import strategies as st

from tc_core import Credentials, CredentialsExpired
from tc_core._endpoint import Endpoint
from tc_core._hawk import bewit, header, payload_hash
from tc_core._session import RootUrl

MOHAWK: Any = importlib.import_module("mohawk")
CALCULATE_MAC: Any = importlib.import_module("mohawk.util").calculate_mac
CHECK_BEWIT: Any = importlib.import_module("mohawk.bewit").check_bewit
REFUSAL: type[Exception] = importlib.import_module("mohawk.exc").HawkFail

ONE_SCOPE = ["queue:create-task:lowest:demo/worker"]
CI = Credentials("project/demo/ci", "no-secret-000000000000000000000000000000000")
TEMPORARY = CI.create_temp_creds(ttl=31 * 86400, scopes=ONE_SCOPE, clock=Clock())


def vectors(name: str, key: str = "cases") -> list[dict[str, Any]]:
    return json.loads((Path(__file__).parent / f"vectors/{name}.json").read_text("utf-8"))[key]  # type: ignore[no-any-return]


class Case:
    """A vector in the terms of `header` and `bewit`."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.credentials = Credentials(fields["credentials"]["id"], fields["credentials"]["key"])
        url: str = fields["url"]
        parts = urlsplit(url)
        root = RootUrl(f"{parts.scheme}://{parts.netloc}")
        self.host, self.port = root.host, root.port
        # Not from the parts: they do not tell an empty query from none.
        self.resource = url.split(parts.netloc, 1)[1] or "/"


def sign(fields: dict[str, Any], resource: str, hash: str | None) -> str:
    case = Case(fields)
    return header(
        case.credentials,
        verb=fields["verb"],
        resource=resource,
        host=case.host,
        port=case.port,
        timestamp=fields["timestamp"],
        nonce=fields["nonce"],
        ext=fields["ext"],
        hash=hash,
    )


HEADERS = vectors("hawk-headers")


def what(fields: dict[str, Any]) -> str:
    return f"{fields.get('verb', 'GET')} {fields['url'][:60]} {(fields['ext'] or '')[:12]}"


# Headers ------------------------------------------------------------------------------------------------------


# Taskcluster's ext is base64, so nothing in it is ever quoted, and a line end cannot occur.
NOT_BASE64 = ('quote " and backslash \\', "two\nlines")

WITHOUT_BRACKETS = "the real service takes the host with brackets"


def is_as_we_sign(fields: dict[str, Any]) -> bool:
    return fields["ext"] not in NOT_BASE64 and not fields.get("note", "").startswith(WITHOUT_BRACKETS)


@pytest.mark.parametrize("fields", [each for each in HEADERS if is_as_we_sign(each)], ids=what)
def test_headers_are_those_of_the_javascript_library(fields: dict[str, Any]) -> None:
    case = Case(fields)
    # That library signs an apostrophe as %27, which is right only where %27 is also sent.
    resource = case.resource.replace("'", "%27")
    signed = fields["signed"]
    assert (case.host, str(case.port), resource) == (signed["host"], str(signed["port"]), signed["resource"])
    hash = None if fields["body"] is None else payload_hash(fields["body"].encode(), fields["content_type"])
    assert hash == fields["hash"]
    assert sign(fields, resource, hash) == fields["header"]


def test_all_vectors_but_two_addresses_and_two_texts_are_used() -> None:
    left = [fields for fields in HEADERS if not is_as_we_sign(fields)]
    assert (len(HEADERS), len(left)) == (43, 4)


@pytest.mark.parametrize(
    "fields", [fields for fields in HEADERS if fields.get("note", "").startswith(WITHOUT_BRACKETS)], ids=what
)
def test_an_ipv6_address_is_signed_with_brackets(fields: dict[str, Any]) -> None:
    case = Case(fields)
    assert case.host == f"[{fields['signed']['host']}]"
    assert sign(fields, case.resource, None) != fields["header"]


def test_endpoints_send_and_sign_an_apostrophe_as_27() -> None:
    endpoint: Endpoint[Any] = Endpoint("object", "v1", "download", "GET", "/download/<name>")
    assert endpoint.resource(("b'c",)) == "/api/object/v1/download/b%27c"


# Bewits -------------------------------------------------------------------------------------------------------


BEWITS = vectors("bewits")


def make_bewit(fields: dict[str, Any]) -> tuple[str, str]:
    case = Case(fields)
    resource = case.resource.replace("'", "%27")
    value = bewit(
        case.credentials,
        resource=resource,
        host=case.host,
        port=case.port,
        expiry=fields["exp"],
        ext=fields["ext"],
    )
    return resource, value


@pytest.mark.parametrize(
    "fields",
    [each for each in BEWITS if "[" not in each["url"] and each["ext"] != "with\\backslash"],
    ids=what,
)
def test_bewits_are_those_of_the_javascript_library(fields: dict[str, Any]) -> None:
    resource, value = make_bewit(fields)
    assert value == fields["bewit"]
    signed_url: str = fields["signed_url"]
    assert signed_url.split("/", 3)[3] == f"{resource[1:]}{'&' if '?' in resource else '?'}bewit={value}"


def test_a_bewit_for_an_ipv6_address_is_signed_with_brackets() -> None:
    [fields] = [each for each in BEWITS if "[" in each["url"]]
    _, value = make_bewit(fields)
    ours = urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode().split("\\")
    theirs = fields["plain"].split("\\")
    assert (ours[0], ours[1], ours[3]) == (theirs[0], theirs[1], theirs[3])
    assert ours[2] != theirs[2]


def test_a_bewit_is_url_safe_and_unpadded() -> None:
    assert all(not set("+/=") & set(make_bewit(fields)[1]) for fields in BEWITS)


# ext ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case", vectors("ext"), ids=lambda case: f"{case['authorizedScopes']} {bool(case['certificate'])}"
)
def test_ext_is_that_of_the_javascript_client(case: dict[str, Any]) -> None:
    certificate = None if case["certificate"] is None else json.dumps(case["certificate"])
    assert Credentials("a/client", "a-token", certificate).ext(case["authorizedScopes"]) == case["ext_npm"]


@pytest.mark.parametrize(
    ("what", "scopes"),
    [("authorizedScopes empty", []), ("authorizedScopes beyond the own scopes", ["other:a"])],
)
def test_ext_has_the_encoding_that_a_real_service_read(what: str, scopes: list[str]) -> None:
    [case] = [case for case in vectors("ext", "encodings") if case["what"] == what]
    assert CI.ext(scopes) == case["ext"]


@pytest.mark.parametrize("what", ["authorizedScopes is a text", "authorizedScopes with a number"])
def test_scopes_that_a_real_service_refused_are_refused_here(what: str) -> None:
    [case] = [case for case in vectors("ext", "encodings") if case["what"] == what]
    assert case["accepted"] is False
    scopes = json.loads(b64decode(case["ext"]))["authorizedScopes"]
    with pytest.raises(TypeError, match=r"^authorized_scopes(\[0\])?: "):
        CI.ext(scopes)


def test_a_header_that_is_too_long_for_the_service_is_refused() -> None:
    scopes = [f"test:{number:04}" for number in range(900)]
    with pytest.raises(
        ValueError, match=r"^credentials and authorized_scopes make an Authorization header of 14[0-9]{3} "
    ):
        sign(HEADERS[0] | {"ext": CI.ext(scopes)}, "/", None)


@pytest.mark.parametrize("resource", ["/x", "/x?limit=1"])
def test_a_signed_url_may_have_4096_characters_after_the_host(resource: str) -> None:
    def length(extra: int) -> int:
        url = make_session(Clock(), CI).signed_url(resource + "y" * extra, CI, 60)
        return len(url.removeprefix("https://tc.example.com"))

    extra = 4096 - length(0)
    assert length(extra) == 4096
    with pytest.raises(ValueError, match=r"make a URL of 4097 characters, Taskcluster reads 4096"):
        length(extra + 1)


# An independent reader ----------------------------------------------------------------------------------------


ROUTE = "/a/<first>/b/<second>"
TEXTS = (
    st.text(min_size=1).filter(lambda text: text not in (".", "..")).filter(lambda text: text.isprintable())
)
SCOPES = st.none() | st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126)), max_size=3)
ROOTS = st.sampled_from(
    [
        "https://tc.example.com",
        "http://TC.Example.com:8080",
        "http://127.0.0.1:1",
        "https://tc.example.com/deep/down/",
    ]
)


def keys(client_id: str) -> dict[str, str]:
    assert client_id == CI.client_id
    return {"id": client_id, "key": CI.access_token, "algorithm": "sha256"}


@given(
    verb=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]),
    args=st.tuples(TEXTS, TEXTS),
    query=st.dictionaries(TEXTS, TEXTS | st.integers() | st.booleans(), max_size=3),
    payload=st.none() | st.dictionaries(st.text(), st.text() | st.integers(), max_size=3),
    scopes=SCOPES,
    root=ROOTS,
)
def test_mohawk_takes_what_is_sent(
    verb: str,
    args: tuple[str, str],
    query: dict[str, Any],
    payload: dict[str, Any] | None,
    scopes: list[str] | None,
    root: str,
) -> None:
    endpoint: Endpoint[Any] = Endpoint("queue", "v1", "any", verb, ROUTE, payload=payload is not None)
    session = make_session(Clock(), CI, root=root, authorized_scopes=scopes)
    request = session.request(endpoint.call(args, query, payload), CI, "tests/1.0")
    body = (
        {} if payload is None else {"content": request.body, "content_type": request.headers["content-type"]}
    )
    receiver = MOHAWK.Receiver(
        keys,
        request.headers["authorization"],
        request.url,
        request.verb,
        timestamp_skew_in_seconds=10**11,
        **body,
    )
    assert receiver.parsed_header.get("ext") == CI.ext(scopes)


@given(
    verb=st.sampled_from(["GET", "PUT"]),
    resource=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1),
    host=st.sampled_from(["tc.example.com", "[::1]"]),
    port=st.integers(1, 65535),
    timestamp=st.integers(0, 2**40),
    nonce=st.text("abc-_", min_size=1),
    hash=st.none() | st.just("aGFzaA=="),
    scopes=SCOPES,
)
def test_headers_sign_the_string_that_mohawk_signs(
    verb: str,
    resource: str,
    host: str,
    port: int,
    timestamp: int,
    nonce: str,
    hash: str | None,
    scopes: list[str] | None,
) -> None:
    ext = CI.ext(scopes)
    fields = SimpleNamespace(
        credentials={"id": CI.client_id, "key": CI.access_token, "algorithm": "sha256"},
        timestamp=str(timestamp),
        nonce=nonce,
        method=verb,
        name=resource,
        host=host,
        port=str(port),
        ext=ext,
        app=None,
        dlg=None,
    )
    mac: bytes = CALCULATE_MAC("header", fields, hash)
    value = header(
        CI,
        verb=verb,
        resource=resource,
        host=host,
        port=port,
        timestamp=timestamp,
        nonce=nonce,
        ext=ext,
        hash=hash,
    )
    assert value.endswith(f', mac="{mac.decode()}"')


@pytest.mark.parametrize(
    "changed",
    [
        {"url": "https://tc.example.com/api/queue/v1/a?limit=2"},
        {"url": "https://tc.example.com/api/queue/v1/a"},
        {"method": "POST"},
        {"content": b'{"a":2}'},
        {"content_type": "text/plain"},
    ],
)
def test_what_is_signed_cannot_be_changed(changed: dict[str, Any]) -> None:
    endpoint: Endpoint[Any] = Endpoint("queue", "v1", "any", "PUT", "/a", payload=True)
    request = make_session(Clock(), CI).request(endpoint.call((), {"limit": 1}, {"a": 1}), CI, "tests/1.0")
    sent = {
        "url": request.url,
        "method": request.verb,
        "content": request.body,
        "content_type": "application/json",
    }

    def receive(**options: Any) -> None:
        MOHAWK.Receiver(keys, request.headers["authorization"], timestamp_skew_in_seconds=10**11, **options)

    receive(**sent)
    with pytest.raises(REFUSAL):
        receive(**(sent | changed))


@given(
    args=st.tuples(TEXTS, TEXTS),
    query=st.dictionaries(TEXTS, TEXTS, max_size=3),
    root=ROOTS,
    ttl=st.integers(1, 10**6),
)
def test_mohawk_takes_signed_urls_until_they_expire(
    args: tuple[str, str], query: dict[str, Any], root: str, ttl: int
) -> None:
    clock = Clock()
    endpoint: Endpoint[Any] = Endpoint("queue", "v1", "any", "GET", ROUTE)
    url = make_session(clock, CI, root=root).signed_url(endpoint.resource(args, query), CI, ttl)
    assert url.count("?") == 1
    assert CHECK_BEWIT(url, keys, now=int(clock.now) + ttl)
    with pytest.raises(REFUSAL, match="expired"):
        CHECK_BEWIT(url, keys, now=int(clock.now) + ttl + 1)


def test_each_credentials_are_sent_with_their_own_certificate() -> None:
    session = make_session(Clock(), CI)
    for credentials in (CI, TEMPORARY, CI):
        header = session.request(PING, credentials, "tests/1.0").headers["authorization"]
        assert (f'ext="{TEMPORARY.ext()}"' in header) is (credentials is TEMPORARY)


def test_the_client_s_clock_gives_the_time_of_a_signature() -> None:
    clock = Clock()
    clock.advance(0.9)
    header = make_session(clock, CI).request(PING, CI, "tests/1.0").headers["authorization"]
    assert f' ts="{int(Clock().now)}",' in header


def test_nothing_is_signed_with_credentials_that_have_expired_since() -> None:
    clock = Clock()
    credentials = CI.create_temp_creds(ttl=60, scopes=[], clock=clock)
    session = make_session(clock, credentials)
    clock.advance(60 + 301)
    with pytest.raises(CredentialsExpired, match=r"^credentials: "):
        session.signed_url("/api/queue/v1/ping", credentials, 60)
    with pytest.raises(CredentialsExpired, match=r"^credentials: "):
        session.request(PING, credentials, "tests/1.0")


def test_a_signed_url_of_temporary_credentials_carries_their_certificate() -> None:
    clock = Clock()
    url = make_session(clock, TEMPORARY, authorized_scopes=ONE_SCOPE).signed_url(
        "/api/queue/v1/a", TEMPORARY, 60
    )
    plain = urlsafe_b64decode(url.split("bewit=")[1] + "===").decode()
    ext = json.loads(b64decode(plain.split("\\")[3]))
    assert ext == {"certificate": json.loads(TEMPORARY.certificate or ""), "authorizedScopes": ONE_SCOPE}
