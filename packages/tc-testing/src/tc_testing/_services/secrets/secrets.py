"""Secrets: kept, shown, listed and removed."""

from __future__ import annotations

from tc_core import json_date, parse_json_date

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._pages import page
from .store import Secret

__all__ = ["handlers"]

handlers = Handlers()


@handlers("set")
async def set_secret(call: Call) -> Answer:
    name, expires = call.params["name"], json_date(parse_json_date(call.payload["expires"]))
    _note_change(call, "created" if call.state.secrets.get(name) is None else "updated")
    call.state.secrets.put(name, Secret(call.payload["secret"], expires))
    return {}


@handlers("get")
async def get_secret(call: Call) -> Answer:
    secret = call.state.secrets.get(call.params["name"])
    if secret is None:
        raise APIError("ResourceNotFound", "Secret not found")
    return {"secret": secret.value, "expires": secret.expires}


@handlers("remove")
async def remove_secret(call: Call) -> Answer:
    call.state.secrets.remove(call.params["name"])
    _note_change(call, "deleted")
    return {}


@handlers("list")
async def list_secrets(call: Call) -> Answer:
    names, more = page(call.state.secrets.names(), call.query)
    return {"secrets": list(names), **more}


def _note_change(call: Call, action: str) -> None:
    call.state.auth.audit.record(call.caller, action, "secret", call.params["name"])
