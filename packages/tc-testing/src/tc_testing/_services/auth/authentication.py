"""Signatures checked for other services, and methods to try them on, with a client that everyone knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tc_core import json_date, parse_json_date

from ..._calls import Answer, Call, Handlers, require
from ..._certificates import Issuer
from ..._errors import APIError
from ..._hawk import Authenticator, SignedRequest

__all__ = ["handlers"]

handlers = Handlers()

_TESTER = "tester"
_TESTER_TOKEN = "no-secret"

# How long the answer about a caller without credentials may be kept.
_NO_AUTH_LASTS = timedelta(minutes=15)
_SERVICES_LAST = timedelta(days=365_000)


@handlers("authenticateHawk")
async def authenticate_hawk(call: Call) -> Answer:
    payload, auth = call.payload, call.state.auth
    request = SignedRequest(
        payload["method"].upper(),
        payload["resource"],
        payload["host"],
        str(payload["port"]),
        payload.get("authorization"),
    )
    # Of all that the caller's credentials rest on. The clients of the services never expire.
    expiries = [call.state.clock.now() + _SERVICES_LAST]

    def find_issuer(client_id: str) -> Issuer:
        if issuer := call.state.service_clients.issuer(client_id):
            return issuer
        issuer = auth.issuer(client_id)
        expiries.append(parse_json_date(auth.clients[client_id].expires))
        return issuer

    authenticator = Authenticator(
        find_issuer, auth.expand, wall_time=call.state.clock.signing_time, time=call.state.clock.time
    )
    try:
        caller = authenticator.authenticate(request)
    except APIError as error:
        return {"status": "auth-failed", "message": error.message}
    if caller.client_id is None:
        expires = json_date(call.state.clock.now() + _NO_AUTH_LASTS)
        return {"status": "no-auth", "scheme": "none", "expires": expires, "scopes": caller.scopes}
    if caller.expiry_ms is not None:
        expiries.append(datetime.fromtimestamp(caller.expiry_ms / 1000, UTC))
    found: dict[str, Any] = {
        "status": "auth-success",
        "scheme": "hawk",
        "expires": json_date(min(expiries)),
        "scopes": caller.scopes,
        "clientId": caller.client_id,
    }
    return found if caller.payload_hash is None else {**found, "hash": caller.payload_hash}


@handlers("testAuthenticate")
async def test_authenticate(call: Call) -> Answer:
    return _authenticate_tester(call, call.payload["clientScopes"], call.payload["requiredScopes"])


@handlers("testAuthenticateGet")
async def test_authenticate_get(call: Call) -> Answer:
    return _authenticate_tester(call, ["test:*", "auth:create-client:test:*"], ["test:authenticate-get"])


def _authenticate_tester(call: Call, own: Sequence[str], required: Sequence[str]) -> Answer:
    def tester(client_id: str) -> Issuer:
        if client_id != _TESTER:
            raise APIError("AuthenticationFailed", f"Client with clientId '{client_id}' not found")
        return Issuer(_TESTER, _TESTER_TOKEN, own)

    # Roles do not count here: the scopes come back as they were given.
    authenticator = Authenticator(
        tester, list, wall_time=call.state.clock.signing_time, time=call.state.clock.time
    )
    caller = call.identify(authenticator)
    require(caller, {"AllOf": list(required)})
    return {"clientId": caller.client_id, "scopes": caller.scopes}
