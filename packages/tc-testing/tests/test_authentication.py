"""Who calls: Hawk headers, bewits, payload hashes, temporary credentials and authorized scopes."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from hawk_client import Caller, encode_ext, temporary

from tc_testing import LocalTaskcluster
from tc_testing._certificates import Issuer
from tc_testing._errors import APIError
from tc_testing._hawk import Authenticator, SignedRequest, check_payload_hash
from tc_testing._hawk import Caller as Identified

CURRENT = "/api/auth/v1/scopes/current"
EXPAND = "/api/auth/v1/scopes/expand"
MINUTE = 60


@pytest.fixture
def anonymous_scopes(anonymous: Caller) -> list[str]:
    return anonymous("GET", CURRENT).json["scopes"]


@pytest.fixture
def issuer(tc: LocalTaskcluster) -> Caller:
    scopes = ["a:*", "auth:create-client:demo/*"]
    return Caller(tc.root_url, "project/demo/ci", tc.add_client("project/demo/ci", scopes))


def own_scopes(caller: Caller, anonymous_scopes: list[str]) -> list[str]:
    """What the caller may do beyond what everyone may."""
    reply = caller("GET", CURRENT)
    assert reply.status == 200, reply
    return [scope for scope in reply.json["scopes"] if scope not in anonymous_scopes]


def assert_refused(reply: Any, message: str) -> None:
    assert (reply.status, reply.code) == (401, "AuthenticationFailed"), reply
    assert reply.message == message


class TestHeader:
    def test_signed_call_is_answered(self, root: Caller) -> None:
        assert root("GET", CURRENT).json == {"scopes": ["*"]}

    def test_wrong_token(self, tc: LocalTaskcluster) -> None:
        reply = Caller(tc.root_url, tc.client_id, "x" * 44)("GET", CURRENT)
        assert_refused(reply, "Unauthorized: Bad mac")

    def test_unknown_client(self, tc: LocalTaskcluster) -> None:
        reply = Caller(tc.root_url, "project/demo/none", "x" * 44)("GET", CURRENT)
        assert_refused(reply, "Client with clientId 'project/demo/none' not found")

    def test_wrong_token_is_refused_where_none_is_needed(self, tc: LocalTaskcluster) -> None:
        caller = Caller(tc.root_url, tc.client_id, "x" * 44)
        assert caller("GET", "/api/secrets/v1/secrets").status == 401
        assert caller("GET", "/api/queue/v1/ping").status == 200

    @pytest.mark.parametrize("minutes", [-14, 14])
    def test_timestamp_within_15_minutes(self, root: Caller, minutes: int) -> None:
        assert root("GET", CURRENT, timestamp=time.time() + minutes * MINUTE).status == 200

    @pytest.mark.parametrize("minutes", [-16, 16])
    def test_timestamp_beyond_15_minutes(self, root: Caller, minutes: int) -> None:
        reply = root("GET", CURRENT, timestamp=time.time() + minutes * MINUTE)
        assert_refused(reply, "Unauthorized: Stale timestamp")

    def test_timestamp_is_not_judged_by_the_moved_clock(self, tc: LocalTaskcluster, root: Caller) -> None:
        tc.clock.advance(days=2)
        assert root("GET", CURRENT).status == 200

    def test_nonce_may_repeat(self, root: Caller) -> None:
        headers = {"authorization": root.authorization("GET", CURRENT)}
        assert root.send("GET", CURRENT, headers=headers).status == 200
        assert root.send("GET", CURRENT, headers=headers).status == 200

    @pytest.mark.parametrize("path", ["/api/auth/v1/scopes", "/api/auth/v1/scopes/current?x=1"])
    def test_signed_for_another_path(self, root: Caller, path: str) -> None:
        headers = {"authorization": root.authorization("GET", path)}
        assert_refused(root.send("GET", CURRENT, headers=headers), "Unauthorized: Bad mac")

    def test_signed_without_query(self, root: Caller) -> None:
        headers = {"authorization": root.authorization("GET", "/api/auth/v1/clients/")}
        assert_refused(
            root.send("GET", "/api/auth/v1/clients/?limit=1", headers=headers), "Unauthorized: Bad mac"
        )

    def test_signed_for_another_verb_or_port(self, root: Caller) -> None:
        for authorization in (
            root.authorization("POST", CURRENT),
            root.authorization("GET", CURRENT, host="127.0.0.1"),
        ):
            reply = root.send("GET", CURRENT, headers={"authorization": authorization})
            assert_refused(reply, "Unauthorized: Bad mac")

    def test_host_is_the_one_of_the_host_header(self, root: Caller) -> None:
        for host in ("tc.example.com", "tc.example.com:8080"):
            headers = {"authorization": root.authorization("GET", CURRENT, host=host), "host": host}
            assert root.send("GET", CURRENT, headers=headers).status == 200

    def test_reserved_characters_are_signed_as_they_are_sent(self, root: Caller) -> None:
        sent = "/api/secrets/v1/secret/it's"
        headers = {"authorization": root.authorization("GET", sent)}
        assert root.send("GET", sent, headers=headers).status == 404
        headers = {"authorization": root.authorization("GET", sent.replace("'", "%27"))}
        assert root.send("GET", sent, headers=headers).status == 401

    def test_header_of_4096_characters(self, root: Caller) -> None:
        empty = len(root.authorization("GET", CURRENT)) + len(', ext=""')
        for length, status in ((4096, 200), (4097, 401)):
            # Without authorizedScopes, and with spaces that base64 does not mind.
            root.ext = encode_ext({}) + " " * (length - empty - len(encode_ext({})))
            authorization = root.authorization("GET", CURRENT)
            assert len(authorization) == length
            reply = root.send("GET", CURRENT, headers={"authorization": authorization})
            assert reply.status == status
        assert_refused(reply, "Bad Request: Header length too long")

    @pytest.mark.parametrize(
        ("authorization", "message"),
        [
            ("Hawk nope", "Bad Request: Bad header format"),
            ("Hawk", "Bad Request: Bad header format"),
            ('Hawk id="x", id="y"', "Bad Request: Bad header format"),
            ('Hawk id="x", ts="1", nonce="n"', "Bad Request: Missing attributes"),
            ("Bearer x", "Unauthorized: Unauthorized"),
            ("", "Unauthorized: Unauthorized"),
        ],
    )
    def test_other_headers(self, anonymous: Caller, authorization: str, message: str) -> None:
        assert_refused(anonymous.send("GET", CURRENT, headers={"authorization": authorization}), message)

    def test_ipv6_literal_is_signed_in_brackets(self) -> None:
        # The mac is of another implementation; mohawk itself leaves the brackets out.
        header = (
            'Hawk id="project/demo/ci", ts="1700000000", nonce="Ygvqdz", '
            'mac="9AelMaxqaLa0W7Ry1z4U/DLVFfc6zASrie8gnUVycXU="'
        )
        issuer = Issuer("project/demo/ci", "no-secret-000000000000000000000000000000000", [])
        authenticator = Authenticator(lambda _: issuer, list, wall_time=lambda: 1_700_000_000, time=time.time)
        request = SignedRequest("GET", CURRENT, "[2001:db8::1]", "443", header)
        assert authenticator.authenticate(request).client_id == "project/demo/ci"
        with pytest.raises(APIError):
            authenticator.authenticate(replace(request, host="2001:db8::1"))


class TestPayloadHash:
    def test_signed_and_unsigned_payload(self, root: Caller) -> None:
        for hashed in (True, False):
            assert root("POST", EXPAND, {"scopes": ["x"]}, hashed=hashed).json == {"scopes": ["x"]}

    def test_content_type_counts_without_parameters(self, root: Caller) -> None:
        headers = {"authorization": root.authorization("POST", EXPAND, b'{"scopes": []}', "application/json")}
        headers["content-type"] = "Application/JSON; charset=utf-8"
        assert root.send("POST", EXPAND, b'{"scopes": []}', headers).status == 200

    def test_another_body(self, root: Caller) -> None:
        headers = {"authorization": root.authorization("POST", EXPAND, b'{"scopes": []}', "application/json")}
        headers["content-type"] = "application/json"
        reply = root.send("POST", EXPAND, b'{"scopes": ["x"]}', headers)
        assert reply.status == 401
        assert reply.message.startswith("Invalid payload hash: {{hash}}\nComputed payload hash: ")
        assert reply.json["requestInfo"]["payload"] == {"scopes": ["x"]}

    def test_hash_comes_before_content_type(self, root: Caller) -> None:
        headers = {"authorization": root.authorization("POST", EXPAND, b"{}", "application/json")}
        assert root.send("POST", EXPAND, b"{}", headers | {"content-type": "text/plain"}).status == 401
        assert root("POST", EXPAND, body=b"{}", content_type="text/plain", hashed=False).status == 400

    def test_body_of_a_get_counts_too(self, root: Caller) -> None:
        headers = {"authorization": root.authorization("GET", CURRENT)}
        assert root.send("GET", CURRENT, b"x", headers).status == 401


class TestBewit:
    def test_get_and_head(self, root: Caller, anonymous: Caller) -> None:
        path = root.bewit(CURRENT)
        assert anonymous("GET", path).json == {"scopes": ["*"]}
        assert anonymous("HEAD", path).status == 200

    def test_beside_a_query(self, root: Caller, anonymous: Caller) -> None:
        path = root.bewit("/api/auth/v1/clients/?prefix=static%2F&limit=1")
        assert anonymous("GET", path).json["clients"][0]["clientId"] == root.client_id
        plain, bewit = path.rsplit("&", 1)
        assert anonymous("GET", plain.replace("?", f"?{bewit}&")).status == 200

    def test_of_temporary_credentials(
        self, issuer: Caller, anonymous: Caller, anonymous_scopes: list[str]
    ) -> None:
        reply = anonymous("GET", temporary(issuer, ["a:b"]).bewit(CURRENT))
        assert [scope for scope in reply.json["scopes"] if scope not in anonymous_scopes] == ["a:b"]

    def test_only_for_get_and_head(self, root: Caller, anonymous: Caller) -> None:
        reply = anonymous("POST", root.bewit(EXPAND), {"scopes": []})
        assert_refused(reply, "Unauthorized: Invalid method")

    def test_not_beside_a_header(self, root: Caller) -> None:
        reply = root.send("GET", root.bewit(CURRENT), headers={"authorization": "x"})
        assert reply.status == 401
        assert reply.message.startswith("Cannot use two authentication schemes at once")

    def test_expired(self, tc: LocalTaskcluster, root: Caller, anonymous: Caller) -> None:
        assert_refused(
            anonymous("GET", root.bewit(CURRENT, expires=time.time() - 1)), "Unauthorized: Access expired"
        )
        path = root.bewit(CURRENT, expires=time.time() + 10 * MINUTE)
        assert anonymous("GET", path).status == 200
        tc.clock.advance(minutes=11)
        assert_refused(anonymous("GET", path), "Unauthorized: Access expired")

    def test_of_another_path(self, root: Caller, anonymous: Caller) -> None:
        path = root.bewit("/api/auth/v1/clients/").replace("clients/", "scopes/current")
        assert_refused(anonymous("GET", path), "Unauthorized: Bad mac")

    def test_too_long(self, root: Caller, anonymous: Caller) -> None:
        root.ext = encode_ext({}) + " " * 3000
        assert_refused(anonymous("GET", root.bewit(CURRENT)), "Bad Request: Resource path exceeds max length")

    @pytest.mark.parametrize(
        ("bewit", "message"),
        [
            ("", "Unauthorized: Empty bewit"),
            ("%%%", None),
            ("YQ==", "Bad Request: Invalid bewit encoding"),
            ("a+b/", "Bad Request: Invalid bewit encoding"),
            ("YQ", "Bad Request: Invalid bewit structure"),
            ("XFxc", "Bad Request: Missing bewit attributes"),
        ],
    )
    def test_malformed(self, anonymous: Caller, bewit: str, message: str | None) -> None:
        reply = anonymous("GET", f"{CURRENT}?bewit={bewit}")
        assert reply.status == 401
        assert message is None or reply.message == message


class TestTemporaryCredentials:
    def test_unnamed_and_named(self, issuer: Caller, anonymous_scopes: list[str]) -> None:
        assert own_scopes(temporary(issuer, ["a:b"]), anonymous_scopes) == ["a:b"]
        assert own_scopes(temporary(issuer, ["a:b"], name="demo/t"), anonymous_scopes) == ["a:b"]
        assert own_scopes(temporary(issuer, []), anonymous_scopes) == []

    def test_certificate_left_out(self, issuer: Caller) -> None:
        caller = temporary(issuer, ["a:b"])
        caller.ext = None
        assert_refused(caller("GET", CURRENT), "Unauthorized: Bad mac")

    def test_expiry_has_5_minutes_of_tolerance(self, tc: LocalTaskcluster, issuer: Caller) -> None:
        caller = temporary(issuer, ["a:b"], expiry=-4 * MINUTE, start=-10 * MINUTE)
        assert caller("GET", CURRENT).status == 200
        tc.clock.advance(minutes=2)
        assert_refused(caller("GET", CURRENT), "ext.certificate.expiry < now")

    def test_start_has_5_minutes_of_tolerance(self, tc: LocalTaskcluster, issuer: Caller) -> None:
        caller = temporary(issuer, ["a:b"], start=6 * MINUTE)
        assert_refused(caller("GET", CURRENT), "ext.certificate.start > now")
        tc.clock.advance(minutes=2)
        assert caller("GET", CURRENT).status == 200

    def test_31_days_at_most(self, issuer: Caller) -> None:
        days = 24 * 60 * MINUTE
        assert temporary(issuer, [], start=0, expiry=31 * days)("GET", CURRENT).status == 200
        reply = temporary(issuer, [], start=0, expiry=31 * days + 1)("GET", CURRENT)
        assert_refused(reply, "ext.certificate cannot last longer than 31 days!")

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"version": 2}, "ext.certificate.version must be 1"),
            ({"version": True}, "ext.certificate.version must be 1"),
            ({"seed": "x" * 43}, "ext.certificate.seed must be 44 characters"),
            ({"seed": 1}, "ext.certificate.seed must be a string"),
            ({"start": "1"}, "ext.certificate.start must be a number"),
            ({"expiry": None}, "ext.certificate.expiry must be a number"),
            ({"expiry": 1e999}, "Failed to parse ext"),
            ({"scopes": "a:b"}, "ext.certificate.scopes must be an array"),
            ({"scopes": ["é"]}, "ext.certificate.scopes must be an array of valid scopes"),
            ({"scopes": ["a:c"]}, "ext.certificate.signature is not valid"),
            ({"signature": "x"}, "ext.certificate.signature is not valid"),
            ({"signature": None}, "ext.certificate.signature is not valid"),
            ({"issuer": 1}, "ext.certificate.issuer must be a string"),
            ({"issuer": "project/demo/ci"}, "ext.certificate.issuer must differ from the supplied clientId"),
        ],
    )
    def test_altered(self, issuer: Caller, changed: dict[str, Any], message: str) -> None:
        assert_refused(temporary(issuer, ["a:b"], changed=changed)("GET", CURRENT), message)

    def test_scopes_beyond_the_issuer(self, issuer: Caller) -> None:
        reply = temporary(issuer, ["b:c"])("GET", CURRENT)
        assert reply.status == 401
        assert "doesn't satisfy all certificate scopes b:c." in reply.message

    def test_name_that_the_issuer_may_not_give(self, issuer: Caller) -> None:
        reply = temporary(issuer, ["a:b"], name="other/x")("GET", CURRENT)
        assert reply.status == 401
        assert "`project/demo/ci` doesn't have `auth:create-client:other/x`" in reply.message

    def test_used_under_another_name(self, issuer: Caller) -> None:
        caller = temporary(issuer, ["a:b"], name="demo/t")
        caller.client_id = "demo/other"
        assert_refused(
            caller("GET", CURRENT), "ext.certificate.signature is not valid, or wrong clientId provided"
        )

    def test_issuer_that_is_disabled(self, root: Caller, issuer: Caller) -> None:
        caller = temporary(issuer, ["a:b"], name="demo/t")
        assert root("POST", "/api/auth/v1/clients/project%2Fdemo%2Fci/disable").status == 200
        assert_refused(caller("GET", CURRENT), "Client with clientId 'project/demo/ci' is disabled")


class TestAuthorizedScopes:
    def test_fewer_scopes(self, tc: LocalTaskcluster, anonymous_scopes: list[str]) -> None:
        caller = Caller(tc.root_url, tc.client_id, tc.access_token, ext={"authorizedScopes": ["c:*", "a:b"]})
        assert own_scopes(caller, anonymous_scopes) == ["a:b", "c:*"]

    def test_none_at_all(self, tc: LocalTaskcluster, anonymous_scopes: list[str]) -> None:
        caller = Caller(tc.root_url, tc.client_id, tc.access_token, ext={"authorizedScopes": []})
        assert own_scopes(caller, anonymous_scopes) == []
        assert caller("GET", "/api/secrets/v1/secret/x").status == 403
        assert caller("GET", "/api/secrets/v1/secrets").status == 200

    def test_beyond_the_own(self, issuer: Caller) -> None:
        issuer.ext = encode_ext({"authorizedScopes": ["b:c"]})
        reply = issuer("GET", CURRENT)
        assert reply.status == 401
        assert reply.message.startswith("Supplied credentials do not satisfy authorizedScopes")

    def test_beside_a_certificate(self, issuer: Caller, anonymous_scopes: list[str]) -> None:
        caller = temporary(issuer, ["a:*"], authorized_scopes=["a:b"])
        assert own_scopes(caller, anonymous_scopes) == ["a:b"]
        assert temporary(issuer, ["a:b"], authorized_scopes=["a:c"])("GET", CURRENT).status == 401


class TestOtherImplementations:
    """What the clients that are in use sign, judged as a real service judged it."""

    @staticmethod
    def vector(name: str) -> dict[str, Any]:
        return json.loads(Path(__file__).with_name("vectors").joinpath(f"{name}.json").read_text("utf-8"))

    CREDENTIALS = vector("temp-credentials")
    CASES = CREDENTIALS["cases"] + CREDENTIALS["altered"]

    @pytest.mark.parametrize(
        "case", CASES, ids=lambda case: f"{case['label']} {case.get('computed_by', '')}".strip()
    )
    def test_temporary_credentials(self, case: dict[str, Any]) -> None:
        tried = datetime.fromisoformat(self.CREDENTIALS["tried_at"]).timestamp()
        issuer_token = case.get("issuer_access_token", "no-secret")
        client_scopes = case["client_scopes"] or ["*"]

        def find(client_id: str) -> Issuer:
            if client_id != case["issuer"]:
                raise APIError("AuthenticationFailed", f"Client with clientId '{client_id}' not found")
            return Issuer(client_id, issuer_token, client_scopes)

        # Where no service was asked, the credentials are good at their start.
        now = tried if case["accepted_by_server"] is not None else case["certificate"]["start"] / 1000
        caller = Caller(
            "http://tc.example.com",
            case["client_id"],
            case["access_token"],
            ext={"certificate": case["certificate"]},
        )
        authorization = caller.authorization("GET", CURRENT, timestamp=now)
        authenticator = Authenticator(find, list, wall_time=lambda: now, time=lambda: now)
        request = SignedRequest("GET", CURRENT, "tc.example.com", "80", authorization)
        if case["accepted_by_server"] is False:
            with pytest.raises(APIError) as refused:
                authenticator.authenticate(request)
            assert refused.value.status == 401
            assert refused.value.message == case["server_says"]
        else:
            identified = authenticator.authenticate(request)
            assert identified.client_id == case["client_id"]
            assert identified.scopes == ["assume:anonymous", *case["certificate"]["scopes"]]

    # What is in `ext` elsewhere is nothing that these services read, or a certificate that is none.
    HEADERS: ClassVar[list[dict[str, Any]]] = [
        case for case in vector("hawk-headers")["cases"] if case["ext"] is None
    ]
    BEWITS: ClassVar[list[dict[str, Any]]] = [
        case for case in vector("bewits")["cases"] if case["ext"] is None
    ]

    @pytest.mark.parametrize("case", HEADERS, ids=lambda case: f"{case['verb']} {case['url']}")
    def test_headers(self, case: dict[str, Any]) -> None:
        caller = self.authenticate(
            case, case["timestamp"], case["verb"], case["signed"]["resource"], case["signed"], case["header"]
        )
        assert caller.client_id == case["credentials"]["id"]
        if case["hash"] is not None:
            body, content_type = case["body"].encode(), case["content_type"] or ""
            check_payload_hash(caller, body, content_type)
            with pytest.raises(APIError):
                check_payload_hash(caller, body + b" ", content_type)

    @pytest.mark.parametrize("case", BEWITS, ids=lambda case: case["url"])
    def test_bewits(self, case: dict[str, Any]) -> None:
        url = urlsplit(str(case["signed_url"]))
        port = url.port or {"http": 80, "https": 443}[url.scheme]
        # One of the programs signs an IPv6 literal without its brackets, which the services do not take.
        signed = {"host": url.hostname or "", "port": port}
        resource = f"{url.path}?{url.query}"
        assert self.authenticate(case, case["exp"] - 1, "GET", resource, signed).client_id is not None
        with pytest.raises(APIError) as refused:
            self.authenticate(case, case["exp"], "GET", resource, signed)
        assert refused.value.message == "Unauthorized: Access expired"

    def authenticate(
        self,
        case: dict[str, Any],
        now: float,
        verb: str,
        resource: str,
        signed: dict[str, Any],
        header: str | None = None,
    ) -> Identified:
        def find(client_id: str) -> Issuer:
            return Issuer(client_id, case["credentials"]["key"], ["*"])

        authenticator = Authenticator(find, list, wall_time=lambda: now, time=lambda: now)
        return authenticator.authenticate(
            SignedRequest(verb, resource, signed["host"], str(signed["port"]), header)
        )

    @pytest.mark.parametrize("case", vector("ext")["encodings"], ids=lambda case: case["what"])
    def test_encodings_of_ext(self, tc: LocalTaskcluster, case: dict[str, Any]) -> None:
        ext = case["ext"]
        if ext.startswith("<"):
            ext = encode_ext({"authorizedScopes": [f"test:{number:04}" for number in range(900)]})
        tester = Caller(tc.root_url, "tester", "no-secret", ext=ext)
        payload = {"clientScopes": ["test:*"], "requiredScopes": []}
        reply = tester("POST", "/api/auth/v1/test-authenticate", payload)
        assert reply.status == case["status"]
        if case["accepted"]:
            assert reply.json == {"clientId": "tester", "scopes": ["assume:anonymous", *case["scopes"]]}
        elif case["what"] != "JSON null":  # there the service gives away the language it is written in
            assert reply.message.startswith(case["server_says"])


class TestTestAuthenticate:
    PATH = "/api/auth/v1/test-authenticate"

    @pytest.fixture
    def tester(self, tc: LocalTaskcluster) -> Caller:
        return Caller(tc.root_url, "tester", "no-secret")

    def test_authorized_scopes(self, tester: Caller) -> None:
        tester.ext = encode_ext({"authorizedScopes": ["test:a", "test:b"]})
        reply = tester("POST", self.PATH, {"clientScopes": ["test:*"], "requiredScopes": ["test:a"]})
        assert reply.json == {"clientId": "tester", "scopes": ["assume:anonymous", "test:a", "test:b"]}

    def test_named_temporary_credentials(self, tester: Caller) -> None:
        caller = temporary(tester, ["test:authenticate"], name="demo-named")
        payload = {"clientScopes": ["test:*"], "requiredScopes": ["test:authenticate"]}
        assert_refused(
            caller("POST", self.PATH, payload),
            "ext.certificate issuer `tester` doesn't have `auth:create-client:demo-named` for supplied clientId.",
        )
        payload["clientScopes"].append("auth:create-client:demo-named")
        reply = caller("POST", self.PATH, payload)
        assert reply.json == {"clientId": "demo-named", "scopes": ["assume:anonymous", "test:authenticate"]}

    def test_only_the_tester(self, root: Caller) -> None:
        assert_refused(
            root("GET", "/api/auth/v1/test-authenticate-get/"),
            f"Client with clientId '{root.client_id}' not found",
        )

    def test_required_scopes(self, tester: Caller, anonymous: Caller) -> None:
        payload = {"clientScopes": ["test:*"], "requiredScopes": ["other:scope"]}
        assert tester("POST", self.PATH, payload).code == "InsufficientScopes"
        assert anonymous("POST", self.PATH, payload).code == "InsufficientScopes"


def test_no_secret_is_logged(
    tc: LocalTaskcluster, root: Caller, issuer: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    temp = temporary(issuer, ["a:b"])
    assert root("GET", CURRENT).status == 200
    assert temp("GET", CURRENT).status == 200
    path = root.bewit(CURRENT)
    assert root.send("GET", path).status == 200
    wrong = Caller(tc.root_url, tc.client_id, tc.access_token, ext="!!!")
    assert wrong("GET", CURRENT).status == 401
    for secret in (tc.access_token, issuer.access_token, temp.access_token, path.partition("bewit=")[2]):
        assert secret not in caplog.text
        assert secret not in repr(tc.requests)
        assert secret not in repr(tc)


def test_no_secret_is_shown() -> None:
    request = SignedRequest("GET", f"{CURRENT}?bewit=hidden", "tc.example.com", "80", "hidden")
    assert "hidden" not in repr(request) + repr(Issuer("c", "hidden", []))
