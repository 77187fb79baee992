"""What stands in front of a real deployment: a proxy that makes a local Taskcluster answer as one does.

It adds headers, compresses bodies, serves the buckets at a host and a port of their own, shows what was made in lists
only after a while, publishes the references, and lacks the services and methods that it is told to lack::

    with LocalTaskcluster() as tc, Front(tc.root_url) as front:
        ...  # calls to front.url
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Collection, Mapping
from functools import partial

# Taken now: a recording puts classes of its own in their place, and would record what is passed on as well.
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self
from urllib.parse import urlsplit

import brotli
from loopback import PATIENCE

from tc_testing._facts import Method, methods
from tc_testing._json import is_object
from tc_testing._routing import Router

Missing = Literal["error", "page", "website", "not-implemented"]

STORAGE = "localhost"
ADDED = {
    "Alt-Svc": 'h3=":443"; ma=2592000',
    "Set-Cookie": "affinity=c3RpY2t5LXRvLXRoaXMtbm9kZQ; Path=/; HttpOnly",
    "Strict-Transport-Security": "max-age=31536000",
    "Via": "1.1 edge-7.internal.invalid",
    "X-Served-By": "10.1.2.3",
}

_CONNECTION = frozenset({"connection", "content-length", "transfer-encoding"})
_router = Router(methods())


class Answer(NamedTuple):
    """What is answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Front:
    """The proxy.

    Args:
        root_url: of the Taskcluster behind it.
        lacks: services, such as ``object``, and methods, such as ``queue.listWorkers``, that it does not have.
        missing: how it answers calls of those: as a service, as a proxy, as a website that serves whatever it is
            asked for, or with status 501.
        references: whether it publishes what it has.
        behind: number of the first answers of each list that show nothing yet.

    Attributes:
        lists: the paths of lists in the order in which they were asked for.
    """

    def __init__(
        self,
        root_url: str,
        *,
        lacks: Collection[str] = (),
        missing: Missing = "page",
        references: bool = True,
        behind: int = 1,
    ) -> None:
        self._behind = urlsplit(root_url).netloc
        self._lacks = lacks
        self._missing: Missing = missing
        self._references = references
        self._lag = behind
        self._lock = Lock()
        self.lists: list[str] = []
        self._servers = [
            ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, serve))
            for serve in (self._serve_services, self._serve_buckets)
        ]
        self.url, self.storage_url = (
            f"http://{host}:{server.server_port}"
            for host, server in zip(("127.0.0.1", STORAGE), self._servers, strict=True)
        )
        self._threads = [Thread(target=server.serve_forever, args=(0.01,)) for server in self._servers]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.shutdown()
        for thread in self._threads:
            thread.join(PATIENCE)
        for server in self._servers:
            server.server_close()

    def _serve_services(self, asked: _Handler) -> Answer:
        path = urlsplit(asked.path).path
        if path.startswith("/references/"):
            return self._reference(path)
        match = _router.match(asked.command, path)
        if match and not self._has(match.method.service, match.method.name):
            return self._none()
        answer = asked.passed_on(self._behind, asked.headers["host"])
        if match and _is_list(match.method):
            answer = self._delayed(path, answer)
        moved = answer.body.replace(f"{self.url}/s3/".encode(), f"{self.storage_url}/s3/".encode())
        headers = {
            name: value.replace(f"{self.url}/s3/", f"{self.storage_url}/s3/")
            for name, value in answer.headers.items()
        }
        return _compressed(Answer(answer.status, headers, moved), asked.headers.get("accept-encoding", ""))

    def _serve_buckets(self, asked: _Handler) -> Answer:
        # The URL was signed for the host that the services know.
        return asked.passed_on(self._behind, urlsplit(self.url).netloc)

    def _has(self, service: str, name: str) -> bool:
        return not {service, f"{service}.{name}"} & set(self._lacks)

    def _reference(self, path: str) -> Answer:
        entries: dict[str, list[str]] = {}
        for method in methods():
            if self._references and self._has(method.service, method.name):
                entries.setdefault(f"/references/{method.service}/v1/api.json", []).append(method.name)
        if path == "/references/manifest.json" and entries:
            return _json(200, {"references": list(entries)})
        if path not in entries:
            return _html(404)
        return _json(200, {"entries": [{"type": "function", "name": name} for name in entries[path]]})

    def _none(self) -> Answer:
        match self._missing:
            case "error":
                return _json(404, {"error": "Not found"})
            case "page":
                return _html(404)
            case "website":
                return _html(200)
            case "not-implemented":
                return _html(501)

    def _delayed(self, path: str, answer: Answer) -> Answer:
        with self._lock:
            self.lists.append(path)
            late = self.lists.count(path) <= self._lag
        if not late or answer.status != 200:
            return answer
        content: Any = json.loads(answer.body)
        nothing: dict[str, list[str]] | list[str] = []
        if is_object(content):
            nothing = {key: [] for key in content if key != "continuationToken"}
        return Answer(answer.status, answer.headers, json.dumps(nothing).encode())


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # an answer of two packets would wait for 40 ms

    def __init__(self, serve: Any, *args: Any) -> None:
        self._serve = serve
        super().__init__(*args)

    def passed_on(self, address: str, host: str) -> Answer:
        """Return what is answered at another address, where it is asked for as at a host."""
        content = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        headers |= {"host": host, "accept-encoding": "identity", "connection": "close"}
        connection = HTTPConnection(address, timeout=PATIENCE)
        try:
            connection.request(self.command, self.path, content or None, headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers), response.read())
        finally:
            connection.close()

    def _answer(self) -> None:
        answer = self._serve(self)
        self.send_response(answer.status)
        for name, value in {**answer.headers, **ADDED}.items():
            if name.lower() not in _CONNECTION:
                self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_DELETE = do_GET = do_POST = do_PUT = _answer

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: it would show bewits."""


def _json(status: int, content: object) -> Answer:
    return Answer(status, {"content-type": "application/json"}, json.dumps(content).encode())


def _html(status: int) -> Answer:
    return Answer(status, {"content-type": "text/html"}, b"<!DOCTYPE html><title>A page of a proxy</title>")


def _is_list(method: Method) -> bool:
    """Whether a method lists what clients have made."""
    return method.name.startswith("list") and method.name != "listProviders"


def _compressed(answer: Answer, accepted: str) -> Answer:
    if "content-encoding" in answer.headers:
        return answer
    for encoding, compress in (("br", brotli.compress), ("gzip", gzip.compress)):
        if encoding in accepted and answer.body:
            return Answer(
                answer.status, {**answer.headers, "Content-Encoding": encoding}, compress(answer.body)
            )
    return answer
