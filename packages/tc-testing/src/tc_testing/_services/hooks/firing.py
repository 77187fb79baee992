"""Firing a hook: its template becomes a task in the queue."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import jsone
from jsone.shared import JSONTemplateError

from tc_core import json_date, slug_id

from ..._calls import Call
from ..._errors import APIError
from ..._facts import methods
from ..._hawk import Authenticator, Caller
from ..._json import is_object
from ..._schemas import check_payload, fill_defaults
from ..queue import tasks
from .store import Fire, Hook

__all__ = ["fire"]

_CLIENT_ID = "static/taskcluster/hooks"
_DEADLINE = timedelta(days=1)  # after creation, where the template says nothing


class _OwnCall(Call):
    """A call that the hooks service makes itself, so that nobody needs to be identified."""

    def identify(self, authenticator: Authenticator) -> Caller:
        return self.caller


async def fire(call: Call, hook: Hook, fired_by: str) -> str | None:
    """Make the task of the hook, for the payload of the call. Returns its id, None if the template makes none.

    Raises APIError 400, 403.
    """
    task_id, now = slug_id(), call.state.clock.now()
    try:
        task = _render(call, hook, fired_by, task_id, now)
        if task is None:
            return None
        await _create(call, hook, task_id, task)
    except JSONTemplateError as error:
        hook.fires.append(Fire(fired_by, task_id, now, {"name": type(error).__name__, "message": str(error)}))
        raise APIError("InputError", f"While firing hook:\n\n{error}") from None
    except APIError as error:
        message = error.body("createTask", {"taskId": task_id}, None, json_date(now))["message"]
        details = {"name": "Error", "message": message, "code": error.code, "statusCode": error.status}
        hook.fires.append(Fire(fired_by, task_id, now, details))
        raise _explained(hook, error.code, message) from None
    hook.fires.append(Fire(fired_by, task_id, now))
    return task_id


def _render(call: Call, hook: Hook, fired_by: str, task_id: str, now: datetime) -> Any:
    context = {"firedBy": fired_by, "taskId": task_id, "payload": call.payload, "now": json_date(now)}
    if call.caller.client_id is not None:
        context["clientId"] = call.caller.client_id
    task = jsone.render(hook.definition["task"], context)
    if not is_object(task):
        return task
    defaults = {
        "created": json_date(now),
        "deadline": json_date(now + _DEADLINE),
        "taskGroupId": task_id,
    }
    return defaults | task


async def _create(call: Call, hook: Hook, task_id: str, task: Any) -> None:
    """Create the task as who has but the role of the hook. Raises APIError 400, 403."""
    [method] = [method for method in methods() if (method.service, method.name) == ("queue", "createTask")]
    assert method.input is not None
    payload = fill_defaults(method.input, json.loads(json.dumps(task)))
    check_payload(method.input, payload, call.root_url)
    role = f"assume:hook-id:{hook.name}"
    own = _OwnCall(
        method=method,
        params={"taskId": task_id},
        state=call.state,
        request=call.request,
        body=b"",
        content_type=None,
        root_url=call.root_url,
        raw_query="",
        payload=payload,
        caller=Caller(_CLIENT_ID, call.state.auth.expand(["assume:anonymous", role])),
    )
    await tasks.handlers["createTask"](own)


def _explained(hook: Hook, code: str, message: str) -> APIError:
    if code == "InsufficientScopes":
        return APIError(
            code,
            f"The role `hook-id:{hook.name}` does not have sufficient scopes to create the task:\n\n{message}",
        )
    return APIError("InputError", f"While calling createTask: {code}\n\n{message}")
