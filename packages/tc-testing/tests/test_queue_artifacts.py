"""Artifacts of all five kinds: what the recorded exchanges do not show."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hawk_client import Caller, Reply
from queue_client import QueueClient, date, slug_id

from tc_testing import LocalTaskcluster


@pytest.fixture
def queue(tc: LocalTaskcluster) -> QueueClient:
    return QueueClient(tc)


class Run:
    """A run that is running, and its artifacts."""

    def __init__(self, queue: QueueClient) -> None:
        self.queue = queue
        now = queue.tc.clock.now()
        self.expires = date(now + timedelta(days=1))
        self.task_id = queue.create(projectId="p", expires=date(now + timedelta(days=2)))
        queue.claim(self.task_id)
        self.path = f"/api/queue/v1/task/{self.task_id}/runs/0"

    def soon(self) -> str:
        return date(self.queue.tc.clock.now() + timedelta(minutes=5))

    def create(self, name: str, storage_type: str, **facts: Any) -> Reply:
        payload = {"storageType": storage_type, "expires": self.expires, **facts}
        return self.queue.root("POST", f"{self.path}/artifacts/{quote(name)}", payload)

    def get(self, name: str, caller: Caller | None = None) -> Reply:
        return (caller or self.queue.root)("GET", f"{self.path}/artifacts/{quote(name)}")

    def put(self, url: str, content: bytes, content_type: str = "text/plain") -> Reply:
        root = self.queue.root
        return root.send("PUT", url.removeprefix(root.root_url), content, {"content-type": content_type})

    def read(self, url: str) -> Reply:
        root = self.queue.root
        return root.send("GET", url.removeprefix(root.root_url))


@pytest.fixture
def run(queue: QueueClient) -> Run:
    return Run(queue)


class TestS3:
    @pytest.mark.parametrize("name", ["public/a.txt", "private/a b+%.txt", "public/~!*'()"])
    def test_content_travels(self, run: Run, name: str) -> None:
        url = run.create(name, "s3", contentType="text/plain").json["putUrl"]
        assert run.put(url, b"content").status == 200
        for latest in (False, True):
            path = f"/api/queue/v1/task/{run.task_id}" if latest else run.path
            found = run.queue.root("GET", f"{path}/artifacts/{quote(name, safe='')}")
            assert (found.status, found.headers["location"]) == (303, found.json["url"])
            assert found.headers["x-taskcluster-artifact-storage-type"] == "s3"
            reply = run.read(found.json["url"])
            assert (reply.status, reply.content) == (200, b"content")
            assert reply.headers["content-type"] == "text/plain"

    def test_url_is_good_for_45_minutes(self, run: Run) -> None:
        answer = run.create("public/a", "s3", contentType="text/plain").json
        for _ in range(3):
            run.queue.tc.clock.advance(minutes=15)
            run.queue.act(run.task_id, "runs/0/reclaim")
        assert run.put(answer["putUrl"], b"x").status == 200
        run.queue.tc.clock.advance(seconds=11)
        assert run.put(answer["putUrl"], b"x").status == 403
        again = run.create("public/a", "s3", contentType="text/plain")
        assert again.json["putUrl"] != answer["putUrl"]

    def test_private_url_expires_and_public_one_does_not(self, run: Run) -> None:
        for name in ("public/a", "private/a"):
            run.put(run.create(name, "s3", contentType="text/plain").json["putUrl"], b"x")
        public, private = (run.get(name).json["url"] for name in ("public/a", "private/a"))
        run.queue.tc.clock.advance(minutes=31)
        assert run.read(public).status == 200
        assert run.read(private).status == 403


class TestObject:
    def test_from_creation_to_download(self, run: Run) -> None:
        made = run.create("public/o b.bin", "object", contentType="text/plain", contentLength=5).json
        assert run.get("public/o b.bin").status == 404
        uploader = run.queue.with_credentials(made["credentials"])
        name = quote(made["name"], safe="")
        upload = {name: made[name] for name in ("projectId", "uploadId", "expires")}
        inline = {"dataInline": {"contentType": "text/plain", "objectData": "aGVsbG8="}}
        begun = uploader("PUT", f"/api/object/v1/upload/{name}", {**upload, "proposedUploadMethods": inline})
        assert begun.status == 200
        hashes = {"sha256": hashlib.sha256(b"hello").hexdigest()}
        finish = {"projectId": "p", "uploadId": made["uploadId"], "hashes": hashes}
        assert uploader("POST", f"/api/object/v1/finish-upload/{name}", finish).status == 200
        path = f"{run.path}/artifacts/{quote('public/o b.bin')}"
        finished = run.queue.root("PUT", path, {"uploadId": made["uploadId"]})
        assert (finished.status, finished.content) == (204, b"")
        assert run.read(run.get("public/o b.bin").json["url"]).content == b"hello"
        described = run.queue.root("GET", f"{run.path}/artifact-content/{quote('public/o b.bin')}").json
        reader = run.queue.with_credentials(described["credentials"])
        accepted = {"acceptDownloadMethods": {"getUrl": True}}
        download = reader("PUT", f"/api/object/v1/start-download/{name}", accepted).json
        assert (download["method"], download["hashes"]) == ("getUrl", hashes)
        assert reader("GET", "/api/object/v1/metadata/t/other").status == 403
        info = run.queue.root("GET", f"{run.path}/artifact-info/{quote('public/o b.bin')}").json
        assert info["contentLength"] == 5

    def test_upload_credentials_are_for_one_object(self, run: Run) -> None:
        made = run.create("public/o", "object", contentType="text/plain").json
        uploader = run.queue.with_credentials(made["credentials"])
        upload: dict[str, Any] = {
            "projectId": "p",
            "uploadId": made["uploadId"],
            "expires": made["expires"],
            "proposedUploadMethods": {},
        }
        assert uploader("PUT", "/api/object/v1/upload/t%2Fother", upload).status == 403
        assert uploader("GET", "/api/object/v1/metadata/t/other").status == 403

    def test_nobody_else_may_upload_it(self, run: Run) -> None:
        made = run.create("public/o", "object", contentType="text/plain").json
        upload: dict[str, Any] = {
            "projectId": "p",
            "uploadId": slug_id(),
            "expires": made["expires"],
            "proposedUploadMethods": {},
        }
        path = f"/api/object/v1/upload/{quote(made['name'], safe='')}"
        assert run.queue.root("PUT", path, upload).code == "RequestConflict"

    def test_cannot_be_created_twice(self, run: Run) -> None:
        run.create("public/o", "object", contentType="text/plain")
        assert run.create("public/o", "object", contentType="text/plain").code == "RequestConflict"

    def test_finish_what_is_not_there(self, run: Run) -> None:
        reply = run.queue.root("PUT", f"{run.path}/artifacts/public/o", {"uploadId": slug_id()})
        assert reply.status == 404


class TestConflicts:
    @pytest.mark.parametrize(
        ("first", "second", "status"),
        [
            ({"storageType": "reference", "url": "https://a.example"}, {}, 200),
            ({"storageType": "reference", "url": "https://a.example"}, {"url": "https://b.example"}, 200),
            ({"storageType": "reference", "url": "https://a.example"}, {"contentType": "text/html"}, 409),
            ({"storageType": "link", "artifact": "public/a"}, {}, 200),
            ({"storageType": "link", "artifact": "public/a"}, {"artifact": "public/b"}, 409),
            ({"storageType": "error", "reason": "file-missing-on-worker", "message": "m"}, {}, 200),
            (
                {"storageType": "error", "reason": "file-missing-on-worker", "message": "m"},
                {"message": "n"},
                409,
            ),
            ({"storageType": "s3", "contentType": "text/plain"}, {}, 200),
            ({"storageType": "s3", "contentType": "text/plain"}, {"contentType": "text/html"}, 409),
        ],
    )
    def test_again(self, run: Run, first: dict[str, Any], second: dict[str, Any], status: int) -> None:
        if first["storageType"] == "reference":
            first = {"contentType": "text/plain", **first}
        payload = {k: v for k, v in first.items() if k != "storageType"}
        assert run.create("public/a", first["storageType"], **payload).status == 200
        assert run.create("public/a", first["storageType"], **{**payload, **second}).status == status

    def test_a_link_may_replace_a_reference_and_not_the_other_way(self, run: Run) -> None:
        reference = {"url": "https://a.example", "contentType": "text/plain"}
        run.create("public/a", "reference", **reference)
        assert run.create("public/a", "link", artifact="public/b").status == 200
        assert run.create("public/a", "reference", **reference).status == 409

    def test_expiry_may_be_later_and_not_earlier(self, run: Run) -> None:
        now = run.queue.tc.clock.now()
        reference = {"url": "https://a.example", "contentType": "text/plain"}
        for hours, status in ((10, 200), (12, 200), (11, 409)):
            run.expires = date(now + timedelta(hours=hours))
            assert run.create("public/a", "reference", **reference).status == status


class TestCreation:
    def test_after_an_exception_for_25_minutes(self, run: Run) -> None:
        run.queue.act(run.task_id, "runs/0/exception", {"reason": "malformed-payload"})
        run.queue.tc.clock.advance(minutes=24)
        assert run.create("public/a", "link", artifact="public/b").status == 200
        run.queue.tc.clock.advance(minutes=1)
        assert run.create("public/c", "link", artifact="public/b").code == "RequestConflict"

    def test_not_after_a_failure(self, run: Run) -> None:
        run.queue.act(run.task_id, "runs/0/failed")
        assert run.create("public/a", "link", artifact="public/b").code == "RequestConflict"

    def test_not_for_a_run_that_nobody_claimed(self, queue: QueueClient, run: Run) -> None:
        run.path = f"/api/queue/v1/task/{queue.create()}/runs/0"
        assert run.create("public/a", "link", artifact="public/b").code == "InputError"
        run.path = f"/api/queue/v1/task/{run.task_id}/runs/1"
        assert run.create("public/a", "link", artifact="public/b").code == "InputError"

    def test_not_for_the_past(self, run: Run) -> None:
        run.expires = date(run.queue.tc.clock.now() - timedelta(minutes=16))
        assert run.create("public/a", "link", artifact="public/b").code == "InputError"


class TestLinks:
    def test_need_scopes_for_every_name(self, run: Run) -> None:
        run.create("public/a", "link", artifact="middle/b")
        run.create("middle/b", "link", artifact="private/c")
        run.create("private/c", "reference", url="https://c.example", contentType="text/plain")
        for scopes, status in (
            (["queue:get-artifact:middle/b"], 403),
            (["queue:get-artifact:private/c"], 403),
            (["queue:get-artifact:middle/b", "queue:get-artifact:private/c"], 303),
        ):
            reply = run.get("public/a", run.queue.client(scopes))
            assert reply.status == status
        assert reply.headers["location"] == "https://c.example"

    def test_to_itself(self, run: Run) -> None:
        run.create("public/a", "link", artifact="public/a")
        assert run.get("public/a").code == "InputError"

    def test_to_an_error_or_to_what_has_expired(self, run: Run) -> None:
        run.create("public/error", "error", reason="file-missing-on-worker", message="m")
        run.create("public/a", "link", artifact="public/error")
        reply = run.get("public/a")
        assert (reply.status, reply.json) == (424, {"reason": "file-missing-on-worker", "message": "m"})
        assert reply.headers["x-taskcluster-artifact-storage-type"] == "error"
        lasting = run.expires
        run.expires = date(run.queue.tc.clock.now() + timedelta(hours=1))
        run.create("public/short", "error", reason="file-missing-on-worker", message="m")
        run.expires = lasting
        run.create("public/b", "link", artifact="public/short")
        run.queue.tc.clock.advance(hours=2)
        reply = run.get("public/b")
        assert (reply.status, reply.code) == (410, "ResourceExpired")


class TestExpired:
    def test_in_no_list_and_later_gone(self, run: Run) -> None:
        run.create("public/a", "reference", url="https://a.example", contentType="text/plain")
        run.create("public/b", "error", reason="file-missing-on-worker", message="m", expires=run.soon())
        listed = f"{run.path}/artifacts"
        assert len(run.queue.root("GET", listed).json["artifacts"]) == 2
        run.queue.tc.clock.advance(minutes=10)
        assert [one["name"] for one in run.queue.root("GET", listed).json["artifacts"]] == ["public/a"]
        info = f"/api/queue/v1/task/{run.task_id}/runs/0/artifact-info/public/b"
        assert run.queue.root("GET", info).status == 404
        assert (run.get("public/b").status, run.get("public/b").code) == (410, "ResourceExpired")
        run.queue.tc.clock.advance(days=1)
        assert run.get("public/b").status == 404

    def test_its_bytes_are_gone_with_it(self, run: Run) -> None:
        clock = run.queue.tc.clock
        facts = {"contentType": "text/plain"}
        urls: dict[str, str] = {}
        for name in ("public/a", "public/b", "private/c"):
            assert (
                run.put(run.create(name, "s3", expires=run.soon(), **facts).json["putUrl"], b"x").status
                == 200
            )
            urls[name] = run.get(name).json["url"]
        run.create("public/b", "s3", **facts)  # it may live longer
        clock.advance(minutes=4)
        assert [run.read(url).status for url in urls.values()] == [200, 200, 200]
        clock.advance(minutes=1)
        assert [run.read(url).status for url in urls.values()] == [404, 200, 404]
        assert b"<Code>NoSuchKey</Code>" in run.read(urls["public/a"]).content


class TestLatest:
    def test_is_that_of_the_last_run(self, run: Run) -> None:
        run.create("public/a", "reference", url="https://old.example", contentType="text/plain")
        run.queue.act(run.task_id, "runs/0/exception", {"reason": "worker-shutdown"})
        task = f"/api/queue/v1/task/{run.task_id}"
        root = run.queue.root
        for path in ("artifacts/public/a", "artifact-content/public/a", "artifact-info/public/a"):
            assert root("GET", f"{task}/{path}").status == 404
            assert root("GET", f"{task}/runs/0/{path}").status in (200, 303)
        assert root("GET", f"{task}/artifacts").json == {"artifacts": []}
        assert len(root("GET", f"{task}/runs/0/artifacts").json["artifacts"]) == 1
        assert root("GET", f"{task}/runs/2/artifacts").status == 404

    def test_of_a_task_without_runs(self, queue: QueueClient) -> None:
        task_id = queue.create(dependencies=[queue.create()])
        for path in (
            "artifacts",
            "artifacts/public/a",
            "artifact-content/public/a",
            "artifact-info/public/a",
        ):
            reply = queue.root("GET", f"/api/queue/v1/task/{task_id}/{path}")
            assert (reply.status, reply.message) == (404, "Task doesn't have any runs")

    def test_reference_with_odd_characters(self, run: Run) -> None:
        run.create(
            "public/a", "reference", url="https://a.example/%C3%A9?x=[1]&y='", contentType="text/plain"
        )
        assert run.get("public/a").headers["location"] == "https://a.example/%C3%A9?x=[1]&y='"

    @pytest.mark.parametrize("url", ["https://a.example/a\r\nb", "no url", "https://a.example/é", ""])
    def test_what_is_no_url(self, run: Run, url: str) -> None:
        assert run.create("public/a", "reference", url=url, contentType="text/plain").status == 400


def test_walk_through_a_list(run: Run) -> None:
    names = [f"public/{number:02}" for number in range(7)]
    for name in reversed(names):
        run.create(name, "link", artifact="public/x")
    found: list[str] = []
    query = "?limit=3"
    while query:
        page = run.queue.root("GET", f"{run.path}/artifacts{query}").json
        found += [artifact["name"] for artifact in page["artifacts"]]
        token = page.get("continuationToken")
        query = f"?limit=3&continuationToken={quote(token, safe='')}" if token else ""
    assert found == names


def test_messages(run: Run) -> None:
    run.create("public/s3", "s3", contentType="text/plain")
    run.create("public/a", "link", artifact="public/b")
    made = [message for message in run.queue.tc.messages if message.name == "artifactCreated"]
    assert [message.payload["artifact"]["name"] for message in made] == ["public/a"]
    assert json.dumps(made[0].payload)
