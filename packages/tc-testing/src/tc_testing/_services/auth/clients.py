"""The life of clients."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from tc_core import json_date, parse_json_date

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._pages import page
from .changes import note_change
from .store import Client

__all__ = ["handlers"]

handlers = Handlers()


@handlers("listClients")
async def list_clients(call: Call) -> Answer:
    prefix = call.query.get("prefix", "")
    clients = call.state.auth.clients
    ids, more = page([client_id for client_id in sorted(clients) if client_id.startswith(prefix)], call.query)
    return {"clients": [_shown(call, clients[client_id]) for client_id in ids], **more}


@handlers("client")
async def client(call: Call) -> Answer:
    return _shown(call, _find(call))


@handlers("createClient")
async def create_client(call: Call) -> Answer:
    client_id, payload = call.params["clientId"], call.payload
    wanted = sorted(payload.get("scopes", []))
    call.authorize(scopes=wanted)
    _refuse_static(client_id)
    expires = _date(payload["expires"])
    existing = call.state.auth.clients.get(client_id)
    if existing is None:
        made = call.state.auth.add_client(
            client_id,
            wanted,
            payload["description"],
            expires,
            delete_on_expiration=payload["deleteOnExpiration"],
        )
        note_change(call, "client", "created", client_id)
        return _with_token(call, made)
    same = (
        existing.description == payload["description"]
        and existing.expires == expires
        and existing.scopes == wanted
        and existing.delete_on_expiration == payload["deleteOnExpiration"]
        and not existing.disabled
    )
    if not same:
        raise APIError("RequestConflict", "Client already exists")
    note_change(call, "client", "created", client_id)
    return _with_token(call, existing)


@handlers("updateClient")
async def update_client(call: Call) -> Answer:
    existing, payload = call.state.auth.clients.get(call.params["clientId"]), call.payload
    wanted = sorted(payload.get("scopes", existing.scopes if existing else []))
    call.authorize(scopesAdded=[scope for scope in wanted if not existing or scope not in existing.scopes])
    updated = _changed(call, "updated")
    updated.description = payload["description"]
    updated.expires = _date(payload["expires"])
    updated.scopes = wanted
    updated.delete_on_expiration = payload["deleteOnExpiration"]
    call.state.auth.expect_end(updated)
    return _shown(call, updated)


@handlers("enableClient")
async def enable_client(call: Call) -> Answer:
    enabled = _changed(call, "enabled")
    enabled.disabled = False
    return _shown(call, enabled)


@handlers("disableClient")
async def disable_client(call: Call) -> Answer:
    disabled = _changed(call, "disabled")
    disabled.disabled = True
    return _shown(call, disabled)


@handlers("resetAccessToken")
async def reset_access_token(call: Call) -> Answer:
    reset = _changed(call, "reset")
    reset.access_token = call.state.auth.new_token()
    reset.last_rotated = reset.last_modified
    return _with_token(call, reset)


@handlers("deleteClient")
async def delete_client(call: Call) -> Answer:
    client_id = call.params["clientId"]
    _refuse_static(client_id)
    call.state.auth.clients.pop(client_id, None)
    note_change(call, "client", "deleted", client_id)
    return Response(status_code=204)


def _find(call: Call) -> Client:
    found = call.state.auth.clients.get(call.params["clientId"])
    if found is None:
        raise APIError("ResourceNotFound", "Client not found")
    return found


def _changed(call: Call, action: str) -> Client:
    """The client of the call, marked as changed now. Raises APIError 400, 404."""
    _refuse_static(call.params["clientId"])
    found = _find(call)
    note_change(call, "client", action, found.client_id)
    found.last_modified = json_date(call.state.clock.now())
    return found


def _refuse_static(client_id: str) -> None:
    if client_id.startswith("static/"):
        raise APIError(
            "InputError",
            f'clientId "{client_id}" starts with "static/" which is reserved for statically configured clients.',
        )


def _shown(call: Call, shown: Client) -> dict[str, Any]:
    return shown.json(call.state.auth.expand(shown.scopes))


def _with_token(call: Call, shown: Client) -> dict[str, Any]:
    return _shown(call, shown) | {"accessToken": shown.access_token}


def _date(text: str) -> str:
    return json_date(parse_json_date(text))
