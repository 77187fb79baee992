"""Uploads and downloads of a gigabyte through the object service, with both hashes, both sides writing to disk.

The official client has helpers for these; they run interleaved with ours. `rows` fits into `works`; run alone, with
``python -m benchmarks.transfers [MEBIBYTES]``, this module prints the ratios and how much memory a transfer takes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import socket
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from .rounds import Row, Work, measure, worker

MEBIBYTE = 1024 * 1024
SIZE = 1024 * MEBIBYTE
NAME = "bench/object"
SMALL = "bench/small"
WARMING = bytes(600_000)
"""Loads what loads late; no more than a few blocks, or there would be memory left over for the others."""
ROUNDS = 3


def rows(_: object = None, size: int = SIZE) -> Iterator[Row]:
    """Give the rows; the storage runs as long as they are walked."""
    with tempfile.TemporaryDirectory() as folder, storage(Path(folder), size) as root_url:
        for direction in ("upload", "download"):
            yield Row(
                direction,
                f"{direction} of {size // MEBIBYTE:,} MiB",
                {
                    name: worker(partial(make, direction, root_url, folder), calls=1)
                    for name, make in (("ours", ours), ("ours, async", ours_async), ("official", official))
                },
                rounds=ROUNDS,
            )


def ours(direction: str, root_url: str, folder: str) -> Work:
    """Transfer with a sync client of this house, and measure by how much the process grows in all."""
    from tc_core import from_now
    from tc_object import Object

    client = Object(root_url)
    expires = from_now("1 day")
    client.upload_object(SMALL, WARMING, project_id="p", expires=expires)
    client.download_object(SMALL, to=f"{folder}/small")
    before = _peak()

    def work(count: int) -> dict[str, float]:
        for _ in range(count):
            if direction == "upload":
                client.upload_object(NAME, f"{folder}/source", project_id="p", expires=expires)
            else:
                client.download_object(NAME, to=_no_file(f"{folder}/target-ours"))
        return {"growth": _peak() - before}

    return work


def ours_async(direction: str, root_url: str, folder: str) -> Work:
    """Transfer with an async client of this house."""
    import asyncio

    from tc_core import from_now
    from tc_object import AsyncObject

    async def transfer(name: str, source: str | bytes) -> None:
        async with AsyncObject(root_url) as client:
            if direction == "upload" or name == SMALL:
                await client.upload_object(name, source, project_id="p", expires=from_now("1 day"))
            if direction == "download" or name == SMALL:
                await client.download_object(name, to=_no_file(f"{folder}/target-async"))

    asyncio.run(transfer(SMALL, WARMING))
    before = _peak()

    def work(count: int) -> dict[str, float]:
        for _ in range(count):
            asyncio.run(transfer(NAME, f"{folder}/source"))
        return {"growth": _peak() - before}

    return work


def official(direction: str, root_url: str, folder: str) -> Work:
    """Transfer with the helpers of the official client, the sync ones."""
    import taskcluster
    import taskcluster.download
    import taskcluster.upload

    service = taskcluster.Object({"rootUrl": root_url})
    expires = (datetime.now(UTC) + timedelta(days=1)).isoformat()

    def work(count: int) -> dict[str, float]:
        for _ in range(count):
            if direction == "upload":
                with open(f"{folder}/source", "rb") as source:
                    taskcluster.upload.uploadFromFile(
                        file=source,
                        projectId="p",
                        name=NAME,
                        contentType="application/octet-stream",
                        contentLength=os.fstat(source.fileno()).st_size,
                        expires=expires,
                        objectService=service,
                    )
            else:
                with open(_no_file(f"{folder}/target-official"), "wb") as target:
                    taskcluster.download.downloadToFile(target, name=NAME, objectService=service)
        return {}

    return work


def _no_file(path: str) -> str:
    """Remove what the last round left: who writes beside it would pay for twice the memory, and who truncates not."""
    Path(path).unlink(missing_ok=True)
    return path


def _peak() -> float:
    """Return the most memory that the process ever took, in bytes."""
    # Not resource.getrusage: its figure is at least that of the process which started this one.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024


@contextlib.contextmanager
def storage(folder: Path, size: int) -> Iterator[str]:
    """Serve an object service and its storage from a process of its own; give its URL."""
    block = os.urandom(MEBIBYTE)
    with (folder / "source").open("wb") as file:
        for _ in range(size // MEBIBYTE):
            file.write(block)
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, folder), daemon=True)
    process.start()
    there.close()
    try:
        yield here.recv()
    finally:
        process.kill()
        process.join()


def _serve(ready: Connection, folder: Path) -> None:
    # The answers to startDownload need them, and there is nobody yet to state them.
    hashes = {name: _hash(folder / "source", name) for name in ("sha256", "sha512")}
    os.link(folder / "source", folder / _file(NAME))
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    ready.send(f"http://127.0.0.1:{listener.getsockname()[1]}")
    known = {NAME: hashes}
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        threading.Thread(target=_converse, args=(connection, folder, known), daemon=True).start()


def _hash(path: Path, name: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, name).hexdigest()


def _file(name: str) -> str:
    return name.replace("/", "-")


def _converse(connection: socket.socket, folder: Path, known: dict[str, Mapping[str, str]]) -> None:
    stream = connection.makefile("rb", buffering=MEBIBYTE)
    url = "http://{}:{}".format(*connection.getsockname())
    with contextlib.suppress(OSError):
        while line := stream.readline():
            verb, path, _ = line.decode().split(" ")
            headers: dict[str, str] = {}
            while text := stream.readline().decode().strip():
                name, _, value = text.partition(":")
                headers[name.lower()] = value.strip()
            length = int(headers.get("content-length", "0"))
            kind, _, name = unquote(path).removeprefix("/api/object/v1/").lstrip("/").partition("/")
            if kind != "data":
                _answer(
                    connection, json.dumps(_service(kind, name, json.loads(stream.read(length)), url, known))
                )
            elif verb == "PUT":
                _keep(stream, folder / f"{_file(name)}.put", length)
                if name != NAME:
                    os.replace(folder / f"{_file(name)}.put", folder / _file(name))
                _answer(connection, "")
            else:
                with (folder / _file(name)).open("rb") as file:
                    size = os.fstat(file.fileno()).st_size
                    _answer(connection, None, size)
                    connection.sendfile(file)


def _service(kind: str, name: str, payload: Any, url: str, known: dict[str, Mapping[str, str]]) -> object:
    lasts = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="milliseconds")
    if kind == "upload":
        put = payload["proposedUploadMethods"]["putUrl"]
        headers = {"Content-Type": put["contentType"], "Content-Length": str(put["contentLength"])}
        method = {"putUrl": {"url": f"{url}/data/{name}", "expires": lasts, "headers": headers}}
        return {**payload, "uploadMethod": method}
    if kind == "finish-upload":
        if name == NAME and payload["hashes"] != known[name]:
            raise ValueError("the upload has other hashes than the source")
        known[name] = payload["hashes"]
        return {}
    return {"method": "getUrl", "url": f"{url}/data/{name}", "expires": lasts, "hashes": known[name]}


def _keep(stream: Any, path: Path, length: int) -> None:
    """Write a body over the one before it: a storage costs its clients no CPU time, so this one takes little."""
    buffer = memoryview(bytearray(MEBIBYTE))
    with path.open("r+b" if path.exists() else "wb", buffering=0) as file:
        while length:
            count = stream.readinto1(buffer[: min(length, MEBIBYTE)])
            if not count:
                raise OSError("the client hung up")
            file.write(buffer[:count])
            length -= count
        file.truncate()


def _answer(connection: socket.socket, body: str | None, length: int = 0) -> None:
    content = (body or "").encode()
    size = length if body is None else len(content)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
    connection.sendall(head.encode() + content)


def main() -> None:
    size = int(sys.argv[1]) * MEBIBYTE if len(sys.argv) > 1 else SIZE
    for row in rows(size=size):
        found = measure(row, quick=True)
        wall = {name: statistics.median(each["wall"] for each in figures) for name, figures in found.items()}
        print(row.title, "(CPU seconds in brackets)")
        cpu = {name: statistics.median(each["cpu"] for each in figures) for name, figures in found.items()}
        for name, seconds in wall.items():
            speed, ratio = size / MEBIBYTE / seconds, wall["official"] / seconds
            print(
                f"  {name:12} {seconds:6.2f} s ({cpu[name]:.2f})  {speed:6.0f} MiB/s  {ratio:5.2f} times official"
            )
        for name in ("ours", "ours, async"):
            # Since before the first transfer of this size, which is not timed.
            growth = max(each["growth"] for each in found[name]) / MEBIBYTE
            print(f"  {name} grew by {growth:.1f} MiB at most")


if __name__ == "__main__":
    main()
