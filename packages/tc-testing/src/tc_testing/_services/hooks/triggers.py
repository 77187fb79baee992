"""Hooks triggered by a call, and what became of that."""

from __future__ import annotations

import json
import secrets
from typing import Any

from tc_core import json_date

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._pages import page
from .firing import fire, trigger_problems
from .lookup import find_hook
from .store import Fire, Hook

__all__ = ["handlers"]

handlers = Handlers()


@handlers("triggerHook")
async def trigger_hook(call: Call) -> Answer:
    return await _trigger(call, find_hook(call), "triggerHook")


@handlers("triggerHookWithToken")
async def trigger_hook_with_token(call: Call) -> Answer:
    hook = find_hook(call)
    if not secrets.compare_digest(call.params["token"].encode(), hook.trigger_token.encode()):
        raise APIError("AuthenticationFailed", "invalid hook token")
    return await _trigger(call, hook, "triggerHookWithToken")


@handlers("listLastFires")
async def list_last_fires(call: Call) -> Answer:
    hook = call.state.hooks.get(call.params["hookGroupId"], call.params["hookId"])
    if hook is None or not hook.fires:
        raise APIError("ResourceNotFound", "No such hook or never fired")
    fires, more = page(list(reversed(hook.fires)), call.query)
    return {"lastFires": [_shown(call, hook, fire) for fire in fires], **more}


async def _trigger(call: Call, hook: Hook, fired_by: str) -> Answer:
    if found := trigger_problems(hook, call.payload):
        raise APIError("InputError", "; ".join(found))
    context = {"payload": call.payload}
    if call.caller.client_id is not None:
        context["clientId"] = call.caller.client_id
    task_id = fire(call.state, hook, fired_by, context)
    return {} if task_id is None else {"taskId": task_id, "status": {"taskId": task_id}}


def _shown(call: Call, hook: Hook, shown: Fire) -> dict[str, Any]:
    task = call.state.queue.task(shown.task_id)
    return {
        "hookGroupId": hook.group_id,
        "hookId": hook.hook_id,
        "firedBy": shown.fired_by,
        "taskId": shown.task_id,
        "taskCreateTime": json_date(shown.time),
        "result": "success" if shown.error is None else "error",
        "error": "" if shown.error is None else json.dumps(shown.error, indent=2),
        "taskState": "unknown" if task is None else task.state,
    }
