"""The life of roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.responses import Response

from tc_core import json_date

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._pages import page_after
from .changes import note_change
from .store import Role

__all__ = ["handlers"]

handlers = Handlers()


@handlers("listRoles")
async def list_roles(call: Call) -> Answer:
    return [_shown(call, role) for role in _sorted_roles(call)]


@handlers("listRoles2")
async def list_roles2(call: Call) -> Answer:
    roles, more = page_after(_sorted_roles(call), _place, call.query)
    return {"roles": [_shown(call, role) for role in roles], **more}


@handlers("listRoleIds")
async def list_role_ids(call: Call) -> Answer:
    roles, more = page_after(_sorted_roles(call), _place, call.query)
    return {"roleIds": [role.role_id for role in roles], **more}


@handlers("role")
async def role(call: Call) -> Answer:
    return _shown(call, _find(call))


@handlers("createRole")
async def create_role(call: Call) -> Answer:
    role_id, payload, auth = call.params["roleId"], call.payload, call.state.auth
    payload["scopes"] = sorted(payload["scopes"])
    call.authorize(scopes=payload["scopes"])
    existing = auth.roles.get(role_id)
    if existing is None:
        now = json_date(call.state.clock.now())
        existing = Role(role_id, payload["description"], payload["scopes"], created=now, last_modified=now)
        _refuse_cycles(call, existing)
        auth.put_role(existing)
    elif (existing.description, existing.scopes) != (payload["description"], payload["scopes"]):
        raise APIError("RequestConflict", f"Role with roleId '{role_id}' already exists")
    note_change(call, "role", "created", role_id)
    return _shown(call, existing)


@handlers("updateRole")
async def update_role(call: Call) -> Answer:
    payload, auth = call.payload, call.state.auth
    existing = auth.roles.get(call.params["roleId"])
    wanted = sorted(payload["scopes"])
    given = existing.scopes if existing else ()
    call.authorize(scopesAdded=[scope for scope in wanted if scope not in given])
    old = _find(call)
    now = json_date(call.state.clock.now())
    updated = Role(old.role_id, payload["description"], wanted, created=old.created, last_modified=now)
    _refuse_cycles(call, updated)
    auth.put_role(updated)
    note_change(call, "role", "updated", updated.role_id)
    return _shown(call, updated)


@handlers("deleteRole")
async def delete_role(call: Call) -> Answer:
    role_id, auth = call.params["roleId"], call.state.auth
    auth.remove_role(role_id)
    note_change(call, "role", "deleted", role_id)
    return Response(status_code=204)


def _place(role: Role) -> Sequence[str]:
    return [role.role_id]


def _sorted_roles(call: Call) -> list[Role]:
    return [role for _, role in sorted(call.state.auth.roles.items())]


def _shown(call: Call, shown: Role) -> dict[str, Any]:
    return shown.json(call.state.auth.expand([f"assume:{shown.role_id}"]))


def _find(call: Call) -> Role:
    found = call.state.auth.roles.get(call.params["roleId"])
    if found is None:
        raise APIError("ResourceNotFound", "Role not found")
    return found


def _refuse_cycles(call: Call, changed: Role) -> None:
    """Refuse a role with which expanding scopes would not end. Raises APIError 400."""
    roles = call.state.auth.roles | {changed.role_id: changed}
    grants = {role_id: list(_roles_with_parameter(role, roles)) for role_id, role in roles.items()}
    if path := _path_back(changed.role_id, changed.role_id, grants, set()):
        found = " -> ".join(f"'assume:{role_id}'" for role_id in [changed.role_id, *path])
        raise APIError("InputError", f"Roles may not contain dependency cycles, found: {found}")


def _roles_with_parameter(role: Role, roles: Iterable[str]) -> Iterable[str]:
    """The ids of the roles that `role` hands its parameter on to; only these can make ever longer scopes."""
    if not role.role_id.endswith("*"):
        return
    for scope in role.scopes:
        before, placeholder, _ = scope.partition("<..>")
        if not placeholder or not before.startswith("assume:"):
            continue
        granted = before.removeprefix("assume:")
        for role_id in roles:
            prefix = role_id.removesuffix("*")
            if role_id.endswith("*") and (granted.startswith(prefix) or prefix.startswith(granted)):
                yield role_id


def _path_back(start: str, end: str, grants: Mapping[str, list[str]], seen: set[str]) -> list[str] | None:
    """The roles through which `start` grants `end`, which is the last of them; None if it does not."""
    for role_id in grants[start]:
        if role_id == end:
            return [role_id]
        if role_id not in seen:
            seen.add(role_id)
            if rest := _path_back(role_id, end, grants, seen):
                return [role_id, *rest]
    return None
