"""Purge requests: made, and asked for by workers."""

from __future__ import annotations

import json
from datetime import datetime

from starlette.responses import Response

from tc_core import parse_json_date

from ..._calls import Answer, Call, Handlers
from ..._errors import APIError
from ..._pages import page

__all__ = ["handlers"]

handlers = Handlers()


@handlers("purgeCache")
async def purge_cache(call: Call) -> Answer:
    call.authorize(cacheName=call.payload["cacheName"])
    call.state.purge_cache.purge(call.params["workerPoolId"], call.payload["cacheName"])
    return Response(status_code=204)


@handlers("allPurgeRequests")
async def all_purge_requests(call: Call) -> Answer:
    requests, more = page(call.state.purge_cache.all(), call.query)
    return {"requests": [request.json() for request in requests], **more}


@handlers("purgeRequests")
async def purge_requests(call: Call) -> Answer:
    since = _since(call)
    requests = call.state.purge_cache.of_pool(call.params["workerPoolId"])
    return {"requests": [request.json() for request in requests if since is None or request.before >= since]}


def _since(call: Call) -> datetime | None:
    text = call.query.get("since")
    if not text:
        return None
    try:
        return parse_json_date(text)
    except ValueError:
        raise APIError(
            "InvalidRequestArguments",
            f"Query-string parameter: since={json.dumps(text)} is not valid, error: Invalid Date",
        ) from None
