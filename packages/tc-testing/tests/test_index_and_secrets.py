"""Index and secrets: what the recorded exchanges do not show."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hawk_client import Caller
from queue_client import QueueClient

from tc_testing import LocalTaskcluster


def in_an_hour(tc: LocalTaskcluster) -> str:
    return (tc.clock.now() + timedelta(hours=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def entry(tc: LocalTaskcluster, **changes: Any) -> dict[str, Any]:
    return {"taskId": "FAkI05yUSGqRv214J1ZCCA", "rank": 1, "data": {}, "expires": in_an_hour(tc), **changes}


class TestIndex:
    def test_expired_entry_is_gone(self, tc: LocalTaskcluster, root: Caller) -> None:
        assert root("PUT", "/api/index/v1/task/a.b.c", entry(tc)).status == 200
        tc.clock.advance(hours=2)
        assert root("GET", "/api/index/v1/task/a.b.c").status == 404
        assert root("GET", "/api/index/v1/tasks/a.b").json == {"tasks": []}

    def test_expired_entry_does_not_keep_its_rank(self, tc: LocalTaskcluster, root: Caller) -> None:
        root("PUT", "/api/index/v1/task/a.b", entry(tc, rank=9))
        tc.clock.advance(hours=2)
        assert root("PUT", "/api/index/v1/task/a.b", entry(tc, rank=1)).json["rank"] == 1

    def test_namespaces_last_to_the_end_of_the_day(self, tc: LocalTaskcluster, root: Caller) -> None:
        inserted = root("PUT", "/api/index/v1/task/a.b.c", entry(tc)).json
        [shown] = root("GET", "/api/index/v1/namespaces/a").json["namespaces"]
        assert (shown["namespace"], shown["name"]) == ("a.b", "b")
        expires, task_expires = map(datetime.fromisoformat, (shown["expires"], inserted["expires"]))
        assert timedelta() < expires - task_expires <= timedelta(days=1)
        assert (expires.hour, expires.minute, expires.second) == (0, 0, 0)
        tc.clock.advance(days=2)
        assert root("GET", "/api/index/v1/namespaces/a").json == {"namespaces": []}

    def test_only_what_is_right_in_a_namespace_is_listed(self, tc: LocalTaskcluster, root: Caller) -> None:
        for path in ("a", "a.b", "a.b.c", "ab.c"):
            root("PUT", f"/api/index/v1/task/{path}", entry(tc))
        assert [task["namespace"] for task in root("GET", "/api/index/v1/tasks/a").json["tasks"]] == ["a.b"]
        for path in ("namespaces", "namespaces/"):
            shown = root("GET", f"/api/index/v1/{path}").json["namespaces"]
            assert [namespace["name"] for namespace in shown] == ["a", "ab"]

    def test_scopes(self, tc: LocalTaskcluster, anonymous: Caller) -> None:
        caller = Caller(tc.root_url, "c", tc.add_client("c", ["index:insert-task:a.*"]))
        assert caller("PUT", "/api/index/v1/task/a.b", entry(tc)).status == 200
        assert caller("PUT", "/api/index/v1/task/b.b", entry(tc)).code == "InsufficientScopes"
        assert anonymous("DELETE", "/api/index/v1/task/a.b").code == "InsufficientScopes"
        assert anonymous("GET", "/api/index/v1/task/a.b").status == 200


class TestArtifacts:
    PATH = "/api/index/v1/task/a.b/artifacts"

    @pytest.fixture
    def queue(self, tc: LocalTaskcluster) -> QueueClient:
        return QueueClient(tc)

    @pytest.fixture
    def task_id(self, tc: LocalTaskcluster, queue: QueueClient) -> str:
        """An indexed task that is being worked on."""
        task_id = queue.create()
        queue.claim(task_id)
        assert queue.root("PUT", "/api/index/v1/task/a.b", entry(tc, taskId=task_id)).status == 200
        return task_id

    def test_private_artifact_can_be_read_without_credentials_for_a_while(
        self, tc: LocalTaskcluster, queue: QueueClient, anonymous: Caller, task_id: str
    ) -> None:
        reference = {"storageType": "reference", "contentType": "text/plain", "url": "https://example.com"}
        path = "runs/0/artifacts/private%2Fx"
        assert queue.act(task_id, path, reference | {"expires": in_an_hour(tc)}).status == 200
        location = queue.root("GET", f"{self.PATH}/private%2Fx").headers["location"].removeprefix(tc.root_url)
        reply = anonymous("GET", location)
        assert (reply.status, reply.headers["location"]) == (303, "https://example.com")
        tc.clock.advance(minutes=16)
        assert anonymous("GET", location).status == 401

    def test_public_artifact_of_another_kind_is_left_to_the_queue(
        self, tc: LocalTaskcluster, queue: QueueClient, anonymous: Caller, task_id: str
    ) -> None:
        error = {"storageType": "error", "reason": "too-large-file-on-worker", "message": "m"}
        path = "runs/0/artifacts/public%2Fx"
        assert queue.act(task_id, path, error | {"expires": in_an_hour(tc)}).status == 200
        location = anonymous("GET", f"{self.PATH}/public%2Fx").headers["location"]
        assert location == f"{tc.root_url}/api/queue/v1/task/{task_id}/artifacts/public%2Fx"
        assert anonymous("GET", location.removeprefix(tc.root_url)).status == 424

    def test_it_takes_the_scope_of_the_artifact(self, tc: LocalTaskcluster, task_id: str) -> None:
        some = Caller(tc.root_url, "s", tc.add_client("s", ["queue:get-artifact:private/x"]))
        assert some("GET", f"{self.PATH}/private%2Fx").status == 303
        assert some("GET", f"{self.PATH}/private%2Fy").status == 403


class TestSecrets:
    def test_expired_secret_is_gone(self, tc: LocalTaskcluster, root: Caller) -> None:
        path = "/api/secrets/v1/secret/x"
        root("PUT", path, {"secret": {"a": 1}, "expires": in_an_hour(tc)})
        assert root("GET", path).json["secret"] == {"a": 1}
        tc.clock.advance(hours=2)
        assert root("GET", path).status == 404
        assert root("GET", "/api/secrets/v1/secrets").json == {"secrets": []}

    def test_removed_secret_is_gone(self, tc: LocalTaskcluster, root: Caller) -> None:
        path = "/api/secrets/v1/secret/x"
        root("PUT", path, {"secret": {"a": 1}, "expires": in_an_hour(tc)})
        assert root("DELETE", path).json == {}
        assert root("GET", path).status == 404

    def test_reading_is_not_writing(self, tc: LocalTaskcluster) -> None:
        path = "/api/secrets/v1/secret/x"
        reader = Caller(tc.root_url, "r", tc.add_client("r", ["secrets:get:x"]))
        assert reader("PUT", path, {"secret": {}, "expires": in_an_hour(tc)}).status == 403
        assert reader("DELETE", path).status == 403
        assert reader("GET", path).status == 404

    def test_errors_do_not_show_the_secret(self, anonymous: Caller) -> None:
        reply = anonymous("PUT", "/api/secrets/v1/secret/x", {"secret": {"password": "hidden!"}})
        assert reply.status == 403
        assert b"hidden!" not in reply.content
