"""Uploads of objects: begun, with a method that both sides know, and finished."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

from tc_core import json_date, parse_json_date

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from .buckets import Blob

__all__ = ["BUCKET", "handlers"]

handlers = Handlers()

BUCKET = "private-bucket"
"""The bucket that holds all objects."""

_PUT_URL_LASTS = timedelta(minutes=45)
_CLOCKS_DIFFER = timedelta(seconds=10)


@handlers("createUpload")
async def create_upload(call: Call) -> Answer:
    name, payload = call.params["name"], call.payload
    call.authorize(projectId=payload["projectId"])
    expires = parse_json_date(payload["expires"])
    upload = call.state.object.begin(name, payload["projectId"], payload["uploadId"], expires)
    upload.add_hashes(payload.get("hashes", {}))
    call.state.buckets.keep_until(expires, BUCKET, name)
    return {
        "projectId": payload["projectId"],
        "uploadId": payload["uploadId"],
        "expires": payload["expires"],
        "uploadMethod": _choose_method(call, name, payload["proposedUploadMethods"]),
    }


@handlers("finishUpload")
async def finish_upload(call: Call) -> Answer:
    name, payload = call.params["name"], call.payload
    call.authorize(projectId=payload["projectId"])
    upload = call.state.object.begun(name)
    if upload is None:
        raise APIError("ResourceNotFound", f'Object "{name}" not found')
    if upload.project_id != payload["projectId"]:
        raise APIError("InputError", f'Object "{name}" does not have projectId {payload["projectId"]}')
    hashes: dict[str, str] = payload.get("hashes", {})
    if upload.is_finished:
        _check_hashes(name, upload.hashes, hashes)
        return {}
    if upload.upload_id != payload["uploadId"]:
        raise APIError("RequestConflict", f'Object "{name}" does not have uploadId {payload["uploadId"]}')
    upload.add_hashes(hashes)
    upload.is_finished = True
    return {}


def _choose_method(call: Call, name: str, proposed: dict[str, Any]) -> dict[str, Any]:
    match proposed:
        case {"dataInline": inline}:
            blob = Blob(_decode(inline["objectData"]), call.state.clock.now(), inline["contentType"])
            call.state.buckets.put(BUCKET, name, blob)
            return {"dataInline": True}
        case {"putUrl": put}:
            return {"putUrl": _put_url(call, name, put["contentType"], str(put["contentLength"]))}
        case _:
            return {}


def _put_url(call: Call, name: str, content_type: str, content_length: str) -> dict[str, Any]:
    signed = {"content-type": content_type, "content-length": content_length}
    lasts = _PUT_URL_LASTS + _CLOCKS_DIFFER
    return {
        "url": call.state.buckets.put_url(call.root_url, BUCKET, name, lasts, signed),
        "expires": json_date(call.state.clock.now() + _PUT_URL_LASTS),
        "headers": {
            "Content-Type": content_type,
            "Content-Length": content_length,
            "Content-Encoding": "identity",
        },
    }


def _decode(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except ValueError:
        raise APIError("InputError", "Invalid base64 objectData") from None


def _check_hashes(name: str, known: dict[str, str], given: dict[str, str]) -> None:
    """Refuse to finish what is finished with hashes that it does not have. Fewer are all right."""
    for algorithm, value in given.items():
        if known.get(algorithm) == value:
            continue
        problem = "with a different hash for" if algorithm in known else "without hash"
        raise APIError(
            "RequestConflict", f'Object "{name}" is already finished, but {problem} algorithm {algorithm}'
        )
