"""Firing a hook: its template becomes a task in the queue."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from referencing.exceptions import Unresolvable

from tc_core import json_date, slug_id

from ..._calls import Call
from ..._errors import APIError
from ..._facts import methods
from ..._hawk import Authenticator, Caller, SignedRequest
from ..._json import is_object
from ..._schemas import check_payload, fill_defaults, problems_of, validator
from ..._state import State
from ..queue import tasks
from ..templates import JSONTemplateError, render
from .store import Fire, Hook

__all__ = ["fire", "trigger_problems"]

_CLIENT_ID = "static/taskcluster/hooks"
_DEADLINE = timedelta(days=1)  # after creation, where the template says nothing


class _OwnCall(Call):
    """A call that the hooks service makes itself, so that nobody needs to be identified."""

    def identify(self, authenticator: Authenticator) -> Caller:
        return self.caller


def fire(state: State, hook: Hook, fired_by: str, context: Mapping[str, Any]) -> str | None:
    """Make the task of the hook. Returns its id, None if the template makes none.

    Arguments: context, what the template knows beside why, when and for which task it is rendered.
    Raises APIError 400, 403.
    """
    task_id, now = slug_id(), state.clock.now()
    try:
        task = _render(hook, {"firedBy": fired_by, "taskId": task_id, "now": json_date(now), **context}, now)
        if task is None:
            return None
        _create(state, hook, task_id, task)
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


def trigger_problems(hook: Hook, payload: Any) -> list[str]:
    """What of a payload is not as the hook wants it, one text each."""
    try:
        return problems_of(validator(hook.definition["triggerSchema"]), payload)
    except (Unresolvable, re.error) as error:
        return [f"triggerSchema cannot be applied: {error}"]


def _render(hook: Hook, context: dict[str, Any], now: datetime) -> Any:
    task = render(hook.definition["task"], context)
    if not is_object(task):
        return task
    defaults = {
        "created": json_date(now),
        "deadline": json_date(now + _DEADLINE),
        "taskGroupId": context["taskId"],
    }
    return defaults | task


def _create(state: State, hook: Hook, task_id: str, task: Any) -> None:
    """Create the task as who has but the role of the hook. Raises APIError 400, 403."""
    [method] = [method for method in methods() if (method.service, method.name) == ("queue", "createTask")]
    assert method.input is not None
    payload = fill_defaults(method.input, json.loads(json.dumps(task)))
    check_payload(method.input, payload, hook.root_url)
    role = f"assume:hook-id:{hook.name}"
    call = _OwnCall(
        method=method,
        params={"taskId": task_id},
        state=state,
        request=SignedRequest(method.verb, method.route, "", "", None),
        body=b"",
        content_type=None,
        root_url=hook.root_url,
        raw_query="",
        payload=payload,
        caller=Caller(_CLIENT_ID, state.auth.expand(["assume:anonymous", role])),
    )
    tasks.create(call)


def _explained(hook: Hook, code: str, message: str) -> APIError:
    if code == "InsufficientScopes":
        return APIError(
            code,
            f"The role `hook-id:{hook.name}` does not have sufficient scopes to create the task:\n\n{message}",
        )
    return APIError("InputError", f"While calling createTask: {code}\n\n{message}")
