"""Task queues, provisioners and workers: what the recorded exchanges do not show."""

from __future__ import annotations

from datetime import timedelta

import pytest
from queue_client import WORKER, QueueClient, date

from tc_testing import LocalTaskcluster

PROVISIONERS = "/api/queue/v1/provisioners"
WORKERS = f"{PROVISIONERS}/demo/worker-types/w-1/workers"


@pytest.fixture
def queue(tc: LocalTaskcluster) -> QueueClient:
    return QueueClient(tc)


class TestTaskQueues:
    def test_are_known_by_their_tasks_for_5_days(self, queue: QueueClient) -> None:
        get = queue.root
        for path in ("/api/queue/v1/task-queues/demo%2Fw-1", f"{PROVISIONERS}/demo/worker-types/w-1"):
            assert get("GET", path).status == 404
        queue.create()
        assert get("GET", "/api/queue/v1/task-queues/demo%2Fw-1").json["stability"] == "experimental"
        assert get("GET", f"{PROVISIONERS}/demo").json["provisionerId"] == "demo"
        queue.tc.clock.advance(days=5)
        for path in ("/api/queue/v1/task-queues/demo%2Fw-1", f"{PROVISIONERS}/demo"):
            assert get("GET", path).status == 404
        assert get("GET", "/api/queue/v1/task-queues").json == {"taskQueues": []}

    def test_declared_facts_stay(self, queue: QueueClient) -> None:
        path = f"{PROVISIONERS}/demo/worker-types/w-1"
        expires = date(queue.tc.clock.now() + timedelta(days=9))
        queue.root("PUT", path, {"description": "d", "stability": "stable", "expires": expires})
        queue.create()
        found = queue.root("GET", path).json
        assert (found["description"], found["stability"], found["expires"]) == ("d", "stable", expires)

    def test_each_property_needs_its_scope(self, queue: QueueClient) -> None:
        path = f"{PROVISIONERS}/demo/worker-types/w-1"
        caller = queue.client(["queue:declare-worker-type:demo/w-1#description"])
        assert caller("PUT", path, {"description": "d"}).status == 200
        assert caller("PUT", path, {"description": "d", "stability": "stable"}).status == 403

    def test_pages(self, queue: QueueClient) -> None:
        names = ["demo/a", "demo/b", "demo/c", "other/a"]
        for name in reversed(names):
            queue.create(taskQueueId=name)
        first = queue.root("GET", "/api/queue/v1/task-queues?limit=3").json
        token = first["continuationToken"]
        rest = queue.root("GET", f"/api/queue/v1/task-queues?continuationToken={token}").json
        assert [one["taskQueueId"] for one in first["taskQueues"] + rest["taskQueues"]] == names
        listed = queue.root("GET", f"{PROVISIONERS}/demo/worker-types").json["workerTypes"]
        assert [one["workerType"] for one in listed] == ["a", "b", "c"]
        provisioners = queue.root("GET", PROVISIONERS).json["provisioners"]
        assert [one["provisionerId"] for one in provisioners] == ["demo", "other"]


class TestWorkers:
    def test_remember_their_last_20_tasks(self, queue: QueueClient) -> None:
        made = [queue.create() for _ in range(22)]
        for task_id in made:
            queue.claim(task_id)
        worker = queue.root("GET", f"{WORKERS}/group-1/worker-1").json
        assert [task["taskId"] for task in worker["recentTasks"]] == made[2:]
        [listed] = queue.root("GET", WORKERS).json["workers"]
        assert listed["latestTask"] == {"taskId": made[-1], "runId": 0}

    def test_are_forgotten_after_a_day(self, queue: QueueClient) -> None:
        queue.claim(queue.create())
        queue.tc.clock.advance(days=1)
        assert queue.root("GET", f"{WORKERS}/group-1/worker-1").status == 404
        assert queue.root("GET", WORKERS).json == {"workers": []}

    def test_declared(self, queue: QueueClient) -> None:
        path = f"{PROVISIONERS}/demo/worker-types/w-1/group-1/worker-1"
        expires = date(queue.tc.clock.now() + timedelta(days=3))
        assert queue.root("PUT", path, {"expires": expires}).json["expires"] == expires
        limited = queue.client(["queue:declare-worker:demo/w-1/group-1/worker-2#expires"])
        assert limited("PUT", path, {"expires": expires}).status == 403

    @pytest.mark.parametrize("verb", ["GET", "PUT"])
    def test_no_such_worker(self, queue: QueueClient, verb: str) -> None:
        until = {"quarantineUntil": date(queue.tc.clock.now())} if verb == "PUT" else None
        assert queue.root(verb, f"{WORKERS}/group-1/worker-1", until).status == 404


class TestQuarantine:
    def test_keeps_a_worker_from_work_until_it_ends(self, queue: QueueClient) -> None:
        first = queue.create()
        queue.claim(first)
        until = date(queue.tc.clock.now() + timedelta(hours=1))
        payload = {"quarantineUntil": until, "quarantineInfo": "under repair"}
        shown = queue.root("PUT", f"{WORKERS}/group-1/worker-1", payload).json
        assert shown["quarantineUntil"] == until
        second = queue.create()
        assert queue.act(second, "runs/0/claim", WORKER).status == 409
        [details] = queue.root("GET", f"{WORKERS}/group-1/worker-1").json["quarantineDetails"]
        assert (details["clientId"], details["quarantineInfo"]) == (queue.tc.client_id, "under repair")
        queue.tc.clock.advance(hours=1)
        # By now the claim of the first task has expired.
        assert {claim["status"]["taskId"] for claim in queue.claim_work(2)} == {first, second}

    def test_lists(self, queue: QueueClient) -> None:
        for worker_id in ("w1", "w2"):
            queue.claim(queue.create(), workerId=worker_id)
        until = date(queue.tc.clock.now() + timedelta(days=3))
        queue.root("PUT", f"{WORKERS}/group-1/w1", {"quarantineUntil": until})
        for query, expected in (
            ("", ["w1", "w2"]),
            ("?quarantined=true", ["w1"]),
            ("?quarantined=false", ["w2"]),
        ):
            listed = queue.root("GET", WORKERS + query).json["workers"]
            assert [worker["workerId"] for worker in listed] == expected
        # The filter comes after the cut into pages.
        page = queue.root("GET", f"{WORKERS}?quarantined=false&limit=1").json
        assert page["workers"] == []
        assert page["continuationToken"]
        assert queue.root("GET", f"{WORKERS}?quarantined=maybe").code == "InvalidRequestArguments"
        # A worker in quarantine is not forgotten before that ends.
        queue.tc.clock.advance(days=2)
        assert [worker["workerId"] for worker in queue.root("GET", WORKERS).json["workers"]] == ["w1"]
