"""`.taskcluster.yml`: the tasks that it makes of an event."""

from __future__ import annotations

from collections.abc import Callable
from graphlib import CycleError, TopologicalSorter
from typing import Any

import yaml

from tc_core import json_date, slug_id

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._json import is_object
from ..._schemas import problems_of, validator
from ..templates import JSONTemplateError, render
from .events import made_up_event

__all__ = ["handlers"]

handlers = Handlers()

_SCHEDULER_ID = "taskcluster-github"

# What must be right of a rendered file for there to be tasks; the rest of each task is for the queue to judge.
_TEXTS = {"type": "array", "items": {"type": "string"}}
_RENDERED = validator(
    {
        "type": "object",
        "properties": {
            "tasks": {
                "type": ["array", "null"],
                "items": {
                    "type": "object",
                    "properties": {
                        "taskId": {"type": "string"},
                        "taskGroupId": {"type": "string"},
                        "dependencies": _TEXTS,
                        "routes": _TEXTS,
                    },
                },
            },
        },
    }
)


@handlers("renderTaskclusterYml")
async def render_taskcluster_yml(call: Call) -> Answer:
    payload = call.payload
    organization, repository = payload.get("organization"), payload.get("repository")
    if organization is None or repository is None:
        # What the service says of a name that was left out.
        raise APIError("InputError", "Cannot read properties of undefined (reading 'replace')")
    config, fake = _read(payload["body"]), payload["fakeEvent"]
    event = made_up_event(fake, organization, repository)
    now = json_date(call.state.clock.now())
    context = {
        "now": now,
        "taskcluster_root_url": call.root_url,
        "tasks_for": fake["type"],
        "event": event,
        "as_slugid": _slug_ids_by_label(),
    }
    try:
        rendered = render(config, context)
    except JSONTemplateError as error:
        raise APIError("InputError", str(error)) from None
    if found := problems_of(_RENDERED, rendered):
        raise APIError("InputError", "\n".join(["The body makes something else:", *found]))
    # A template may ask for the status of commits or, as "reporting" says, for the newer checks.
    route = "checks" if rendered.get("reporting") else "statuses"
    repo = f"assume:repo:github.com/{organization}/{repository}:{_role_suffix(fake['type'], event)}"
    return {
        "tasks": _tasks(rendered.get("tasks") or [], route, now),
        "scopes": [repo, f"queue:route:{route}", f"queue:scheduler-id:{_SCHEDULER_ID}"],
    }


def _read(text: str) -> dict[str, Any]:
    try:
        config: object = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise APIError("InputError", f"The body is no YAML: {error}") from None
    if not is_object(config) or config.get("version") not in (0, 1):
        raise APIError("InputError", "The body must be an object with `version` 0 or 1")
    if config["version"] == 0:
        raise APIError("NotImplemented", "The local Taskcluster renders no .taskcluster.yml of version 0.")
    return config


def _slug_ids_by_label() -> Callable[[str], str]:
    made: dict[str, str] = {}

    def as_slugid(label: str) -> str:
        return made.setdefault(label, slug_id())

    return as_slugid


def _role_suffix(tasks_for: str, event: dict[str, Any]) -> str:
    """What the event may do: the end of the role's id. The Taskcluster manual has it under "GitHub"."""
    match tasks_for:
        case "github-push":
            _, kind, name = [*str(event["ref"]).split("/", 2), "", ""][:3]
            return f"tag:{name}" if kind == "tags" else f"branch:{name}"
        case "github-release":
            return f"release:{event['action']}"
        case "github-pull-request-untrusted":
            return "pull-request-untrusted"
        case _:
            return "pull-request"


def _tasks(tasks: list[dict[str, Any]], route: str, now: str) -> list[dict[str, Any]]:
    """The tasks with what they leave out, each after those that it depends on. Raises APIError 400."""
    ids = _default_ids(tasks)
    complete: dict[str, dict[str, Any]] = {}
    for task in tasks:
        task = {"created": now, "schedulerId": _SCHEDULER_ID, **ids, **task}
        task["routes"] = list(dict.fromkeys([*task.get("routes", ()), route]))
        complete[task.pop("taskId")] = task
        ids["taskId"] = slug_id()
    graph = {task_id: task.get("dependencies", ()) for task_id, task in complete.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise APIError("InputError", f"The tasks depend on each other in a cycle: {error.args[1]}") from None
    return [{"taskId": task_id, "task": complete[task_id]} for task_id in order if task_id in complete]


def _default_ids(tasks: list[dict[str, Any]]) -> dict[str, Any]:
    """The ids of the first task. One that is alone is the decision task of its group, and shares the group's id."""
    task_id, group_id = slug_id(), slug_id()
    if len(tasks) == 1:
        [task] = tasks
        task_id = task.get("taskGroupId", task.get("taskId", task_id))
        group_id = task.get("taskId", task_id)
    return {"taskId": task_id, "taskGroupId": group_id}
