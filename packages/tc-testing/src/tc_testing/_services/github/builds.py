"""Builds: listed and cancelled."""

from __future__ import annotations

from typing import Any

from ..._calls import Answer, Call, Handlers
from ..._configuration import GithubBuild
from ..._errors import APIError
from ..._pages import page

__all__ = ["handlers"]

handlers = Handlers()

# By what builds can be found, and the key of a build that it is compared with.
_FILTERS = {
    "organization": "organization",
    "repository": "repository",
    "sha": "sha",
    "pullRequest": "pullRequestNumber",
}


@handlers("builds")
async def builds(call: Call) -> Answer:
    query = call.query
    if "repository" in query and "organization" not in query:
        raise APIError("InputError", "Must provide `organization` if querying `repository`")
    if ("sha" in query or "pullRequest" in query) and "repository" not in query:
        raise APIError(
            "InputError", "Must provide `organization` and `repository` if querying `sha` or `pullRequest`"
        )
    cut, more = page(_find(call, query), query)
    return {"builds": list(cut), **more}


@handlers("cancelBuilds")
async def cancel_builds(call: Call) -> Answer:
    names = {"organization": call.params["owner"], "repository": call.params["repo"]}
    found = [build for build in _find(call, call.query | names) if build["state"] == "pending"]
    if not found:
        raise APIError("ResourceNotFound", "No cancellable builds found")
    for build in found:
        _cancel(call, build["taskGroupId"])
    return {"builds": [build | {"state": "cancelled"} for build in found]}


def _find(call: Call, query: dict[str, str]) -> list[dict[str, Any]]:
    """The builds that `query` asks for, those that changed last at the end."""
    wanted = {key: query[name] for name, key in _FILTERS.items() if name in query}
    found = [
        _shown(call, build)
        for build in call.state.configuration.github_builds
        if all(str(build.get(key)) == value for key, value in wanted.items())
    ]
    return sorted(found, key=lambda build: build["updated"])


def _shown(call: Call, build: GithubBuild) -> dict[str, Any]:
    cancelled = build["taskGroupId"] in call.state.github.cancelled
    return {**build, **({"state": "cancelled"} if cancelled else {})}


def _cancel(call: Call, task_group_id: str) -> None:
    """Cancel a build with all of its tasks."""
    call.state.github.cancelled.add(task_group_id)
    queue = call.state.queue
    group = queue.group(task_group_id)
    if group is not None:
        queue.seal(group)
        for task in queue.tasks_of(group):
            if not task.is_resolved:
                queue.cancel(task)
