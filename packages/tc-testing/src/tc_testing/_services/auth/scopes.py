"""What scopes amount to."""

from __future__ import annotations

from ..._calls import Answer, Call, Handlers

__all__ = ["handlers"]

handlers = Handlers()


@handlers("currentScopes")
async def current_scopes(call: Call) -> Answer:
    return {"scopes": call.caller.scopes}


@handlers("expandScopes")
async def expand_scopes(call: Call) -> Answer:
    return {"scopes": call.state.auth.expand(call.payload["scopes"])}
