"""Cassettes: what they keep, what they hide, how a call finds its answer."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import brotli
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from missing import said_without
from offline import offline
from vcr.errors import CannotOverwriteExistingCassetteException
from vcr.serializers import yamlserializer
from wire import Wire, answer

from tc_core import Client, Credentials, NotFound, Retry, is_slug_id
from tc_testing import LocalTaskcluster
from tc_testing.recording import CLIENT_ID, ROOT_URL, Recording, leaks, record, replay

HAWK = "api/auth/v1/authenticate-hawk"
ADDRESS = {"host": "service.example.com", "port": 443}
NOT_RECORDED = CannotOverwriteExistingCassetteException
SECRETS = "api/secrets/v1/secret"
ELSEWHERE = "https://bucket.storage.invalid:8443/a/b"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassettes" / "calls.yaml"


def client_of(recording: Recording) -> Client:
    return Client(recording.root_url, credentials=recording.credentials, retry=Retry(retries=0))


@contextmanager
def live(
    tc: LocalTaskcluster, path: Path, credentials: Credentials | None = None
) -> Generator[tuple[Client, Recording]]:
    with (
        record(path, root_url=tc.root_url, credentials=credentials, kind="local") as recording,
        client_of(recording) as client,
    ):
        yield client, recording


@contextmanager
def replayed(path: Path) -> Generator[tuple[Client, Recording]]:
    with offline(), replay(path) as recording, client_of(recording) as client:
        yield client, recording


def recorded(tc: LocalTaskcluster, path: Path, calls: Callable[[Client, Recording], None]) -> str:
    """Record calls and replay them; return the text of the cassette."""
    with live(tc, path, tc.credentials) as (client, recording):
        calls(client, recording)
    with replayed(path) as (client, recording):
        calls(client, recording)
        assert recording.unplayed == []
    return path.read_text("utf-8")


def content(text: str) -> list[dict[str, Any]]:
    return yamlserializer.deserialize(text)["interactions"]


class TestReplay:
    def set_and_get(self, client: Client, recording: Recording) -> None:
        name = recording.name()
        payload = {"secret": {"key": "of-my-house"}, "expires": recording.now() + timedelta(hours=1)}
        client.request("PUT", f"{SECRETS}/{name}", payload={**payload, "expires": "2100-01-01T00:00:00.000Z"})
        client.request("GET", f"{SECRETS}/{name}")

    def test_is_the_recording(self, tc: LocalTaskcluster, path: Path) -> None:
        text = recorded(tc, path, self.set_and_get)
        assert [each["response"]["status"]["code"] for each in content(text)] == [200, 200]

    def test_the_order_of_keys_and_a_bewit_do_not_matter(self, tc: LocalTaskcluster, path: Path) -> None:
        with live(tc, path) as (client, _):
            client.request("POST", HAWK, payload={"method": "get", "resource": "/", **ADDRESS})
            client.request("GET", "api/auth/v1/ping?bewit=abc")
        with replay(path) as recording, Client(recording.root_url) as client:
            client.request("POST", HAWK, payload={**ADDRESS, "resource": "/", "method": "get"})
            client.request("GET", "api/auth/v1/ping?bewit=abc")

    def test_a_call_that_was_not_recorded_is_told_which_is_nearest(
        self, tc: LocalTaskcluster, path: Path
    ) -> None:
        recorded(tc, path, lambda client, _: check(client.request("GET", "api/auth/v1/ping")))
        with replayed(path) as (client, _), pytest.raises(NOT_RECORDED) as caught:
            client.request("GET", "api/auth/v1/pong")
        assert f"{ROOT_URL}/api/auth/v1/ping" in str(caught.value)
        assert "/api/auth/v1/pong != /api/auth/v1/ping" in str(caught.value)

    @pytest.mark.parametrize("credentials", [None, Credentials("project/another", "token")])
    def test_a_call_must_be_signed_by_who_signed_the_recorded_one(
        self, tc: LocalTaskcluster, path: Path, credentials: Credentials | None
    ) -> None:
        recorded(tc, path, lambda client, _: check(client.request("GET", "api/auth/v1/scopes/current")))
        with (
            replay(path),
            Client(ROOT_URL, credentials=credentials) as client,
            pytest.raises(NOT_RECORDED) as caught,
        ):
            client.request("GET", "api/auth/v1/scopes/current")
        assert f"recorded as signed by {CLIENT_ID}" in str(caught.value)

    def test_without_a_cassette_there_is_an_error(self, path: Path) -> None:
        with pytest.raises(FileNotFoundError, match=path.name), replay(path):
            pass

    def test_a_client_that_is_connected_already_replays_too(self, tc: LocalTaskcluster, path: Path) -> None:
        recorded(tc, path, lambda client, _: check(client.request("GET", "api/auth/v1/ping")))
        with Wire(answer(200, {"alive": True})) as wire:
            with replay(path) as recording:
                pass
            with Client(wire.url, credentials=recording.credentials) as client:
                client.request("GET", "api/auth/v1/ping")
                with replay(path):
                    client.request("GET", "api/auth/v1/ping")
            assert (wire.accepted, len(wire.requests)) == (1, 1)


class TestRecording:
    def test_ids_names_and_dates_are_the_same_in_replay_and_others_in_the_next(
        self, tc: LocalTaskcluster, path: Path
    ) -> None:
        made: list[tuple[Any, ...]] = []

        def calls(client: Client, recording: Recording) -> None:
            made.append((recording.slug_id(), recording.slug_id(), recording.name(), recording.now()))
            client.request("GET", "api/auth/v1/ping")

        recorded(tc, path, calls)
        recorded(tc, path, calls)
        first, replayed, second, _ = made
        assert first == replayed
        assert len({*first[:3], *second[:3]}) == 6
        assert is_slug_id(first[0])
        assert abs(datetime.now(UTC) - second[3]) < timedelta(minutes=5)

    def test_a_failed_one_leaves_the_old_cassette(self, tc: LocalTaskcluster, path: Path) -> None:
        old = recorded(tc, path, lambda client, _: check(client.request("GET", "api/auth/v1/ping")))
        with pytest.raises(NotFound), live(tc, path) as (client, _):
            client.request("GET", "api/queue/v1/task/FAkI05yUSGqRv214J1ZCCA/status")
        assert path.read_text("utf-8") == old
        assert list(path.parent.iterdir()) == [path]

    def test_what_shows_only_after_a_while_is_on_the_cassette_once(
        self, tc: LocalTaskcluster, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tc_testing.recording._recording._PAUSE", 0)
        tc.faults.add("auth", "ping", status=200, body={"alive": False}, times=2)

        def calls(client: Client, recording: Recording) -> None:
            for attempt in recording.attempts():
                with attempt:
                    assert client.request("GET", "api/auth/v1/ping").json()["alive"]

        assert len(content(recorded(tc, path, calls))) == 1

    def test_what_is_not_found_at_first_is_on_the_cassette_once(
        self, tc: LocalTaskcluster, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tc_testing.recording._recording._PAUSE", 0)
        tc.faults.add("auth", "ping", status=404, body={"code": "ResourceNotFound", "message": ""}, times=2)

        def calls(client: Client, recording: Recording) -> None:
            for attempt in recording.attempts():
                with attempt:
                    check(client.request("GET", "api/auth/v1/ping"))

        assert len(content(recorded(tc, path, calls))) == 1

    def test_a_method_that_is_missing_is_not_waited_for(self, tc: LocalTaskcluster, path: Path) -> None:
        def calls(client: Client, recording: Recording) -> None:
            for attempt in recording.attempts():
                with attempt:
                    client.request("GET", "api/auth/v1/none")

        with pytest.raises(NotFound):
            recorded(tc, path, calls)
        assert len(tc.requests) == 1

    def test_what_never_shows_is_an_error(self, tc: LocalTaskcluster, path: Path) -> None:
        tc.faults.add("auth", "ping", status=200, body={"alive": False}, times=None)

        def calls(client: Client, recording: Recording) -> None:
            for attempt in recording.attempts(seconds=0):
                with attempt:
                    assert client.request("GET", "api/auth/v1/ping").json()["alive"]

        with pytest.raises(AssertionError):
            recorded(tc, path, calls)


class TestHidden:
    def test_what_a_server_adds_to_an_answer(self, tc: LocalTaskcluster, path: Path) -> None:
        headers = {"set-cookie": "session=abc", "via": "1.1 proxy.internal.invalid"}
        tc.faults.add("auth", "ping", status=200, headers=headers, body={"alive": True})
        text = recorded(tc, path, lambda client, _: check(client.request("GET", "api/auth/v1/ping")))
        assert "cookie" not in text
        assert "proxy" not in text

    @pytest.mark.parametrize("encoding", ["gzip", "br"])
    def test_bodies_are_decoded(self, tc: LocalTaskcluster, path: Path, encoding: str) -> None:
        plain = json.dumps({"alive": True, "at": ELSEWHERE}).encode()
        body = gzip.compress(plain) if encoding == "gzip" else brotli.compress(plain)
        headers = {"content-encoding": encoding, "content-type": "application/json"}
        tc.faults.add("auth", "ping", status=200, headers=headers, body=body)

        def calls(_: Client, recording: Recording) -> None:
            # Our own clients ask for gzip only.
            got = httpx.get(f"{recording.root_url}/api/auth/v1/ping", headers={"accept-encoding": "gzip, br"})
            assert got.json()["alive"]

        text = recorded(tc, path, calls)
        assert content(text)[0]["response"]["body"]["string"] == (
            '{"alive":true,"at":"https://host-1.example.com/a/b"}'
        )

    def test_a_body_that_cannot_be_decoded_is_an_error(self, tc: LocalTaskcluster, path: Path) -> None:
        tc.faults.add("auth", "ping", status=200, headers={"content-encoding": "unheard-of"}, body=b"abc")
        with pytest.raises(ValueError, match="unheard-of"), live(tc, path):
            httpx.get(f"{tc.root_url}/api/auth/v1/ping")

    def test_other_hosts_and_presigned_queries(self, tc: LocalTaskcluster, path: Path) -> None:
        url = f"{ELSEWHERE}?X-Amz-Credential=me&X-Amz-Signature=abcdef"
        headers = {"location": url, "content-type": "application/json"}
        body = {
            "url": url,
            "said": "by bucket.storage.invalid:8443",
            "back": f"{tc.root_url}/tasks?bewit=abc",
        }
        tc.faults.add("queue", "getArtifact", status=303, headers=headers, body=body)
        place = "api/queue/v1/task/FAkI05yUSGqRv214J1ZCCA/runs/0/artifacts/a"
        text = recorded(tc, path, lambda client, _: check(client.request("GET", place)))
        response = content(text)[0]["response"]
        assert response["headers"]["location"] == ["https://host-1.example.com/a/b"]
        assert json.loads(response["body"]["string"]) == {
            "url": "https://host-1.example.com/a/b",
            "said": "by host-1.example.com",
            "back": f"{ROOT_URL}/tasks",
        }

    def test_what_an_error_repeats_of_the_request(self, tc: LocalTaskcluster, path: Path) -> None:
        def calls(client: Client, _: Recording) -> None:
            with pytest.raises(NotFound):
                client.request("GET", "api/queue/v1/task/FAkI05yUSGqRv214J1ZCCA")

        info = json.loads(content(recorded(tc, path, calls))[0]["response"]["body"]["string"])["requestInfo"]
        assert (info["method"], info["params"], info["payload"]) == ("task", {}, {})

    def test_tokens_that_are_used_again(self, tc: LocalTaskcluster, path: Path) -> None:
        tokens: list[str] = []

        def calls(client: Client, recording: Recording) -> None:
            made = f"api/auth/v1/clients/{recording.name()}"
            definition: dict[str, Any] = {
                "expires": "2100-01-01T00:00:00.000Z",
                "description": "",
                "scopes": [],
            }
            tokens.append(client.request("PUT", made, payload=definition).json()["accessToken"])
            name = made.rpartition("/")[2]
            user = client.with_options(credentials=Credentials(name, tokens[-1]))
            user.request("GET", "api/auth/v1/scopes/current")
            # In a URL, as a trigger token is.
            client.request("GET", f"api/auth/v1/clients/?prefix={tokens[-1]}")

        text = recorded(tc, path, calls)
        real, made_up = tokens
        assert real not in text
        assert f"prefix={made_up}" in text
        assert tc.access_token not in text
        assert tc.client_id not in text
        assert CLIENT_ID in text

    @pytest.mark.parametrize("token", ["of my house", "NGUwOTJiZmMtYTY2My00NGUw"])
    def test_a_trigger_token_that_no_answer_told(self, tc: LocalTaskcluster, path: Path, token: str) -> None:
        trigger = f"api/hooks/v1/hooks/a/b/trigger/{quote(token)}"

        def calls(client: Client, _: Recording) -> None:
            with pytest.raises(NotFound):
                client.request("POST", trigger, payload={})

        text = recorded(tc, path, calls)
        assert [each["request"]["uri"] for each in content(text)] == [
            f"{ROOT_URL}/api/hooks/v1/hooks/a/b/trigger/REDACTED"
        ]
        assert token not in text

    def test_a_cassette_that_would_show_a_secret_is_not_written(
        self, tc: LocalTaskcluster, path: Path
    ) -> None:
        body = {"unheard-of": "wIkMwbQzRKmoYgTBkGIGMg3fGZ-wOlQtmHYN0yD5aU_Q"}
        tc.faults.add("auth", "ping", status=200, body=body)
        with pytest.raises(ValueError, match="an access token"), live(tc, path) as (client, _):
            client.request("GET", "api/auth/v1/ping")
        assert not path.exists()

    @pytest.mark.parametrize("wrap", ["base64", "gzip"])
    def test_a_cassette_that_would_show_a_token_or_a_host_in_a_wrap_is_not_written(
        self, tc: LocalTaskcluster, path: Path, wrap: str
    ) -> None:
        said = f"from {tc.root_url}".encode()
        body = base64.b64encode(said) if wrap == "base64" else gzip.compress(said)
        tc.faults.add("auth", "ping", status=200, body=body)
        with pytest.raises(ValueError, match="should have been replaced"), live(tc, path) as (client, _):
            client.request("GET", "api/auth/v1/ping")
        assert not path.exists()

    def test_a_host_that_is_named_before_its_url_and_in_an_address_of_somebody(
        self, tc: LocalTaskcluster, path: Path
    ) -> None:
        tc.faults.add("auth", "listClients", status=200, body={"clients": []})
        tc.faults.add("auth", "ping", status=200, body={"by": "a@mail.invalid", "at": ELSEWHERE})

        def calls(client: Client, recording: Recording) -> None:
            client.request("GET", f"api/auth/v1/clients/?prefix=bucket.storage.invalid{'%3A'}8443")
            client.request("GET", "api/auth/v1/ping")

        with live(tc, path) as (client, recording):
            calls(client, recording)
        first, second = content(path.read_text("utf-8"))
        said = json.loads(second["response"]["body"]["string"])
        host = said["at"].removeprefix("https://").removesuffix("/a/b")
        assert said["by"].removeprefix("a@") not in ("mail.invalid", host)
        assert first["request"]["uri"].endswith(f"?prefix={host}")

    def test_one_that_is_not_written_lets_go_of_the_http_libraries(
        self, tc: LocalTaskcluster, path: Path
    ) -> None:
        before = http.client.HTTPConnection
        body = {"unheard-of": "wIkMwbQzRKmoYgTBkGIGMg3fGZ-wOlQtmHYN0yD5aU_Q"}
        tc.faults.add("auth", "ping", status=200, body=body)
        with pytest.raises(ValueError, match="an access token") as caught, live(tc, path) as (client, _):
            client.request("GET", "api/auth/v1/ping")
        # The error is still held, and with it the frames where the cassette was open.
        assert caught.value.__traceback__
        assert http.client.HTTPConnection is before


CLEAN: dict[str, Any] = {
    "request": {"method": "GET", "uri": f"{ROOT_URL}/api/auth/v1/ping", "body": "", "headers": {}},
    "response": {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "{}"}},
}


def cassette(**planted: Any) -> str:
    request = CLEAN["request"] | planted.get("request", {})
    response = CLEAN["response"] | planted.get("response", {})
    exchanges = [CLEAN, {"request": request, "response": response}]
    return yamlserializer.serialize(
        {"interactions": exchanges, "metadata": {"recorded": {"seed": "ab" * 16}}}
    )


def answering(body: Any) -> dict[str, Any]:
    return {"response": {"body": {"string": json.dumps(body)}}}


def plain(text: str) -> str:
    return text


def escaped(text: str) -> str:
    return json.dumps({"message": json.dumps({"of": text})})


def as_code_points(text: str) -> str:
    return '{"of":"' + "".join(f"\\u{ord(each):04x}" for each in text) + '"}'


def in_a_sentence(text: str) -> str:
    return json.dumps({"message": f"The payload was: {text} (refused)"})


def percent_encoded(text: str) -> str:
    return f"?next={quote(text, safe='')}"


def in_base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def gzipped(text: str) -> bytes:
    return gzip.compress(text.encode())


def gzipped_in_base64(text: str) -> str:
    return json.dumps({"data": base64.b64encode(gzipped(text)).decode()})


def among_bytes(text: str) -> bytes:
    return b"\xff\xfe\x00" + text.encode() + b"\x00"


WRAPS = [
    plain,
    escaped,
    as_code_points,
    in_a_sentence,
    percent_encoded,
    in_base64,
    gzipped,
    gzipped_in_base64,
    among_bytes,
]
TOKEN = "wIkMwbQzRKmoYgTBkGIGMg3fGZ-wOlQtmHYN0yD5aU_Q"
CERTIFICATE = {"version": 1, "seed": "short", "signature": "abc="}
PLANTED = [
    ('Authorization: Hawk id="me", ts="1", mac="abc="', "a Hawk header"),
    (f"{ROOT_URL}/api/queue/v1/ping?bewit=bWVcMTIz", "a bewit"),
    (f"{ROOT_URL}/?bewit={base64.urlsafe_b64encode(b'me').decode()}", "a bewit"),
    (TOKEN, "an access token"),
    (json.dumps({"certificate": json.dumps(CERTIFICATE)}), "a certificate"),
    (f"{ROOT_URL}/s3/x?X-Amz-Date=1&X-Amz-Signature=abc", "a presigned query"),
    (f"{ROOT_URL}/api/hooks/v1/hooks/a/b%2Fc/trigger/short", "a trigger token"),
    (json.dumps({"secret": {"password": "house"}, "expires": "2100-01-01T00:00:00.000Z"}), "a secret"),
    (json.dumps({"credentials": {"clientId": "task-client/a", "accessToken": "short"}}), "a secret"),
    ("TASKCLUSTER_ACCESS_TOKEN=short", "a secret"),
    ("https://tc.my-company.dev/tasks", "an address"),
    ("http://10.0.0.7:8080/tasks", "an address"),
]


class TestLeaks:
    @given(
        st.one_of(
            st.text(), st.binary(), st.from_regex(r"(%[0-9a-f]{2}|\\\\u[0-9a-f]{4}|[a-zA-Z0-9+/]{12})+")
        )
    )
    def test_any_text_can_be_looked_through(self, text: str | bytes) -> None:
        leaks(cassette(response={"body": {"string": text}}))

    def test_none_where_all_is_hidden(self) -> None:
        hidden = {
            "accessToken": "REDACTED-1",
            "certificate": '{"seed":"REDACTED-2"}',
            "secret": {"a": "REDACTED"},
        }
        assert leaks(cassette(**answering(hidden))) == []

    @pytest.mark.parametrize(
        ("planted", "kind"),
        [
            ({"request": {"headers": {"Authorization": ["x"]}}}, "an Authorization header"),
            ({"request": {"headers": {"accept": ['Hawk id="a", mac="b"']}}}, "a Hawk header"),
            ({"request": {"uri": f"{ROOT_URL}/api?bewit=abc"}}, "a bewit"),
            ({"request": {"uri": f"{ROOT_URL}/s3/x?X-Amz-Signature=abc"}}, "a presigned query"),
            ({"request": {"uri": f"{ROOT_URL}/api/hooks/v1/hooks/a/b/trigger/c"}}, "a trigger token"),
            ({"request": {"uri": "http://127.0.0.1:40123/api"}}, "an address"),
            ({"request": {"uri": "https://tc.my-company.dev/api"}}, "an address"),
            (answering({"a": "wIkMwbQzRKmoYgTBkGIGMg3fGZ-wOlQtmHYN0yD5aU_Q"}), "an access token"),
            (answering({"a": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"}), "a JSON web token"),
            (answering({"a": "ASIA0123456789ABCDEF"}), "a key of a cloud"),
            (answering({"a": f"-----BEGIN RSA {'PRIVATE'} KEY-----"}), "a private key"),
            (answering({"accessToken": "x"}), "a secret"),
            (answering({"credentials": {"clientId": "a", "accessToken": "x"}}), "a secret"),
            (answering({"secret": {"password": "house"}}), "a secret"),
            (answering({"secret": {"pin": 1234}}), "a secret"),
            (answering({"certificate": json.dumps({"seed": "abc"})}), "a certificate"),
            (answering({"certificate": {"signature": "abc"}}), "a certificate"),
            ({"response": {"headers": {"Set-Cookie": ["session=abc"]}}}, "a cookie"),
            ({"response": {"headers": {"Location": ["https://me:pw@example.com/"]}}}, "a secret"),
            ({"response": {"headers": {"Via": ["1.1 10.1.2.3"]}}}, "an address"),
            ({"request": {"body": "grant=x&access_token=abc"}}, "a secret"),
            (answering({"accessToken": "REDACTED, or so it says"}), "a secret"),
            (answering({"owner": "somebody@my-company.dev"}), "an address"),
            (answering({"queue": "amqps://pulse.my-company.dev:5671/x"}), "an address"),
        ],
    )
    def test_each_kind_is_found(self, planted: dict[str, Any], kind: str) -> None:
        assert leaks(cassette(**planted)) == [kind]

    @pytest.mark.parametrize("place", ["in a URL", "in a header", "in a request", "in an answer"])
    @pytest.mark.parametrize("wrap", WRAPS, ids=lambda wrap: wrap.__name__)
    @pytest.mark.parametrize(("text", "kind"), PLANTED)
    def test_each_kind_is_found_in_each_wrap(
        self, text: str, kind: str, wrap: Callable[[str], str | bytes], place: str
    ) -> None:
        wrapped = wrap(text)
        planted: dict[str, Any] = {
            "in a URL": {"request": {"uri": f"{ROOT_URL}/{quote(wrapped)}"}},
            "in a header": {"response": {"headers": {"location": [wrapped]}}},
            "in a request": {"request": {"body": wrapped}},
            "in an answer": {"response": {"body": {"string": wrapped}}},
        }[place]
        assert kind in leaks(cassette(**planted))

    @pytest.mark.parametrize("added", [f"# of {TOKEN}\n", f"note: {TOKEN}\n"])
    def test_what_somebody_wrote_beside_it_is_looked_at_too(self, added: str) -> None:
        assert leaks(cassette() + added) == ["an access token"]

    @pytest.mark.parametrize("wrap", WRAPS, ids=lambda wrap: wrap.__name__)
    def test_what_is_hidden_is_fine_in_each_wrap(self, wrap: Callable[[str], str | bytes]) -> None:
        credentials = {
            "clientId": CLIENT_ID,
            "accessToken": "REDACTED-1",
            "seed": "REDACTED-2".ljust(44, "x"),
        }
        text = json.dumps({"credentials": credentials, "url": f"{ROOT_URL}/a?b=c", "by": "ci@example.com"})
        assert leaks(cassette(response={"body": {"string": wrap(text)}})) == []


def test_without_vcrpy_the_error_says_what_to_install() -> None:
    said = said_without("vcr", "import tc_testing.recording")
    assert said == "tc_testing.recording needs the package vcrpy; install tc-testing[recording]\n"


def check(response: Any) -> None:
    assert response.status < 400
