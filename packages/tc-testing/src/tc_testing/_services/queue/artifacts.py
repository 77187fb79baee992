"""Artifacts: created, finished, listed and described."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from tc_core import json_date, parse_json_date, slug_id

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._pages import page_after
from .artifact_store import Artifact
from .lookup import run_id_of
from .records import Run, Task

__all__ = ["bucket_of", "handlers", "latest_run_id", "object_name"]

handlers = Handlers()

_PUT_URL_LASTS = timedelta(minutes=45)
_CLOCKS_DIFFER = timedelta(seconds=10)
_UPLOAD_CREDENTIALS_LAST = timedelta(hours=24)
_EXPIRES_TOLERANCE = timedelta(minutes=15)
# For so long after an exception its artifacts may be uploaded.
_LATE_ARTIFACTS = timedelta(minutes=25)
_DETAILS = {"reference": ("url",), "link": ("artifact",), "error": ("reason", "message")}


@handlers("createArtifact")
async def create_artifact(call: Call) -> Answer:
    task, run_id, run = _find_run_to_add_to(call)
    expires = parse_json_date(call.payload["expires"])
    _check_expires(call, task, expires)
    _check_not_resolved(call, task, run)
    artifact = _artifact(call.params["name"], call.payload, expires)
    store = call.state.queue.artifacts
    existing = store.get(task.task_id, run_id, artifact.name)
    if existing is not None and not existing.may_become(artifact):
        raise _exists(existing)
    if artifact.storage_type == "object":
        _reserve_object(call, task, run_id, artifact)
    store.put(task.task_id, run_id, artifact)
    # Nothing is uploaded yet to s3, and nobody says so when it is.
    if artifact.is_present and artifact.storage_type != "s3":
        call.state.queue.announce.artifact(task, run_id, artifact.json())
    return _how_to_upload(call, task, run_id, artifact)


@handlers("finishArtifact")
async def finish_artifact(call: Call) -> Answer:
    task_id, run_id, name = call.params["taskId"], run_id_of(call), call.params["name"]
    task = call.state.queue.task(task_id)
    artifact = call.state.queue.artifacts.get(task_id, run_id, name)
    if task is None or artifact is None:
        raise APIError(
            "ResourceNotFound", f"Artifact `{name}` of run {run_id} of task `{task_id}` not found."
        )
    if artifact.storage_type != "object":
        raise APIError("InputError", "Only object artifacts can be finished")
    if not artifact.is_present:
        if call.payload["uploadId"] != artifact.details["uploadId"]:
            raise APIError("InputError", "given uploadId does not match that for the artifact")
        if call.state.object.find(object_name(task_id, run_id, name)) is None:
            raise APIError("InputError", "Object storing artifact data does not exist")
        artifact.is_present = True
    call.state.queue.announce.artifact(task, run_id, artifact.json())
    return Response(status_code=204)


@handlers("listArtifacts")
async def list_artifacts(call: Call) -> Answer:
    run_id = run_id_of(call)
    if run_id > latest_run_id(call):
        raise APIError("ResourceNotFound", f"Task `{call.params['taskId']}` has no run {run_id}.")
    return _list(call, run_id)


@handlers("listLatestArtifacts")
async def list_latest_artifacts(call: Call) -> Answer:
    return _list(call, latest_run_id(call))


@handlers("artifactInfo")
async def artifact_info(call: Call) -> Answer:
    return _info(call, run_id_of(call))


@handlers("latestArtifactInfo")
async def latest_artifact_info(call: Call) -> Answer:
    return _info(call, latest_run_id(call))


def latest_run_id(call: Call) -> int:
    """The id of the last run of the task that the path names. Raises APIError 404."""
    task = call.state.queue.task(call.params["taskId"])
    if task is None:
        raise APIError("ResourceNotFound", "Task not found")
    if not task.runs:
        raise APIError("ResourceNotFound", "Task doesn't have any runs")
    return task.last_run_id


def object_name(task_id: str, run_id: int, name: str) -> str:
    """The name of the object that holds an object artifact."""
    return f"t/{task_id}/{run_id}/{name}"


def bucket_of(name: str) -> str:
    """The bucket that holds an s3 artifact."""
    return "public-bucket" if name.startswith("public/") else "private-bucket"


def _list(call: Call, run_id: int) -> Answer:
    artifacts = call.state.queue.artifacts.of_run(call.params["taskId"], run_id)
    shown, more = page_after(artifacts, lambda artifact: [artifact.name], call.query)
    return {"artifacts": [artifact.json() for artifact in shown], **more}


def _info(call: Call, run_id: int) -> Answer:
    artifact = call.state.queue.artifacts.get(call.params["taskId"], run_id, call.params["name"])
    if artifact is None or not artifact.is_present or artifact.expires <= call.state.clock.now():
        raise APIError("ResourceNotFound", "Artifact not found")
    return artifact.json()


def _find_run_to_add_to(call: Call) -> tuple[Task, int, Run]:
    """The run that an artifact is for; here what is missing is an error of the input. Raises APIError 400."""
    task, run_id = call.state.queue.task(call.params["taskId"]), run_id_of(call)
    if task is None:
        raise APIError("InputError", "Task not found")
    run = task.run(run_id)
    if run is None:
        raise APIError("InputError", "Run not found")
    if not run.worker:
        raise APIError("InputError", "Run was claimed by no worker, so it has no artifacts")
    return task, run_id, run


def _check_expires(call: Call, task: Task, expires: datetime) -> None:
    if expires < call.state.clock.now() - _EXPIRES_TOLERANCE:
        raise APIError("InputError", "`expires` must be in the future")
    if expires > task.expires:
        raise APIError(
            "InputError",
            f"Artifact expires ({json_date(expires)}) after the task expiration {json_date(task.expires)} "
            "(task.expires < expires) - this is not allowed, artifacts may not expire after the task they "
            "belong to expires",
        )


def _check_not_resolved(call: Call, task: Task, run: Run) -> None:
    if run.state == "running":
        return
    resolved = parse_json_date(run.resolved) if run.resolved else None
    if run.state == "exception" and resolved and resolved > call.state.clock.now() - _LATE_ARTIFACTS:
        return
    raise APIError(
        "RequestConflict",
        "Artifacts cannot be created for a task after it is resolved, unless it is resolved 'exception', and "
        "even in this case only up to 25 min past resolution.This to ensure that artifacts have been uploaded "
        "before a task is 'completed' and output is consumed by a dependent task\n\n"
        f"Task status: {json.dumps(task.status(), indent=2)}",
    )


def _artifact(name: str, payload: Mapping[str, Any], expires: datetime) -> Artifact:
    storage_type = payload["storageType"]
    return Artifact(
        name,
        storage_type,
        payload.get("contentType", "application/binary"),
        expires,
        details={key: payload[key] for key in _DETAILS.get(storage_type, ())},
        is_present=storage_type != "object",
        content_length=payload.get("contentLength"),
    )


def _exists(existing: Artifact) -> APIError:
    shown = {name: existing.json()[name] for name in ("storageType", "contentType", "expires")}
    return APIError(
        "RequestConflict",
        "Artifact already exists with different properties, and none of the allowed exceptions apply: "
        + json.dumps(shown, indent=2),
    )


def _reserve_object(call: Call, task: Task, run_id: int, artifact: Artifact) -> None:
    """Keep the name of the object for whoever has the upload id. Raises APIError 409."""
    artifact.details["uploadId"] = slug_id()
    call.state.object.begin(
        object_name(task.task_id, run_id, artifact.name),
        task.definition["projectId"],
        artifact.details["uploadId"],
        artifact.expires,
    )


def _how_to_upload(call: Call, task: Task, run_id: int, artifact: Artifact) -> Answer:
    match artifact.storage_type:
        case "s3":
            bucket, key = bucket_of(artifact.name), f"{task.task_id}/{run_id}/{artifact.name}"
            call.state.buckets.keep_until(artifact.expires, bucket, key)
            return {
                "storageType": "s3",
                "contentType": artifact.content_type,
                "expires": json_date(call.state.clock.now() + _PUT_URL_LASTS),
                "putUrl": call.state.buckets.put_url(
                    call.root_url, bucket, key, _PUT_URL_LASTS + _CLOCKS_DIFFER
                ),
            }
        case "object":
            return _object_upload(call, task, run_id, artifact)
        case storage_type:
            return {"storageType": storage_type}


def _object_upload(call: Call, task: Task, run_id: int, artifact: Artifact) -> Answer:
    worker, project_id = task.runs[run_id].worker, task.definition["projectId"]
    name = object_name(task.task_id, run_id, artifact.name)
    return {
        "storageType": "object",
        "name": name,
        "projectId": project_id,
        "uploadId": artifact.details["uploadId"],
        "expires": json_date(artifact.expires),
        "credentials": call.state.service_clients.issue(
            "queue",
            f"artifact-upload/{task.task_id}/{run_id}/on/{worker['workerGroup']}/{worker['workerId']}",
            [f"object:upload:{project_id}:{name}"],
            min(artifact.expires, call.state.clock.now() + _UPLOAD_CREDENTIALS_LAST),
        ),
    }
