"""Artifacts: as long as no worker can claim a task and create any, each one looked for is missing."""

from __future__ import annotations

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError

__all__ = ["handlers"]

handlers = Handlers()


@handlers("getLatestArtifact")
@handlers("latestArtifact")
async def latest_artifact(call: Call) -> Answer:
    call.authorize(names=[call.params["name"]])
    missing = "Artifact" if call.state.queue.task(call.params["taskId"]) else "Task"
    raise APIError("ResourceNotFound", f"{missing} not found")
