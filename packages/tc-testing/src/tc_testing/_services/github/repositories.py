"""What people see of builds on GitHub: statuses of commits, comments, badges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ..._answers import see_other
from ..._calls import Answer, Call, Handlers
from ..._errors import APIError

__all__ = ["handlers"]

handlers = Handlers()

_COLOURS = {"success": "#4c1", "pending": "#dfb317", "failure": "#e05d44", "error": "#e05d44"}
_OTHER_COLOUR = "#9f9f9f"
_BADGE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="20"><rect width="120" height="20" rx="3" '
    'fill="{colour}"/><text x="60" y="14" fill="#fff" font-family="sans-serif" font-size="11" '
    'text-anchor="middle">{status}</text></svg>'
)


@handlers("repository")
async def repository(call: Call) -> Answer:
    return {"installed": _heads(call) is not None}


@handlers("badge")
async def badge(call: Call) -> Answer:
    if _heads(call) is None:
        status = "nogithub"
    else:
        latest = _latest_status(call)
        status = latest["state"] if latest else "newrepo"
    svg = _BADGE.format(colour=_COLOURS.get(status, _OTHER_COLOUR), status=status)
    # In bytes: to a text the media type would get a charset.
    return Response(svg.encode(), headers={"x-taskcluster-status": status}, media_type="image/svg+xml")


@handlers("latest")
async def latest(call: Call) -> Answer:
    status = _latest_status(call)
    if status is None or "target_url" not in status:
        raise APIError("ResourceNotFound", "Status not found")
    return see_other(status["target_url"])


@handlers("createStatus")
async def create_status(call: Call) -> Answer:
    if _heads(call) is None:
        raise APIError("ResourceNotFound", "Installation not found")
    commit = (_name(call), call.params["sha"])
    call.state.github.statuses.setdefault(commit, []).append({"context": "default", **call.payload})
    return {}


@handlers("createComment")
async def create_comment(call: Call) -> Answer:
    if _heads(call) is None:
        raise APIError("ResourceNotFound", "Issue not found")
    issue = (_name(call), call.params["number"])
    call.state.github.comments.setdefault(issue, []).append(call.payload["body"])
    return {}


def _name(call: Call) -> str:
    return f"{call.params['owner']}/{call.params['repo']}"


def _heads(call: Call) -> Mapping[str, str] | None:
    """The commit at the head of each branch, None if the integration is not installed on the repository."""
    return call.state.configuration.github_repositories.get(_name(call))


def _latest_status(call: Call) -> dict[str, Any] | None:
    """What the head of the branch was given last, None if that is nothing."""
    commit = (_heads(call) or {}).get(call.params["branch"], "")
    statuses = call.state.github.statuses.get((_name(call), commit))
    return statuses[-1] if statuses else None
