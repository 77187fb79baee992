"""Objects that are finished: described, and where to read them."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from tc_core import json_date

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from .store import StoredObject
from .uploads import BUCKET

__all__ = ["handlers", "simple_url"]

handlers = Handlers()

_SIMPLE_URL_LASTS = timedelta(minutes=30)
_GET_URL_LASTS = timedelta(minutes=1)
_GET_URL_WORKS = timedelta(minutes=2)  # longer than is said


@handlers("object")
async def describe(call: Call) -> Answer:
    found = _find(call)
    return {
        "projectId": found.project_id,
        "expires": json_date(found.expires),
        "hashes": found.hashes,
    }


@handlers("startDownload")
async def start_download(call: Call) -> Answer:
    found, accepted = _find(call), call.payload["acceptDownloadMethods"]
    if "getUrl" in accepted:
        url = call.state.buckets.get_url(call.root_url, BUCKET, found.name, _GET_URL_WORKS)
        expires = json_date(call.state.clock.now() + _GET_URL_LASTS)
        return {"method": "getUrl", "url": url, "expires": expires, "hashes": found.hashes}
    if "simple" in accepted:
        return {"method": "simple", "url": simple_url(call, found)}
    raise APIError("NoMatchingMethod", "Object supports methods simple, getUrl")


@handlers("download")
async def download(call: Call) -> Answer:
    url = simple_url(call, _find(call))
    return Response(f"See Other. Redirecting to {url}", 303, {"location": url}, "text/plain; charset=utf-8")


def simple_url(call: Call, found: StoredObject) -> str:
    """The URL at which anyone may read an object for half an hour."""
    return call.state.buckets.get_url(call.root_url, BUCKET, found.name, _SIMPLE_URL_LASTS)


def _find(call: Call) -> StoredObject:
    found = call.state.object.find(call.params["name"])
    if found is None:
        raise APIError("ResourceNotFound", f'Object "{call.params["name"]}" not found')
    return found
