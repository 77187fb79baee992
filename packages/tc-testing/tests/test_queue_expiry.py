"""Tasks and task groups that have expired are gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from queue_client import QueueClient, date, slug_id

from tc_testing import LocalTaskcluster


@pytest.fixture
def queue(tc: LocalTaskcluster) -> QueueClient:
    return QueueClient(tc)


def test_task_is_gone_with_its_artifacts(queue: QueueClient) -> None:
    now = queue.tc.clock.now()
    task_id = queue.create(expires=date(now + timedelta(days=1)))
    queue.claim(task_id)
    payload = {
        "storageType": "error",
        "expires": date(now + timedelta(hours=20)),
        "reason": "file-missing-on-worker",
        "message": "m",
    }
    assert queue.act(task_id, "runs/0/artifacts/public/a", payload).status == 200
    queue.tc.clock.advance(hours=23)
    assert queue.runs(task_id)[-1] == ("exception", "retry", "deadline-exceeded")
    queue.tc.clock.advance(hours=2)
    for path in ("", "/status", "/artifacts", "/dependents", "/runs/0/artifacts/public/a"):
        assert queue.root("GET", f"/api/queue/v1/task/{task_id}{path}").status == 404, path
    assert queue.root("POST", "/api/queue/v1/tasks/status", {"taskIds": [task_id]}).json["statuses"] == []


def test_what_depends_on_it_stays(queue: QueueClient) -> None:
    now = queue.tc.clock.now()
    first = queue.create(expires=date(now + timedelta(days=1)))
    last = queue.create(dependencies=[first], expires=date(now + timedelta(hours=3)))
    dependents = f"/api/queue/v1/task/{first}/dependents"
    assert len(queue.root("GET", dependents).json["tasks"]) == 1
    queue.tc.clock.advance(hours=4)
    assert queue.root("GET", dependents).json["tasks"] == []
    assert queue.root("GET", f"/api/queue/v1/task/{last}").status == 404
    second = queue.create(dependencies=[first], expires=date(now + timedelta(days=9)))
    queue.tc.clock.advance(days=1)
    assert queue.runs(second) == [("exception", "exception", "deadline-exceeded")]


def test_group_goes_an_hour_after_the_last_of_its_tasks(queue: QueueClient) -> None:
    now, group = queue.tc.clock.now(), slug_id()
    path = f"/api/queue/v1/task-group/{group}"
    first, last = (
        queue.create(taskGroupId=group, expires=date(now + timedelta(hours=hours))) for hours in (10, 12)
    )
    queue.tc.clock.advance(hours=11, minutes=30)
    listed = queue.root("GET", f"{path}/list").json["tasks"]
    assert [one["status"]["taskId"] for one in listed] == [last]
    queue.tc.clock.advance(hours=1)
    assert queue.root("GET", f"{path}/list").json["tasks"] == []
    queue.tc.clock.advance(hours=1)
    assert queue.root("GET", path).status == 404
    assert queue.root("GET", f"/api/queue/v1/task/{first}").status == 404
    queue.create(taskGroupId=group)
    assert len(queue.root("GET", f"{path}/list").json["tasks"]) == 1
