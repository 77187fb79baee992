"""Clients: what the recorded exchanges do not show."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hawk_client import Caller
from queue_client import date

from tc_testing import LocalTaskcluster

CLIENT = "/api/auth/v1/clients/project%2Fdemo%2Fci"
PAYLOAD = {"expires": "2100-01-01T00:00:00.000Z", "description": "d", "scopes": ["b", "a"]}


def test_new_client_can_call(tc: LocalTaskcluster, root: Caller) -> None:
    made = root("PUT", CLIENT, PAYLOAD).json
    reply = Caller(tc.root_url, "project/demo/ci", made["accessToken"])("GET", "/api/auth/v1/scopes/current")
    assert {"a", "b"} <= set(reply.json["scopes"])
    assert "accessToken" not in root("GET", CLIENT).json


def test_reset_makes_the_old_token_useless(tc: LocalTaskcluster, root: Caller) -> None:
    old = root("PUT", CLIENT, PAYLOAD).json["accessToken"]
    new = root("POST", f"{CLIENT}/reset").json["accessToken"]
    current = "/api/auth/v1/scopes/current"
    assert Caller(tc.root_url, "project/demo/ci", old)("GET", current).message == "Unauthorized: Bad mac"
    assert Caller(tc.root_url, "project/demo/ci", new)("GET", current).status == 200


def test_client_expires_with_the_clock(tc: LocalTaskcluster, root: Caller) -> None:
    expires = tc.clock.now().replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    token = root("PUT", CLIENT, PAYLOAD | {"expires": expires}).json["accessToken"]
    tc.clock.advance(minutes=1)
    reply = Caller(tc.root_url, "project/demo/ci", token)("GET", "/api/auth/v1/scopes/current")
    assert reply.message == "Client with clientId: 'project/demo/ci' has expired"


@pytest.mark.parametrize("wanted", [True, False])
def test_client_that_has_expired_is_deleted_if_it_wants_that(
    tc: LocalTaskcluster, root: Caller, wanted: bool
) -> None:
    def listed() -> bool:
        clients = root("GET", "/api/auth/v1/clients/").json["clients"]
        return "project/demo/ci" in [client["clientId"] for client in clients]

    soon = {"expires": date(tc.clock.now() + timedelta(hours=1)), "deleteOnExpiration": wanted}
    root("PUT", CLIENT, PAYLOAD | soon)
    tc.clock.advance(minutes=50)
    later = {"expires": date(tc.clock.now() + timedelta(hours=1)), "deleteOnExpiration": wanted}
    assert root("POST", CLIENT, PAYLOAD | later).status == 200
    tc.clock.advance(minutes=50)
    assert listed()
    tc.clock.advance(minutes=50)
    assert listed() is not wanted
    assert root("GET", CLIENT).status == (404 if wanted else 200)


def test_giving_scopes_takes_having_them(tc: LocalTaskcluster, root: Caller) -> None:
    scopes = ["auth:create-client:project/demo/*", "auth:update-client:project/demo/*", "a"]
    caller = Caller(tc.root_url, "giver", tc.add_client("giver", scopes))
    assert caller("PUT", CLIENT, PAYLOAD).code == "InsufficientScopes"
    assert caller("PUT", CLIENT, PAYLOAD | {"scopes": ["a"]}).status == 200
    assert caller("POST", CLIENT, PAYLOAD | {"scopes": ["a", "b"]}).code == "InsufficientScopes"
    root("POST", CLIENT, PAYLOAD)
    # What the client has already is not given by who leaves it there.
    assert caller("POST", CLIENT, PAYLOAD | {"description": "other"}).json["scopes"] == ["a", "b"]


@pytest.mark.parametrize("path", ["", "/enable", "/disable", "/reset"])
def test_client_that_is_not_there(root: Caller, path: str) -> None:
    reply = root("POST", CLIENT + path, None if path else PAYLOAD)
    assert (reply.status, reply.message) == (404, "Client not found")


@pytest.mark.parametrize(
    ("verb", "path"), [("PUT", ""), ("POST", ""), ("POST", "/disable"), ("POST", "/reset")]
)
def test_static_clients_stay_as_they_are(root: Caller, verb: str, path: str) -> None:
    client = "/api/auth/v1/clients/static%2Ftaskcluster%2Froot"
    reply = root(verb, client + path, None if path else PAYLOAD)
    assert (reply.status, reply.code) == (400, "InputError")


def test_dates_are_written_one_way(root: Caller) -> None:
    made = root("PUT", CLIENT, PAYLOAD | {"expires": "2100-01-01T01:00:00+01:00"}).json
    assert made["expires"] == "2100-01-01T00:00:00.000Z"


def test_scopes_are_looked_at_before_the_payload_where_the_path_says_them_all(anonymous: Caller) -> None:
    assert anonymous("POST", f"{CLIENT}/disable").status == 403
    assert anonymous("PUT", "/api/secrets/v1/secret/x", {}).status == 403
    assert anonymous("PUT", CLIENT, {}).status == 400
