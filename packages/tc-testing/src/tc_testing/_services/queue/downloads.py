"""The content of artifacts: where it is, and how to get it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from starlette.responses import Response

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._json import write
from ..object.downloads import simple_url
from .artifact_store import Artifact
from .artifacts import bucket_of, latest_run_id, object_name
from .lookup import run_id_of

__all__ = ["handlers"]

handlers = Handlers()

_GET_URL_LASTS = timedelta(minutes=30)
_DOWNLOAD_CREDENTIALS_LAST = timedelta(hours=1)
_RESERVED = ":/?#[]@!$&'()*+,;=%"
_STORAGE_TYPE = "x-taskcluster-artifact-storage-type"


@handlers("getArtifact")
async def get_artifact(call: Call) -> Answer:
    return _redirect(call, run_id_of(call))


@handlers("getLatestArtifact")
async def get_latest_artifact(call: Call) -> Answer:
    call.authorize(names=[call.params["name"]])
    return _redirect(call, latest_run_id(call))


@handlers("artifact")
async def artifact(call: Call) -> Answer:
    return _describe(call, run_id_of(call))


@handlers("latestArtifact")
async def latest_artifact(call: Call) -> Answer:
    call.authorize(names=[call.params["name"]])
    return _describe(call, latest_run_id(call))


def _redirect(call: Call, run_id: int) -> Response:
    found = _follow_links(call, run_id)
    headers = {_STORAGE_TYPE: found.storage_type}
    if found.storage_type == "error":
        return Response(write(found.details), 424, headers, "application/json; charset=utf-8")
    url = _url(call, run_id, found)
    answer = {"storageType": found.storage_type, "url": url}
    headers["location"] = quote(url, safe=_RESERVED)
    return Response(write(answer), 303, headers, "application/json; charset=utf-8")


def _describe(call: Call, run_id: int) -> Answer:
    found = _follow_links(call, run_id)
    match found.storage_type:
        case "object":
            return _object(call, run_id, found.name)
        case "error":
            return {"storageType": "error", **found.details}
        case storage_type:
            return {"storageType": storage_type, "url": _url(call, run_id, found)}


def _follow_links(call: Call, run_id: int) -> Artifact:
    """The artifact that the path names or leads to, if the caller may see all names on the way.

    Raises APIError 400, 401, 403, 404, 410.
    """
    names: list[str] = []
    name = call.params["name"]
    while True:
        names.append(name)
        call.authorize(names=names)
        found = call.state.queue.artifacts.get(call.params["taskId"], run_id, name)
        if found is None or not found.is_present:
            raise APIError("ResourceNotFound", "Artifact not found")
        if found.expires < call.state.clock.now():
            raise APIError("ResourceExpired", "Artifact expired")
        if found.storage_type != "link":
            return found
        name = found.details["artifact"]
        if name in names:
            raise APIError("InputError", "Artifact leads to a link cycle")


def _url(call: Call, run_id: int, found: Artifact) -> str:
    """Where the bytes of an artifact are. Raises APIError 404."""
    if found.storage_type == "reference":
        return found.details["url"]
    task_id = call.params["taskId"]
    if found.storage_type == "object":
        stored = call.state.object.find(object_name(task_id, run_id, found.name))
        if stored is None:
            raise APIError("ResourceNotFound", "Object does not exist.")
        return simple_url(call, stored)
    bucket, key = bucket_of(found.name), f"{task_id}/{run_id}/{found.name}"
    if bucket == "public-bucket":
        return call.state.buckets.url(call.root_url, bucket, key)
    return call.state.buckets.get_url(call.root_url, bucket, key, _GET_URL_LASTS)


def _object(call: Call, run_id: int, name: str) -> Answer:
    task_id = call.params["taskId"]
    stored_as = object_name(task_id, run_id, name)
    return {
        "storageType": "object",
        "name": stored_as,
        "credentials": call.state.service_clients.issue(
            "queue",
            f"artifact-download/{task_id}/{run_id}/{name}",
            [f"object:download:{stored_as}"],
            call.state.clock.now() + _DOWNLOAD_CREDENTIALS_LAST,
        ),
    }
