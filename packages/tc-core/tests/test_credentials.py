"""What credentials take, tell and hide."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clock import Clock

from tc_core import Credentials, CredentialsExpired

PERMANENT = Credentials("project/demo/ci", "an-access-token")

CERTIFICATE: dict[str, Any] = {
    "version": 1,
    "scopes": ["a:b", "c:*"],
    "start": 1700000000000,
    "expiry": 1700003600000,
    "seed": "5JJDJvDTQYG6wO3l4M0sAg5JJDJvDTQYG6wO3l4M0sAg",
    "signature": "xQbG3hBZd8qV3r4m1wz9Ck0fJ6b2yTqk8o3lW5vHn0A=",
    "issuer": "project/demo",
}


def temporary(**changes: Any) -> Credentials:
    fields = CERTIFICATE | changes
    kept = {key: value for key, value in fields.items() if value is not None}
    return Credentials("project/demo/ci", "an-access-token", json.dumps(kept))


def test_permanent_credentials_know_no_dates_and_scopes() -> None:
    assert (PERMANENT.client_id, PERMANENT.access_token) == ("project/demo/ci", "an-access-token")
    assert PERMANENT.certificate is None
    assert (PERMANENT.start, PERMANENT.expiry, PERMANENT.scopes) == (None, None, None)
    assert Credentials("project/demo/ci", "an-access-token", "") == PERMANENT


def test_temporary_credentials_tell_dates_and_scopes() -> None:
    credentials = temporary()
    assert credentials.start == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert credentials.expiry == datetime(2023, 11, 14, 23, 13, 20, tzinfo=UTC)
    assert credentials.scopes == ("a:b", "c:*")


def test_repr_shows_who_and_how_long_but_no_secret() -> None:
    assert repr(PERMANENT) == "Credentials(client_id='project/demo/ci')"
    assert repr(temporary()) == "Credentials(client_id='project/demo/ci', expiry=2023-11-14T23:13:20Z)"


def test_credentials_are_equal_by_all_they_hold() -> None:
    same = Credentials("project/demo/ci", "an-access-token")
    assert same == PERMANENT
    assert hash(same) == hash(PERMANENT)
    assert Credentials("other", "an-access-token") != PERMANENT
    assert Credentials("project/demo/ci", "other") != PERMANENT
    assert temporary() != PERMANENT
    assert PERMANENT != "project/demo/ci"


@pytest.mark.parametrize("name", ["access_token", "client_id", "certificate", "other"])
def test_credentials_are_immutable(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"^Credentials are immutable: {name} cannot be set"):
        setattr(PERMANENT, name, "x")
    with pytest.raises(AttributeError, match=rf"^Credentials are immutable: {name} cannot be deleted"):
        delattr(PERMANENT, name)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_credentials_are_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match=r"^Credentials cannot be pickled, .* use to_json on purpose"):
        pickle.dumps({"credentials": [PERMANENT]}, protocol)


def test_a_copy_is_the_same_object() -> None:
    assert copy.copy(PERMANENT) is PERMANENT
    assert copy.deepcopy([PERMANENT])[0] is PERMANENT


# To and from elsewhere ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("credentials", [PERMANENT, temporary()])
def test_json_is_read_back(credentials: Credentials) -> None:
    assert Credentials.from_json(credentials.to_json()) == credentials
    assert Credentials.from_json(json.loads(json.dumps(credentials.to_json()))) == credentials


def test_json_is_what_services_answer() -> None:
    assert PERMANENT.to_json() == {"clientId": "project/demo/ci", "accessToken": "an-access-token"}
    assert temporary().to_json()["certificate"] == json.dumps(CERTIFICATE)


@pytest.mark.parametrize("key", ["clientId", "accessToken"])
def test_json_without_a_key_is_refused(key: str) -> None:
    value = {name: text for name, text in PERMANENT.to_json().items() if name != key}
    with pytest.raises(ValueError, match=rf"^value: the key '{key}' is missing"):
        Credentials.from_json(value)


def test_the_environment_is_read_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKCLUSTER_CLIENT_ID", "project/demo/ci")
    monkeypatch.setenv("TASKCLUSTER_ACCESS_TOKEN", "an-access-token")
    monkeypatch.setenv("TASKCLUSTER_CERTIFICATE", "")
    assert Credentials.from_env() == PERMANENT
    monkeypatch.setenv("TASKCLUSTER_CERTIFICATE", json.dumps(CERTIFICATE))
    assert Credentials.from_env() == temporary()


@pytest.mark.parametrize("name", ["TASKCLUSTER_CLIENT_ID", "TASKCLUSTER_ACCESS_TOKEN"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_not_set_is_named(name: str, value: str | None) -> None:
    environ = {"TASKCLUSTER_CLIENT_ID": "a", "TASKCLUSTER_ACCESS_TOKEN": "b"}
    rest = {key: text for key, text in environ.items() if key != name}
    with pytest.raises(ValueError, match=rf"^{name} is not set"):
        Credentials.from_env(rest if value is None else rest | {name: value})


# Expiry -------------------------------------------------------------------------------------------------------


def test_credentials_are_good_until_five_minutes_after_expiry() -> None:
    credentials = temporary()
    credentials.check_expiry(1700003600 + 300)
    with pytest.raises(
        CredentialsExpired,
        match=r"^credentials: the certificate of project/demo/ci expired at 2023-11-14T23:13:20Z; get new",
    ):
        credentials.check_expiry(1700003600 + 301)


def test_permanent_credentials_do_not_expire() -> None:
    PERMANENT.check_expiry(1e12)


# Bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("argument", ["client_id", "access_token"])
@pytest.mark.parametrize(
    "value",
    ["", " ", "a b", "ab\n", "\tab", 'a"b', "a\\b", "caf\u00e9", "a\x00", "a\x7f", "\ud800", None, 5, b"ab"],
)
def test_what_cannot_be_sent_is_refused_by_name(argument: str, value: Any) -> None:
    arguments = {"client_id": "a", "access_token": "b", argument: value}
    with pytest.raises((TypeError, ValueError), match=rf"^{argument}: "):
        Credentials(**arguments)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"version": 2}, "version must be 1"),
        ({"version": None}, "version must be 1"),
        ({"scopes": None}, "scopes must be a list of texts"),
        ({"scopes": "a:b"}, "scopes must be a list of texts"),
        ({"scopes": ["a:b", 5]}, "scopes must be a list of texts"),
        ({"start": None}, "start must be a number"),
        ({"start": "1700000000000"}, "start must be a number"),
        ({"expiry": True}, "expiry must be a number"),
        ({"expiry": float("nan")}, "expiry must be a number"),
        ({"expiry": float("inf")}, "expiry must be a number"),
        ({"expiry": 10**18}, "expiry must be a number"),
        ({"start": -1}, "start must be a number"),
        ({"seed": None}, "seed must be a text of 44 characters"),
        ({"seed": "5JJDJvDTQYG6wO3l4M0sAg"}, "seed must be a text of 44 characters"),
        ({"signature": None}, "signature must be a text"),
        ({"issuer": 5}, "issuer must be a text other than the client id"),
        ({"issuer": "project/demo/ci"}, "issuer must be a text other than the client id"),
    ],
)
def test_a_malformed_certificate_is_refused_with_what_is_wrong(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=rf"^certificate: {problem}"):
        temporary(**changes)


@pytest.mark.parametrize("text", ["{", "no JSON", "[]", "null", "5", '"text"', "[" * 100_000])
def test_a_certificate_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"^certificate: is no JSON( object)?; pass the text as Taskcluster gave it"
    ):
        Credentials("a", "b", text)


@pytest.mark.parametrize("value", [CERTIFICATE, {}, 0, b"", b"{}"])
def test_a_certificate_of_another_type_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^certificate: (dict|int|bytes); pass the JSON text"):
        Credentials("a", "b", value)


def test_what_a_later_taskcluster_adds_to_certificates_is_kept() -> None:
    assert temporary(colour="red").certificate == json.dumps(CERTIFICATE | {"colour": "red"})


def test_a_clock_that_is_behind_accepts_fresh_credentials() -> None:
    clock = Clock()
    credentials = PERMANENT.create_temp_creds(ttl=timedelta(hours=1), scopes=[], clock=clock)
    credentials.check_expiry(clock.now - 3600)
