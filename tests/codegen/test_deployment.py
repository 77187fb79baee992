"""References read from a deployment: a server on a socket that serves what Taskcluster does under its root URL."""

from __future__ import annotations

import gzip
import json
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import pytest
import trees
from made_up import Json, exchange, method, published, record
from wire import Wire, answer, refusing, reset

from codegen import read

TEXT: Json = {"type": "string"}
FILES = published(
    method(output="v1/thing.json#"),
    method("make", "post", input="v1/thing.json#"),
    exchanges=(exchange("made"),),
    schemas={
        "odd/v1/thing.json": record(part={"$ref": "part.json#"}, far={"$ref": "/schemas/even/v1/far.json#"}),
        "odd/v1/part.json": {"oneOf": [TEXT, {"$ref": "thing.json#"}]},
        "odd/v1/message.json": record(),
        "even/v1/far.json": TEXT,
        "odd/v1/unused.json": TEXT,
    },
)
PLAIN = ["references/odd/v1/api.json", "references/odd/v1/exchanges.json"]


@contextmanager
def serving(files: dict[str, Any], *, zipped: bool = False) -> Generator[tuple[str, list[str]]]:
    """Serve files; give the root URL, and the paths that are asked for."""
    asked: list[str] = []
    lock = Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                asked.append(self.path)
            content = files.get(self.path.removeprefix("/"))
            body = b"Not found" if content is None else json.dumps(content).encode()
            self.send_response(404 if content is None else 200)
            if zipped:
                body = gzip.compress(body)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def with_manifest(files: Json, *more: str) -> Json:
    listed = [f"/{name}" for name in files if name.startswith("references/")]
    return {**files, "references/manifest.json": {"references": [*listed, *more]}}


@pytest.mark.parametrize("zipped", [False, True])
def test_what_is_listed_is_read_with_the_schemas_it_leads_to(zipped: bool) -> None:
    files = with_manifest(FILES, "/references/odd/v1/logs.json", "/references/odd/v1/metrics.json")
    with serving(files, zipped=zipped) as (root_url, asked):
        found = read.load(root_url + "/")
    assert read.take(found) == read.take(FILES)
    # Neither what nothing leads to, nor logs and metrics, nor anything twice.
    assert sorted(asked) == [
        "/references/manifest.json",
        "/references/odd/v1/api.json",
        "/references/odd/v1/exchanges.json",
        "/schemas/even/v1/far.json",
        "/schemas/odd/v1/message.json",
        "/schemas/odd/v1/part.json",
        "/schemas/odd/v1/thing.json",
    ]


def test_a_tree_is_updated_from_a_root_url(tmp_path: Path) -> None:
    tree = trees.make(tmp_path / "tree", published(method()))
    with serving(with_manifest(FILES)) as (root_url, _):
        assert trees.run(tree, "update", root_url, "--version", "1.3.0") == 0
        after = trees.contents(tree)
        assert trees.run(tree, "update", root_url, "--version", "1.3.0") == 0
    assert trees.contents(tree) == after
    other = trees.make(tmp_path / "other", FILES, "1.3.0")
    assert (tree / "packages/tc-odd/api.md").read_bytes() == (other / "packages/tc-odd/api.md").read_bytes()


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "{url}/references/manifest.json: answered 404"),
        ({"references/manifest.json": []}, "{url}/references/manifest.json: references is no list of paths"),
        ({"references/manifest.json": {"references": [1]}}, "references is no list of paths"),
        (with_manifest({}, "/references/gone.json"), "{url}/references/gone.json: answered 404"),
        (with_manifest({}), "no reference with entries is there"),
        (
            with_manifest({name: FILES[name] for name in PLAIN}),
            "{url}/schemas/odd/v1/message.json: answered 404",
        ),
        (
            with_manifest(published({**method(), "route": 7})),
            "references/odd/v1/api.json: entries[0] (thing): route is missing or is no text",
        ),
        (
            with_manifest(published(method(output="v1/a.json#"), schemas={"odd/v1/a.json": {"items": 7}})),
            "schemas/odd/v1/a.json/items: is no schema, but 7",
        ),
    ],
)
def test_what_cannot_be_read_is_named(
    files: Json, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = trees.make(tmp_path / "tree", published(method()))
    before = trees.contents(tree)
    with serving(files) as (root_url, _):
        assert trees.run(tree, "update", root_url, "--version", "1.3.0") == 1
    assert problem.format(url=root_url) in capsys.readouterr().err
    assert trees.contents(tree) == before


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (answer(200, b"<html>"), "not JSON"),
        (answer(200, b"{}", length=9), "IncompleteRead"),
        (answer(200, b"not gzip", {"Content-Encoding": "gzip"}), "Not a gzipped file"),
        (answer(502), "answered 502"),
        (b"nonsense\r\n\r\n", "nonsense"),
        (reset, "Connection reset"),
    ],
)
def test_an_answer_that_is_none_is_named(step: Any, problem: str) -> None:
    def hang_up_after(visit: Any) -> None:
        step(visit) if callable(step) else visit.send(step)
        if not callable(step):
            visit.hang_up()

    with (
        Wire(hang_up_after) as wire,
        pytest.raises(
            read.UnreadableReferenceError, match=rf"^{wire.url}/references/manifest\.json: .*{problem}"
        ),
    ):
        read.load(wire.url)


def test_a_deployment_that_is_not_there_is_named() -> None:
    with (
        refusing() as url,
        pytest.raises(read.UnreadableReferenceError, match=rf"^{url}/references/manifest\.json: .*refused"),
    ):
        read.load(url)


@pytest.mark.parametrize("url", ["http://", "https://[", "http://a b.example.com"])
def test_a_url_that_is_none_is_named(url: str) -> None:
    with pytest.raises(read.UnreadableReferenceError, match=r"references/manifest\.json: (?!not JSON)"):
        read.load(url)


def test_missing_schemas_are_named_until_none_is_missing() -> None:
    files: dict[str, Any] = {name: FILES[name] for name in PLAIN}
    rounds: list[list[str]] = []
    while missing := read.missing_schemas(files):
        rounds.append(missing)
        files |= {name: FILES[name] for name in missing}
    assert rounds == [
        ["schemas/odd/v1/message.json", "schemas/odd/v1/thing.json"],
        ["schemas/even/v1/far.json", "schemas/odd/v1/part.json"],
    ]
