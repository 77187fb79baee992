"""The life of hooks."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft7Validator

from tc_core import json_date

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._schemas import problems_of, validator
from .automatic import schedule
from .lookup import find_hook
from .schedule import CronError, next_date
from .store import Hook

__all__ = ["handlers"]

handlers = Handlers()

_SCHEMA = validator(Draft7Validator.META_SCHEMA)


@handlers("listHookGroups")
async def list_hook_groups(call: Call) -> Answer:
    return {"groups": call.state.hooks.groups()}


@handlers("listHooks")
async def list_hooks(call: Call) -> Answer:
    hooks = call.state.hooks.of_group(call.params["hookGroupId"])
    if not hooks:
        raise APIError("ResourceNotFound", "No such group")
    return {"hooks": [hook.json() for hook in hooks]}


@handlers("hook")
async def hook(call: Call) -> Answer:
    return find_hook(call).json()


@handlers("getHookStatus")
async def get_hook_status(call: Call) -> Answer:
    found = find_hook(call)
    last = found.fires[-1].status() if found.fires else {"result": "no-fire"}
    date = next_date(found.definition["schedule"], call.state.clock.now())
    return {"lastFire": last, **({"nextScheduledDate": json_date(date)} if date else {})}


@handlers("createHook")
async def create_hook(call: Call) -> Answer:
    group_id, hook_id = call.params["hookGroupId"], call.params["hookId"]
    _check_definition(call)
    made = Hook(group_id, hook_id, _definition(call.payload, []), call.root_url)
    if call.state.hooks.get(group_id, hook_id) is not None:
        raise APIError("RequestConflict", f"hook `{made.name}` already exists.")
    call.state.hooks.put(made)
    schedule(call.state, made)
    _note_change(call, made.name, "created")
    # Bindings that were left out are shown from the next call on.
    return {key: value for key, value in made.json().items() if key != "bindings" or key in call.payload}


@handlers("updateHook")
async def update_hook(call: Call) -> Answer:
    _check_definition(call)
    found = find_hook(call)
    found.definition = _definition(call.payload, found.definition["bindings"])
    schedule(call.state, found)
    _note_change(call, found.name, "updated")
    return found.json()


@handlers("removeHook")
async def remove_hook(call: Call) -> Answer:
    group_id, hook_id = call.params["hookGroupId"], call.params["hookId"]
    call.state.hooks.remove(group_id, hook_id)
    _note_change(call, f"{group_id}/{hook_id}", "deleted")
    return {}


@handlers("getTriggerToken")
async def get_trigger_token(call: Call) -> Answer:
    return {"token": find_hook(call).trigger_token}


@handlers("resetTriggerToken")
async def reset_trigger_token(call: Call) -> Answer:
    return {"token": find_hook(call).new_token()}


def _definition(payload: dict[str, Any], bindings: list[Any]) -> dict[str, Any]:
    return {
        "bindings": payload.get("bindings", bindings),
        "metadata": {"emailOnError": True, **payload["metadata"]},
        "task": payload["task"],
        "schedule": payload["schedule"],
        "triggerSchema": payload["triggerSchema"],
    }


def _check_definition(call: Call) -> None:
    """Refuse what no hook can be made of. Raises APIError 400."""
    payload = call.payload
    for name, shown in (("hookGroupId", "Hook Group Ids"), ("hookId", "Hook Ids")):
        if payload.get(name, call.params[name]) != call.params[name]:
            raise APIError("InputError", f"{shown} do not match")
        payload[name] = call.params[name]  # so that errors show it
    for expression in payload["schedule"]:
        try:
            next_date([expression], call.state.clock.now())
        except CronError as error:
            raise APIError("InputError", f"{error} in {expression}") from None
    if found := problems_of(_SCHEMA, payload["triggerSchema"]):
        lines = [f" * Property undefined {problem.partition(' ')[2]}" for problem in found]
        raise APIError("InputError", "\n".join(["triggerSchema is not a valid JSON schema:", *lines]))


def _note_change(call: Call, name: str, action: str) -> None:
    call.state.auth.audit.record(call.caller, action, "hook", name)
    payload = {name: call.params[name] for name in ("hookGroupId", "hookId")}
    call.state.publish("hooks", f"hook{action.title()}", {}, payload)
