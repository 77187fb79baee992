"""The ASGI application: a request comes in, its method is found and checked, its handler answers."""

from __future__ import annotations

import html
import logging
import re
import uuid
from collections import deque
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tc_core import json_date

from ._calls import Call
from ._connection import Connection
from ._errors import APIError, internal_error
from ._facts import Method, methods
from ._faults import Faults
from ._handlers import handler_of
from ._hawk import SignedRequest
from ._json import is_object, read, write
from ._parameters import check_params, read_query
from ._routing import MalformedPath, Router
from ._schemas import check_payload, fill_defaults
from ._scopes import parameters_of
from ._services.object import storage
from ._settling import settle
from ._state import State

__all__ = ["App", "ReceivedRequest"]

_log = logging.getLogger("tc_testing")

_LONGEST_HEAD = 16 * 1024  # bytes of path and headers; more is answered with 431
_LARGEST_BODY = 10 * 1024 * 1024  # bytes; more is an internal error of the services
_MOST_REQUESTS = 10_000  # that are remembered
_SECRET = re.compile(r"([?&](?:bewit|X-Amz-Signature)=|/api/hooks/v1/hooks/[^/]+/[^/]+/trigger/)[^&?]+")

# What errors do not show of a payload: a key, or None for all of it.
_HIDDEN: Mapping[tuple[str, str], str | None] = {
    ("secrets", "set"): "secret",
    ("worker-manager", "registerWorker"): None,
    ("worker-manager", "reregisterWorker"): None,
}


class ReceivedRequest(NamedTuple):
    """A request that the server received, and the status it was answered with."""

    verb: str
    path: str  # as it was sent, with the query, but for secrets
    status: int


class App:
    """A local Taskcluster as an ASGI application.

    Arguments: root_token, the access token of the client that may do everything.
    """

    def __init__(self, root_token: str) -> None:
        self._root_token = root_token
        self._router = Router(methods())
        self.faults = Faults()
        self.requests: deque[ReceivedRequest] = deque(maxlen=_MOST_REQUESTS)
        self.state = State(root_token)

    def reset(self) -> None:
        """Forget everything that happened; the root client stays as it is."""
        self.faults.clear()
        self.requests.clear()
        self.state.close()
        self.state = State(self._root_token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"a local Taskcluster speaks HTTP only, not {scope['type']}")
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        path = _SECRET.sub(
            r"\1…", _raw_path(scope) + ("?" if scope["query_string"] else "") + _raw_query(scope)
        )
        self.requests.append(ReceivedRequest(request.method, path, response.status_code))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        scope = request.scope
        if _head_size(scope) > _LONGEST_HEAD:
            return Response(status_code=HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if storage.is_storage(_raw_path(scope)):
            if (faulty := await self._fail(request, "s3", f"{request.method.title()}Object")) is not None:
                return faulty
            return await storage.serve(
                request, _raw_path(scope), _raw_query(scope), self.state.buckets, self.state.clock
            )
        try:
            match = self._router.match(request.method, _raw_path(scope))
        except MalformedPath:
            await _read_body(request)
            return Response(
                "<h1>400 Bad Request</h1>\n", status_code=400, headers={"content-type": "text/html"}
            )
        if match is None:
            await _read_body(request)
            return self._unrouted(request)
        method, params = match
        if (faulty := await self._fail(request, method.service, method.name)) is not None:
            return faulty
        body = await _read_body(request)
        call = self._call(request, method, params, body or b"")
        try:
            settle(call.state)
            response = await _handle(call, too_large=body is None)
            settle(call.state)
        except APIError as error:
            response = self._refuse(call, error, hide_payload=body is None)
        except Exception:
            _log.exception("%s.%s failed", method.service, method.name)
            response = self._refuse(call, internal_error())
        trace_id = request.headers.get("x-taskcluster-trace-id") or str(uuid.uuid4())
        response.headers["x-for-trace-id"] = trace_id
        response.headers["x-for-request-id"] = str(uuid.uuid4())
        return response

    async def _fail(self, request: Request, service: str, method: str) -> Response | None:
        """Have go wrong what is to go wrong with the request. Returns what to answer it with, None for the truth.

        Raises ClientDisconnect when the connection is gone.
        """
        fault = self.faults.take(service, method)
        if fault is None:
            return None
        if isinstance(fault, Response):
            await _read_body(request)
            return fault
        connection: Connection = request.scope["state"]["connection"]
        if fault.place not in ("accept", "request"):
            connection.plan(request.method, fault)
            return None
        received = _head_size(request.scope)
        is_chunked = "transfer-encoding" in request.headers
        if not is_chunked and received + int(request.headers.get("content-length", 0)) < fault.after:
            return None  # there is no such byte
        async for chunk in request.stream():
            received += len(chunk)
            if received >= fault.after:
                break
        connection.reset()
        await _disconnected(request)
        raise ClientDisconnect

    def _unrouted(self, request: Request) -> Response:
        if request.method == "OPTIONS" and (verbs := self._router.verbs(_raw_path(request.scope))):
            return Response(", ".join(verbs), headers={"content-type": "text/plain"})
        if _raw_path(request.scope).startswith("/api/web-server/"):
            return _html_not_found(request)
        return _json_response({"error": "Not found"}, 404)

    def _call(self, request: Request, method: Method, params: dict[str, str], body: bytes) -> Call:
        scope = request.scope
        raw_query = _raw_query(scope)
        host, port = _host_and_port(request.headers.get("host", ""))
        return Call(
            method=method,
            params=params,
            state=self.state,
            request=SignedRequest(
                verb=request.method,
                resource=_raw_path(scope) + (f"?{raw_query}" if raw_query else ""),
                host=host,
                port=port,
                authorization=request.headers.get("authorization"),
            ),
            body=body,
            content_type=request.headers.get("content-type"),
            root_url=f"http://{request.headers.get('host', '')}",
            raw_query=raw_query,
            wait_for_disconnect=lambda: _disconnected(request),
        )

    def _refuse(self, call: Call, error: APIError, *, hide_payload: bool = False) -> Response:
        payload = _without_secrets(call)
        now = json_date(self.state.clock.now())
        body = error.body(call.method.name, call.params, None if hide_payload else payload, now)
        return _json_response(body, error.status)


def _without_secrets(call: Call) -> Any:
    method, payload = (call.method.service, call.method.name), call.payload
    if method not in _HIDDEN:
        return payload
    hidden = _HIDDEN[method]
    if hidden is None:
        return "(OMITTED)"
    return {**payload, hidden: "(OMITTED)"} if is_object(payload) and hidden in payload else payload


async def _handle(call: Call, *, too_large: bool) -> Response:
    """Take a call through all checks, in the order of the services, and to its handler. Raises APIError."""
    method = call.method
    if too_large:
        raise internal_error()
    handler = handler_of(method)
    if handler is None:
        raise APIError(
            "NotImplemented",
            f"The local Taskcluster does not implement {method.service}.{method.name}, "
            f"{method.verb} {method.route}.",
        )
    problem = _read_payload(call)
    check_params(method, call.params)
    call.query = read_query(method, call.raw_query)
    # Where the path says all that the scopes depend on, the caller is looked at before the payload is; otherwise
    # the handler asks for authorization once it knows.
    if method.scopes is not None and parameters_of(method.scopes) <= set(method.args):
        call.authorize()
    if method.input is not None:
        if problem is not None:
            raise problem
        call.payload = fill_defaults(method.input, call.payload)
        check_payload(method.input, call.payload, call.root_url)
    answer = await handler(call)
    return answer if isinstance(answer, Response) else _json_response(answer)


def _read_payload(call: Call) -> APIError | None:
    """Put what the body holds into `call.payload`; the error to answer with if a payload is asked for."""
    content_type = call.content_type
    if content_type is None or content_type.partition(";")[0].strip().lower() != "application/json":
        return APIError(
            "MalformedPayload",
            "Payload must be JSON with content-type: application/json "
            f"got content-type: {'null' if content_type is None else content_type}",
        )
    if not call.body:
        return None
    try:
        call.payload = read(call.body)
    except ValueError as error:
        call.payload = call.body.decode(errors="replace")
        return APIError("MalformedPayload", f"Failed to parse JSON: {error}")
    return None


def _html_not_found(request: Request) -> Response:
    """What a service answers that leaves unknown routes to its web framework."""
    cannot = html.escape(f"Cannot {request.method} {_raw_path(request.scope)}")
    return Response(
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n'
        f"<body>\n<pre>{cannot}</pre>\n</body>\n</html>\n",
        404,
        media_type="text/html; charset=utf-8",
    )


def _json_response(content: Any, status: int = 200) -> Response:
    return Response(write(content), status_code=status, media_type="application/json; charset=utf-8")


async def _read_body(request: Request) -> bytes | None:
    """The body, None if it is too large; it is read to its end all the same."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= _LARGEST_BODY:
            chunks.append(chunk)
    return b"".join(chunks) if size <= _LARGEST_BODY else None


async def _disconnected(request: Request) -> None:
    """Return when the client of a request is gone; what it still sends is passed over."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _raw_path(scope: Scope) -> str:
    path: bytes = scope["raw_path"]
    return path.decode("latin-1")


def _raw_query(scope: Scope) -> str:
    query: bytes = scope["query_string"]
    return query.decode("latin-1")


def _head_size(scope: Scope) -> int:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    return (
        len(scope["raw_path"])
        + len(scope["query_string"])
        + sum(len(name) + len(value) + 4 for name, value in headers)
    )


def _host_and_port(host_header: str) -> tuple[str, str]:
    """Host, an IPv6 literal in its brackets, and port as the client signed them."""
    host, colon, port = host_header.rpartition(":")
    if colon and port.isdecimal():
        return host, port
    return host_header, "80"
