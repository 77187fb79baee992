"""Methods to try signatures on, with a client that everyone knows."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ..._calls import Answer, Call, Handlers, require
from ..._certificates import Issuer
from ..._errors import APIError
from ..._hawk import Authenticator

__all__ = ["handlers"]

handlers = Handlers()

_TESTER = "tester"
_TESTER_TOKEN = "no-secret"


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
    authenticator = Authenticator(tester, list, wall_time=time.time, time=call.state.clock.time)
    caller = call.identify(authenticator)
    require(caller, {"AllOf": list(required)})
    return {"clientId": caller.client_id, "scopes": caller.scopes}
