"""An object service and its storage on a loopback socket, which make the faults that a test plans.

The services' answers are as they were observed on a real Taskcluster; the storage behaves as S3 does where it
matters to a transfer: URLs that are secret and expire, strong ETags, Range with If-Range, errors in XML. Faults
count only for requests to the storage, one for each::

    with Depot() as depot:
        depot.objects["a/b"] = Stored(b"...", "text/plain")
        depot.plan(Fault("reset", 0.5), Fault("expired"))
        ...  # transfers to depot.url
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from gzip import compress
from http import HTTPStatus
from threading import Barrier, BrokenBarrierError
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from loopback import PATIENCE, LoopbackServer

from tc_core import json_date

HASHES = ("sha256", "sha512")
_CHUNK = 256 * 1024

_CONTENT = b"".join(hashlib.sha256(b"%d" % at).digest() for at in range(4 * 1024 * 1024 // 32))


def content(size: int) -> bytes:
    """Return bytes of which no two blocks are the same, at most 4 MiB."""
    assert size <= len(_CONTENT)
    return _CONTENT[:size]


Kind = Literal["none", "reset", "hang up", "silence", "stall", "corrupt", "status", "expired", "page"]


class Fault(NamedTuple):
    """What the storage does to a request.

    Attributes:
        kind: ``reset`` and ``hang up`` end the connection, ``stall`` says nothing more, ``silence`` nothing
            at all, ``corrupt`` changes a byte,
            ``status`` answers with an error, ``expired`` lets the URL expire, ``page`` answers with a web page.
        share: where in the body that is: 0 to 1.
        status: for ``status``.
    """

    kind: Kind
    share: float = 0.0
    status: int = 503


@dataclass
class Stored:
    """What is kept under a name.

    Attributes:
        content: the bytes.
        content_type: as the storage says it.
        hashes: as the object service says them.
        gzip: whether the storage keeps and sends them compressed.
        finished: whether the upload was finished.
    """

    content: bytes
    content_type: str = "application/octet-stream"
    hashes: dict[str, str] = field(default_factory=dict[str, str])
    gzip: bool = False
    finished: bool = True

    def __post_init__(self) -> None:
        self.hashes = self.hashes or {name: hashlib.new(name, self.content).hexdigest() for name in HASHES}


class Seen(NamedTuple):
    """A request to the storage."""

    verb: str
    path: str
    headers: Mapping[str, str]
    status: int


class Depot(LoopbackServer):
    """The server.

    Attributes:
        objects: what is kept, by name.
        method: by which the service offers downloads.
        etag: how the storage shows it: ``strong``, ``weak`` or not at all.
        ranges: whether it answers to Range.
        chunked: whether it says no length.
        calls: the API calls, as verb and path.
        seen: the requests to the storage.
        payloads: of the API calls.
        api_faults: statuses with which the next API calls are answered.
        most_at_once: requests to the storage that were in the works together.
    """

    def __init__(self) -> None:
        self.objects: dict[str, Stored] = {}
        self.artifacts: dict[str, Any] = {}
        self.info: dict[str, Any] = {}
        self.method: Literal["getUrl", "simple"] = "getUrl"
        self.etag: Literal["strong", "weak", "none"] = "strong"
        self.ranges = True
        self.chunked = False
        self.lifetime = 60.0
        self.calls: list[str] = []
        self.payloads: list[Any] = []
        self.seen: list[Seen] = []
        self.api_faults: deque[int] = deque()
        self.most_at_once = 0
        self._at_once = 0
        self._rendezvous: Barrier | None = None
        self._faults: deque[Fault] = deque()
        self._faults_of: dict[str, Fault | Callable[[], None]] = {}
        self._signature = 0
        self._dead: set[str] = set()
        super().__init__("depot")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def plan(self, *faults: Fault) -> None:
        """Have the next requests to the storage meet these faults, one each."""
        self._faults.extend(faults)

    def plan_for(self, name: str, fault: Fault | Callable[[], None]) -> None:
        """Have each request for an object meet a fault, or first wait for a function."""
        self._faults_of[name] = fault

    def data_url(self, name: str) -> str:
        """Return a fresh URL for an object."""
        self._signature += 1
        return f"{self.url}/data/{quote(name, safe='')}?X-Amz-Signature=secret{self._signature}"

    def rendezvous(self, number: int) -> None:
        """Have requests to the storage wait for each other, until so many are there."""
        self._rendezvous = Barrier(number)

    def wait_for_requests(self, number: int) -> None:
        """Wait until the storage has seen so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.seen) >= number, PATIENCE)

    def wait_for_calls(self, number: int) -> None:
        """Wait until the services have seen so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.calls) >= number, PATIENCE)

    # From here on, all runs in threads of its own.

    def _prepared(self, connection: socket.socket) -> socket.socket:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        return connection

    def _serve(self, connection: socket.socket, number: int) -> None:
        visit = _Visit(connection)
        while True:
            verb, target, headers = visit.head()
            path = unquote(urlsplit(target).path)
            if path.startswith("/data/"):
                self._storage(visit, verb, path.removeprefix("/data/"), target, headers)
            else:
                self._service(visit, verb, target, headers)

    def _service(self, visit: _Visit, verb: str, target: str, headers: Mapping[str, str]) -> None:
        body = visit.body(headers)
        payload = json.loads(body) if body else None
        path = unquote(urlsplit(target).path).partition("/v1/")[2]
        with self._changed:
            self.calls.append(f"{verb} {path}")
            self.payloads.append(payload)
            self._changed.notify_all()
            status = self.api_faults.popleft() if self.api_faults else 0
        if status:
            visit.answer(status, json.dumps({"code": "Fault", "message": "planned"}).encode())
            return
        answer = self._answer_to(path, payload)
        if answer is None:
            error = {"code": "ResourceNotFound", "message": f"nothing at {path}"}
            visit.answer(404, json.dumps(error).encode())
        else:
            visit.answer(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def _answer_to(self, path: str, payload: Any) -> Any:
        kind, _, name = path.partition("/")
        match kind:
            case "upload":
                return self._create_upload(name, payload)
            case "finish-upload":
                stored = self.objects[name]
                stored.hashes, stored.finished = payload["hashes"], True
                return {}
            case "start-download":
                return self._start_download(name)
            case _:
                return self._queue(path, payload)

    def _start_download(self, name: str) -> Any:
        stored = self.objects.get(name)
        if stored is None or not stored.finished:
            return None
        url = self.data_url(name)
        if self.method == "simple":
            return {"method": "simple", "url": url}
        return {"method": "getUrl", "url": url, "expires": self._expires(), "hashes": stored.hashes}

    def _queue(self, path: str, payload: Any) -> Any:
        """Answer for a queue: `artifacts` has what it says of each artifact, or makes it."""
        for middle, table in (("/artifact-content/", self.artifacts), ("/artifact-info/", self.info)):
            if middle in path:
                found = table.get(path.partition(middle)[2])
                return found() if callable(found) else found
        if payload is None and path.endswith("/artifacts"):
            return {"artifacts": [{"name": name} for name in self.artifacts]}
        return None

    def _create_upload(self, name: str, payload: Any) -> Any:
        proposed = payload["proposedUploadMethods"]
        common = {key: payload[key] for key in ("projectId", "uploadId", "expires")}
        if "dataInline" in proposed:
            inline = proposed["dataInline"]
            self.objects[name] = Stored(
                base64.b64decode(inline["objectData"]), inline["contentType"], finished=False
            )
            return {**common, "uploadMethod": {"dataInline": True}}
        put = proposed["putUrl"]
        headers = {
            "Content-Type": put["contentType"],
            "Content-Length": str(put["contentLength"]),
            "Content-Encoding": "identity",
        }
        method = {"url": self.data_url(name), "expires": self._expires(), "headers": headers}
        return {**common, "uploadMethod": {"putUrl": method}}

    def _expires(self) -> str:
        return json_date(datetime.now(UTC) + timedelta(seconds=self.lifetime))

    def _storage(self, visit: _Visit, verb: str, name: str, target: str, headers: Mapping[str, str]) -> None:
        special = self._faults_of.get(name)
        if callable(special):
            special()
            special = None
        with self._changed:
            fault = special or (self._faults.popleft() if self._faults else Fault("none"))
            if fault.kind == "expired":
                self._dead.add(target)
            dead = target in self._dead
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            if self._rendezvous is not None:
                with suppress(BrokenBarrierError):
                    self._rendezvous.wait(PATIENCE)
            self._respond(visit, verb, name, target, headers, fault, dead=dead)
        finally:
            with self._changed:
                self._at_once -= 1

    def _respond(
        self,
        visit: _Visit,
        verb: str,
        name: str,
        target: str,
        headers: Mapping[str, str],
        fault: Fault,
        *,
        dead: bool,
    ) -> None:
        if verb == "PUT":
            self._put(visit, name, target, headers, fault, dead=dead)
        elif dead:
            self._refuse(visit, verb, target, headers, 403, "AccessDenied", "Request has expired")
        else:
            self._get(visit, name, target, headers, fault)

    def _put(
        self, visit: _Visit, name: str, target: str, headers: Mapping[str, str], fault: Fault, *, dead: bool
    ) -> None:
        length = int(headers["content-length"])
        if fault.kind in ("reset", "hang up", "stall"):
            visit.read(int(length * fault.share))
            self._note("PUT", target, headers, 0)
            visit.end(fault.kind)
        content = visit.read(length)
        if dead:
            self._refuse(visit, "PUT", target, headers, 403, "AccessDenied", "Request has expired")
        elif fault.kind == "status":
            self._refuse(visit, "PUT", target, headers, fault.status, "SlowDown", "Please reduce your rate")
        else:
            self.objects[name] = Stored(content, headers.get("content-type", ""), finished=False)
            self._note("PUT", target, headers, 200)
            visit.answer(200, b"")

    def _get(self, visit: _Visit, name: str, target: str, headers: Mapping[str, str], fault: Fault) -> None:
        if fault.kind == "status":
            self._refuse(visit, "GET", target, headers, fault.status, "SlowDown", "Please reduce your rate")
            return
        if fault.kind == "page":
            self._note("GET", target, headers, 200)
            visit.answer(200, b"<html>Log in first</html>", {"Content-Type": "text/html; charset=utf-8"})
            return
        if name not in self.objects:
            self._refuse(visit, "GET", target, headers, 404, "NoSuchKey", "There is no such key")
            return
        stored = self.objects[name]
        body = compress(stored.content, 1) if stored.gzip else stored.content
        shown = {"Content-Type": stored.content_type, "Accept-Ranges": "bytes"}
        if stored.gzip:
            shown["Content-Encoding"] = "gzip"
        tag = f'"{hashlib.md5(body).hexdigest()}"'
        if self.etag != "none":
            shown["ETag"] = tag if self.etag == "strong" else f"W/{tag}"
        status = 200
        start = headers.get("range", "").removeprefix("bytes=").removesuffix("-")
        if start and self.ranges and headers.get("if-range") == tag:
            if int(start) >= len(body):
                self._refuse(visit, "GET", target, headers, 416, "InvalidRange", "not satisfiable")
                return
            status, shown["Content-Range"] = 206, f"bytes {start}-{len(body) - 1}/{len(body)}"
            body = body[int(start) :]
        self._note("GET", target, headers, status)
        visit.send(status, shown, body, fault, chunked=self.chunked)

    def _refuse(
        self,
        visit: _Visit,
        verb: str,
        target: str,
        headers: Mapping[str, str],
        status: int,
        code: str,
        message: str,
    ) -> None:
        self._note(verb, target, headers, status)
        # S3 repeats what it was given, signature and all.
        repeated = f"<StringToSign>{target}</StringToSign>"
        text = (
            f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message>{repeated}</Error>"
        )
        visit.answer(status, text.encode(), {"Content-Type": "application/xml"})

    def _note(self, verb: str, target: str, headers: Mapping[str, str], status: int) -> None:
        with self._changed:
            self.seen.append(Seen(verb, target, headers, status))
            self._changed.notify_all()


class _Visit:
    """A connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._input = connection.makefile("rb", buffering=_CHUNK)

    def head(self) -> tuple[str, str, dict[str, str]]:
        line = self._input.readline().decode("ascii")
        if not line:
            raise EOFError
        verb, target, _ = line.split(" ")
        headers: dict[str, str] = {}
        while text := self._input.readline().decode("latin-1").strip():
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        return verb, target, headers

    def body(self, headers: Mapping[str, str]) -> bytes:
        return self.read(int(headers.get("content-length", "0")))

    def read(self, length: int) -> bytes:
        data: bytes = self._input.read(length)
        if len(data) < length:
            raise EOFError
        return data

    def answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send(status, headers or {}, body, Fault("none"))

    def send(
        self, status: int, headers: Mapping[str, str], body: bytes, fault: Fault, *, chunked: bool = False
    ) -> None:
        if fault.kind == "silence":
            self.end("stall")
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines.append("Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}")
        self._connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        cut = int(len(body) * fault.share)
        if fault.kind == "corrupt" and body:
            cut = min(cut, len(body) - 1)
            body = body[:cut] + bytes([body[cut] ^ 0xFF]) + body[cut + 1 :]
        ends = fault.kind in ("reset", "hang up", "stall")
        for at in range(0, cut if ends else len(body), _CHUNK):
            piece = body[at : min(at + _CHUNK, cut if ends else len(body))]
            self._connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if ends:
            self.end(fault.kind)
        if chunked:
            self._connection.sendall(b"0\r\n\r\n")

    def end(self, kind: str) -> None:
        if kind == "stall":
            while self._connection.recv(_CHUNK):
                pass
        if kind == "reset":
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # The file too holds the socket open.
            self._input.close()
            self._connection.close()
        raise EOFError
