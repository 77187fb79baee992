"""Artifacts of the tasks that the index finds."""

from __future__ import annotations

from urllib.parse import quote

from mohawk.base import Resource
from mohawk.bewit import get_bewit

from ..._answers import see_other
from ..._calls import Answer, Call, Handlers
from ..queue.artifacts import bucket_of
from .tasks import find_indexed

__all__ = ["handlers"]

handlers = Handlers()

_BEWIT_SECONDS = 15 * 60


@handlers("findArtifactFromTask")
async def find_artifact_from_task(call: Call) -> Answer:
    task_id, name = find_indexed(call).task_id, call.params["name"]
    if not name.startswith("public/"):
        return see_other(_signed(call, _url(call, task_id, name)))
    return see_other(_direct_url(call, task_id, name) or _url(call, task_id, name))


def _url(call: Call, task_id: str, name: str) -> str:
    """Where the queue has the artifact."""
    return f"{call.root_url}/api/queue/v1/task/{task_id}/artifacts/{quote(name, safe='')}"


def _direct_url(call: Call, task_id: str, name: str) -> str | None:
    """Where the bytes of a public artifact are that is kept in a bucket, None if it is not."""
    task = call.state.queue.task(task_id)
    if task is None or not task.runs:
        return None
    artifact = call.state.queue.artifacts.get(task_id, task.last_run_id, name)
    if artifact is None or artifact.storage_type != "s3" or artifact.expires < call.state.clock.now():
        return None
    key = f"{task_id}/{task.last_run_id}/{name}"
    return call.state.buckets.url(call.root_url, bucket_of(name), key)


def _signed(call: Call, url: str) -> str:
    """`url` with the right to read it: the caller has it, but credentials do not follow a redirect."""
    client = call.state.service_clients.client("index")
    credentials = {"id": client.client_id, "key": client.access_token, "algorithm": "sha256"}
    expiry = int(call.state.clock.time()) + _BEWIT_SECONDS
    resource = Resource(url=url, method="GET", credentials=credentials, timestamp=expiry, nonce="")
    return f"{url}?bewit={get_bewit(resource).rstrip('=')}"
