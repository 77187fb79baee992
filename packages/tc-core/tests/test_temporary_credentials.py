"""Temporary credentials, held against those of two other clients and what a real Taskcluster said to them."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from clock import Clock
from hypothesis import given
from hypothesis import strategies as st

from tc_core import Credentials
from tc_core._credentials import issue

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors/temp-credentials.json").read_text("utf-8")
)
CASES: list[dict[str, Any]] = VECTORS["cases"]

# npm's client signs an empty list of scopes as one empty scope, and the service does not take that.
REFUSED_SIGNATURE = "ext.certificate.signature is not valid"

ISSUER = Credentials("tester", "no-secret")


def name_of(case: dict[str, Any]) -> str:
    return f"{case['label']}, {case.get('computed_by', 'altered')}"


def reissue(case: dict[str, Any]) -> Credentials:
    return issue(
        Credentials(case["issuer"], case["issuer_access_token"]),
        name=case["name"],
        scopes=case["scopes"],
        start_ms=case["start_ms"],
        expiry_ms=case["expiry_ms"],
        seed=case["seed"],
    )


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_certificates_and_tokens_are_those_of_other_clients(case: dict[str, Any]) -> None:
    ours = reissue(case)
    lines, expected = case["string_to_sign"], dict(case["certificate"])
    if case.get("server_says") == REFUSED_SIGNATURE:
        assert lines.pop() == ""
        assert case["scopes"] == []
        signature = hmac.digest(case["issuer_access_token"].encode(), "\n".join(lines).encode(), "sha256")
        expected["signature"] = b64encode(signature).decode()
    assert ours.access_token == case["access_token"]
    assert ours.client_id == case["client_id"]
    assert json.loads(ours.certificate or "") == expected


def test_a_certificate_is_compact_json_with_its_fields_in_the_usual_order() -> None:
    [case] = [
        case for case in CASES if name_of(case) == "named, with punctuation, npm taskcluster-client 87.1.3"
    ]
    assert reissue(case).certificate == json.dumps(case["certificate"], separators=(",", ":"))


@pytest.mark.parametrize("case", VECTORS["altered"], ids=name_of)
def test_certificates_altered_in_their_form_are_refused_here_already(case: dict[str, Any]) -> None:
    def make() -> Credentials:
        return Credentials(case["client_id"], case["access_token"], json.dumps(case["certificate"]))

    if case["label"] in ("start as text", "named: client id of the issuer"):
        with pytest.raises(ValueError, match=r"^certificate: (start|issuer) must be"):
            make()
        assert case["accepted_by_server"] is False
    else:
        # Who has no key cannot tell whether a signature is right.
        make()


# What is made -------------------------------------------------------------------------------------------------


def test_unnamed_credentials_keep_the_client_id() -> None:
    clock = Clock()
    clock.advance(0.5)
    made = ISSUER.create_temp_creds(ttl=3600, scopes=["a:b"], clock=clock)
    assert made.client_id == "tester"
    assert made.scopes == ("a:b",)
    assert made.start == datetime(2030, 3, 4, 5, 6, 7, 500_000, tzinfo=UTC)
    assert made.expiry == datetime(2030, 3, 4, 6, 6, 7, 500_000, tzinfo=UTC)
    assert "issuer" not in json.loads(made.certificate or "")


def test_named_credentials_have_their_own_client_id_and_name_the_issuer() -> None:
    made = ISSUER.create_named_temp_creds("demo/named", ttl=timedelta(days=1), scopes=[], clock=Clock())
    assert made.client_id == "demo/named"
    assert json.loads(made.certificate or "")["issuer"] == "tester"


def test_no_two_have_the_same_seed_and_token() -> None:
    made = [ISSUER.create_temp_creds(ttl=60, scopes=[]) for _ in range(20)]
    assert len({each.access_token for each in made}) == 20
    assert len({json.loads(each.certificate or "")["seed"] for each in made}) == 20


@given(
    start=st.datetimes(datetime(1970, 1, 2), datetime(9999, 1, 1)),
    zone=st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours))),
    life=st.integers(1, 31 * 86400 * 1000),
)
def test_dates_are_kept_to_the_millisecond(start: datetime, zone: timezone, life: int) -> None:
    begin = start.replace(microsecond=start.microsecond // 1000 * 1000, tzinfo=zone)
    made = ISSUER.create_temp_creds(ttl=timedelta(milliseconds=life), scopes=[], start=begin)
    assert made.start == begin
    assert made.expiry == begin + timedelta(milliseconds=life)


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126)), max_size=5))
def test_any_printable_scopes_are_granted_as_given(scopes: list[str]) -> None:
    assert ISSUER.create_temp_creds(ttl=60, scopes=scopes).scopes == tuple(scopes)


def test_scopes_from_an_iterator_are_not_lost() -> None:
    def generate() -> Iterator[str]:
        yield from ("a", "b")

    scopes: Any = generate()
    assert ISSUER.create_temp_creds(ttl=60, scopes=scopes).scopes == ("a", "b")


# What is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ttl",
    [
        *(0, -1, 0.0001, 31 * 86400 + 1, float("nan"), float("inf"), 1e300, "60", None, True),
        *(timedelta(days=31, milliseconds=1), timedelta(0), timedelta(days=-1)),
    ],
)
def test_a_life_that_the_service_would_not_take_is_refused(ttl: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^ttl: "):
        ISSUER.create_temp_creds(ttl=ttl, scopes=[])


def test_a_life_of_31_days_is_the_longest() -> None:
    made = ISSUER.create_temp_creds(ttl=31 * 86400, scopes=[], start=datetime(2030, 1, 1, tzinfo=UTC))
    assert made.expiry == datetime(2030, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", ["", "tester", "demo named", "demo\n", "caf\u00e9", 'a"b', None])
def test_a_name_that_is_empty_or_the_issuer_or_not_to_be_sent_is_refused(name: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^name: "):
        ISSUER.create_named_temp_creds(name, ttl=60, scopes=[])


def test_temporary_credentials_issue_no_others() -> None:
    made = ISSUER.create_temp_creds(ttl=60, scopes=["*"])
    with pytest.raises(ValueError, match=r"^credentials: temporary credentials cannot issue others"):
        made.create_temp_creds(ttl=10, scopes=[])
    with pytest.raises(ValueError, match=r"^credentials: temporary credentials cannot issue others"):
        made.create_named_temp_creds("demo/named", ttl=10, scopes=[])


@pytest.mark.parametrize(
    ("scopes", "problem"),
    [
        ("a:b", "scopes: is one text"),
        (b"a:b", "scopes: is one text"),
        (None, "scopes: NoneType"),
        ({"a:b": True}, "scopes: dict"),
        (["a", None], r"scopes\[1\]: NoneType is no scope"),
        (["caf\u00e9"], r"scopes\[0\]: has characters other than printable ASCII; check "),
        (["a\n"], r"scopes\[0\]: has characters other than printable ASCII; check "),
        (["a\x7f"], r"scopes\[0\]: has characters other than printable ASCII; check "),
    ],
)
def test_what_is_no_list_of_scopes_is_refused(scopes: Any, problem: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{problem}"):
        ISSUER.create_temp_creds(ttl=60, scopes=scopes)


@pytest.mark.parametrize("start", [datetime(2030, 1, 1), "2030-01-01T00:00:00Z", 1700000000])
def test_a_start_without_a_time_zone_is_refused(start: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^start: "):
        ISSUER.create_temp_creds(ttl=60, scopes=[], start=start)
