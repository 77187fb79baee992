"""Profiles of tasks and task groups."""

from __future__ import annotations

from typing import Any

import pytest
from hawk_client import Caller
from queue_client import QueueClient

from tc_testing import LocalTaskcluster

LOG = b"""\
[taskcluster 2026-11-23T09:30:55.000Z] === Task Starting ===
no date here
[task 2026-11-23T09:30:57.500Z] done \xff
"""


@pytest.fixture
def queue(tc: LocalTaskcluster) -> QueueClient:
    return QueueClient(tc)


def add_log(queue: QueueClient, task_id: str, name: str, log: bytes) -> None:
    """Give the running task a log."""
    path = f"runs/0/artifacts/{name.replace('/', '%2F')}"
    expires = queue.root("GET", f"/api/queue/v1/task/{task_id}").json["expires"]
    artifact = {"storageType": "s3", "contentType": "text/plain", "expires": expires}
    put_url = queue.act(task_id, path, artifact).json["putUrl"].removeprefix(queue.tc.root_url)
    assert Caller(queue.tc.root_url)("PUT", put_url, body=log, content_type="text/plain").status == 200


def markers(profile: Any) -> list[tuple[str, float, dict[str, Any]]]:
    [thread] = profile["threads"]
    table = thread["markers"]
    assert {len(column) for name, column in table.items() if name != "length"} == {table["length"]}
    return [
        (thread["stringArray"][name], start, data)
        for name, start, data in zip(table["name"], table["startTime"], table["data"], strict=True)
    ]


class TestTaskProfile:
    def profile(self, queue: QueueClient, task_id: str) -> Any:
        return Caller(queue.tc.root_url)("GET", f"/api/web-server/v1/task/{task_id}/profile").json

    def test_markers_are_the_dated_lines_of_the_log(self, queue: QueueClient) -> None:
        task_id = queue.create()
        queue.claim(task_id)
        add_log(queue, task_id, "public/logs/live.log", LOG)
        queue.act(task_id, "runs/0/completed")
        profile = self.profile(queue, task_id)
        assert [(name, start, data["message"]) for name, start, data in markers(profile)] == [
            ("taskcluster", 0, "=== Task Starting ==="),
            ("task", 2500, "done �"),
        ]
        assert profile["meta"]["product"] == f"n {task_id} - 11/23/2026"

    def test_log_behind_a_link(self, queue: QueueClient) -> None:
        task_id = queue.create()
        expires = queue.root("GET", f"/api/queue/v1/task/{task_id}").json["expires"]
        queue.claim(task_id)
        add_log(queue, task_id, "public/logs/live_backing.log", LOG)
        link = {"storageType": "link", "expires": expires, "artifact": "public/logs/live_backing.log"}
        queue.act(task_id, "runs/0/artifacts/public%2Flogs%2Flive.log", link)
        queue.act(task_id, "runs/0/completed")
        assert len(markers(self.profile(queue, task_id))) == 2

    def test_log_without_dates(self, queue: QueueClient) -> None:
        task_id = queue.create()
        queue.claim(task_id)
        add_log(queue, task_id, "public/logs/live.log", b"text\n")
        queue.act(task_id, "runs/0/failed")
        [(name, start, data)] = markers(self.profile(queue, task_id))
        assert (name, start, data["taskId"]) == ("Task (failed)", 0, task_id)


class TestTaskGroupProfile:
    def profile(self, queue: QueueClient, group_id: str) -> Any:
        return Caller(queue.tc.root_url)("GET", f"/api/web-server/v1/task-group/{group_id}/profile").json

    def test_markers_are_the_runs_that_were_started(self, queue: QueueClient) -> None:
        first = queue.create()
        second, _ = (queue.create(taskGroupId=first, schedulerId="-") for _ in range(2))
        queue.complete(first)
        queue.tc.clock.advance(seconds=30)
        queue.claim(second)
        profile = self.profile(queue, first)
        shown = {data["taskId"]: (name, start) for name, start, data in markers(profile)}
        assert shown[first] == ("Task", 0)
        name, start = shown.pop(second)
        assert name == "Task (running)"
        assert start >= 30_000
        assert len(shown) == 1
        assert profile["meta"]["product"].startswith(f"Task Group {first} - ")

    def test_nothing_started(self, queue: QueueClient) -> None:
        assert markers(self.profile(queue, queue.create())) == []
