"""Tasks that are worked on: claimed, reported, retried, and what the clock does to them."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from queue_client import QUEUE, WORKER, QueueClient, date, slug_id

from tc_testing import LocalTaskcluster
from tc_testing._facts import exchanges
from tc_testing._schemas import problems


@pytest.fixture
def queue(tc: LocalTaskcluster) -> QueueClient:
    return QueueClient(tc)


class TestClaimWork:
    def test_most_urgent_first_and_then_oldest(self, queue: QueueClient) -> None:
        low = queue.create(priority="low")
        high = [queue.create(priority="high"), queue.create(priority="high")]
        lowest = queue.create()
        claimed = [claim["status"]["taskId"] for claim in queue.claim_work(3)]
        assert claimed == [*high, low]
        assert [claim["status"]["taskId"] for claim in queue.claim_work(3)] == [lowest]

    def test_changed_priority_counts_and_age_within_it(self, queue: QueueClient) -> None:
        old, middle, new = queue.create(), queue.create(priority="high"), queue.create(priority="high")
        for task_id in (new, old):
            reply = queue.act(task_id, "priority", {"newPriority": "medium"})
            assert reply.json["status"]["priority"] == "medium"
        order = [claim["status"]["taskId"] for claim in queue.claim_work(5)]
        assert order == [middle, old, new]

    def test_a_claim_lasts_20_minutes(self, queue: QueueClient) -> None:
        task_id = queue.create()
        before = queue.tc.clock.now()
        [claim] = queue.claim_work()
        after = queue.tc.clock.now()
        # Dates are cut to milliseconds.
        assert (
            before - timedelta(milliseconds=1) <= _date(claim["takenUntil"]) - timedelta(minutes=20) <= after
        )
        run = queue.status(task_id)["runs"][0]
        assert _date(run["takenUntil"]) == _date(claim["takenUntil"])
        assert (run["state"], run["workerGroup"], run["workerId"]) == ("running", "group-1", "worker-1")

    def test_waits_for_a_task(self, queue: QueueClient) -> None:
        with _waiting(queue, lambda: queue.claim_work()) as claims:
            task_id = queue.create()
            assert [claim["status"]["taskId"] for claim in claims.result()] == [task_id]

    def test_only_one_of_those_who_wait_gets_it(self, queue: QueueClient) -> None:
        with ThreadPoolExecutor(3) as pool:
            waiting = [pool.submit(queue.claim_work, workerId=f"w{number}") for number in range(3)]
            _until(lambda: _calls_waiting(queue) == 3)
            queue.create()
            queue.tc.clock.advance(seconds=20)
            assert sorted(len(claims.result()) for claims in waiting) == [0, 0, 1]

    @pytest.mark.parametrize("how", ["dependency", "schedule", "rerun"])
    def test_waits_for_whatever_makes_a_task_pending(self, queue: QueueClient, how: str) -> None:
        first = queue.create(taskQueueId="demo/w-2")
        second = queue.create(dependencies=[first])
        if how == "rerun":
            queue.act(second, "cancel")
        with _waiting(queue, lambda: queue.claim_work()) as claims:
            if how == "dependency":
                queue.complete(first)
            else:
                queue.act(second, how)
            assert [claim["status"]["taskId"] for claim in claims.result()] == [second]

    def test_a_claim_that_expires_meanwhile_is_work(self, queue: QueueClient) -> None:
        task_id = queue.create()
        queue.claim(task_id)
        queue.tc.clock.advance(minutes=19, seconds=50)
        with _waiting(queue, lambda: queue.claim_work(workerId="other")) as claims:
            queue.tc.clock.advance(seconds=11)
            [claim] = claims.result()
            assert (claim["status"]["taskId"], claim["runId"]) == (task_id, 1)

    def test_empty_after_20_seconds_of_the_servers_clock(self, queue: QueueClient) -> None:
        with _waiting(queue, lambda: queue.claim_work()) as claims:
            queue.tc.clock.advance(seconds=19)
            assert not claims.done()
            queue.tc.clock.advance(seconds=1)
            assert claims.result() == []

    def test_who_hangs_up_gets_nothing(self, queue: QueueClient) -> None:
        path = f"/api/queue/v1/claim-work/{QUEUE}"
        body = b'{"tasks": 1, "workerGroup": "g", "workerId": "w"}'
        headers = {
            "content-type": "application/json",
            "authorization": queue.root.authorization("POST", path, body, "application/json"),
        }
        connection = http.client.HTTPConnection(urlsplit(queue.tc.root_url).netloc)
        connection.request("POST", path, body, headers)
        _until(lambda: _calls_waiting(queue) == 1)
        connection.close()
        _until(lambda: _calls_waiting(queue) == 0)
        task_id = queue.create()
        assert queue.status(task_id)["state"] == "pending"

    def test_stopping_does_not_wait_for_it(self) -> None:
        with LocalTaskcluster() as tc:
            queue = QueueClient(tc)
            answers: list[Any] = []
            asking = threading.Thread(target=lambda: answers.append(queue.claim_work()))
            asking.start()
            _until(lambda: _calls_waiting(queue) == 1)
        asking.join()
        assert answers == [[]]

    def test_a_reset_ends_it(self, queue: QueueClient) -> None:
        with _waiting(queue, lambda: queue.claim_work()) as claims:
            queue.tc.reset()
            assert claims.result() == []

    def test_scopes(self, queue: QueueClient) -> None:
        queue.create()
        path = f"/api/queue/v1/claim-work/{QUEUE}"
        payload = {"tasks": 1, **WORKER}
        for scopes, expected in (
            (["queue:claim-work:demo/w-1"], 403),
            (["queue:worker-id:group-1/worker-1"], 403),
            (["queue:claim-work:demo/w-1", "queue:worker-id:group-1/worker-2"], 403),
            (["queue:claim-work:demo/*", "queue:worker-id:group-1/*"], 200),
        ):
            assert queue.client(scopes)("POST", path, payload).status == expected


class TestCredentials:
    def test_of_a_task_are_good_for_its_run_and_its_scopes(self, queue: QueueClient) -> None:
        other = queue.create()
        task_id = queue.create(scopes=["secrets:get:demo"], priority="high")
        [claim] = queue.claim_work()
        assert claim["status"]["taskId"] == task_id
        task = queue.with_credentials(claim["credentials"])
        assert claim["credentials"]["clientId"].startswith(
            f"task-client/{task_id}/0/on/group-1/worker-1/until/"
        )
        assert task("GET", "/api/secrets/v1/secret/demo").status == 404
        assert task("GET", "/api/secrets/v1/secret/other").status == 403
        assert task("POST", f"/api/queue/v1/task/{other}/runs/0/completed").status == 403
        assert task("POST", f"/api/queue/v1/task/{task_id}/runs/0/completed").status == 200

    def test_end_with_the_claim(self, queue: QueueClient) -> None:
        task_id = queue.create()
        task = queue.with_credentials(queue.claim(task_id)["credentials"])
        queue.tc.clock.advance(minutes=19)
        reclaimed = task("POST", f"/api/queue/v1/task/{task_id}/runs/0/reclaim")
        queue.tc.clock.advance(minutes=7)  # a certificate may be 5 minutes late
        refused = task("POST", f"/api/queue/v1/task/{task_id}/runs/0/reclaim")
        assert (refused.status, refused.message) == (401, "ext.certificate.expiry < now")
        renewed = queue.with_credentials(reclaimed.json["credentials"])
        assert renewed("POST", f"/api/queue/v1/task/{task_id}/runs/0/completed").status == 200


class TestReports:
    @pytest.mark.parametrize(("report", "state"), [("completed", "completed"), ("failed", "failed")])
    def test_resolve(self, queue: QueueClient, report: str, state: str) -> None:
        task_id = queue.create()
        queue.claim(task_id)
        first = queue.act(task_id, f"runs/0/{report}")
        assert first.json["status"]["state"] == state
        assert queue.act(task_id, f"runs/0/{report}").json == first.json
        other = "failed" if report == "completed" else "completed"
        assert queue.act(task_id, f"runs/0/{other}").code == "RequestConflict"
        assert queue.act(task_id, "runs/0/exception", {"reason": "internal-error"}).status == 409
        assert queue.counts() == (0, 0)

    @pytest.mark.parametrize("reason", ["malformed-payload", "resource-unavailable", "internal-error"])
    def test_final_exceptions(self, queue: QueueClient, reason: str) -> None:
        task_id = queue.create()
        queue.claim(task_id)
        assert queue.act(task_id, "runs/0/exception", {"reason": reason}).status == 200
        assert queue.runs(task_id) == [("exception", "scheduled", reason)]
        assert queue.status(task_id)["retriesLeft"] == 5

    @pytest.mark.parametrize(
        ("reason", "created"), [("worker-shutdown", "retry"), ("intermittent-task", "task-retry")]
    )
    def test_retries_until_none_is_left(self, queue: QueueClient, reason: str, created: str) -> None:
        task_id = queue.create(retries=1)
        queue.claim(task_id)
        report = queue.act(task_id, "runs/0/exception", {"reason": reason})
        assert report.json["status"]["state"] == "pending"
        assert queue.runs(task_id) == [("exception", "scheduled", reason), ("pending", created, None)]
        assert queue.act(task_id, "runs/0/exception", {"reason": reason}).json == report.json
        queue.claim(task_id, 1)
        queue.act(task_id, "runs/1/exception", {"reason": reason})
        assert queue.runs(task_id)[1:] == [("exception", created, reason)]
        assert queue.status(task_id)["state"] == "exception"

    @pytest.mark.parametrize("report", ["completed", "failed", "exception", "reclaim"])
    def test_pending_run_has_nobody_to_report_it(self, queue: QueueClient, report: str) -> None:
        task_id = queue.create()
        payload = {"reason": "internal-error"} if report == "exception" else None
        assert queue.act(task_id, f"runs/0/{report}", payload).status == 409
        assert queue.act(task_id, f"runs/1/{report}", payload).status == 404
        assert queue.act(task_id, f"runs/{'9' * 5000}/{report}", payload).status == 404
        assert queue.act(slug_id(), f"runs/0/{report}", payload).status == 404

    def test_late_report_of_a_run_that_was_retried(self, queue: QueueClient) -> None:
        task_id = queue.create()
        queue.claim(task_id)
        queue.tc.clock.advance(minutes=21)
        assert queue.act(task_id, "runs/0/completed").status == 409
        assert queue.act(task_id, "runs/0/reclaim").status == 409
        queue.complete(task_id, 1)


class TestClaimTask:
    def test_of_the_same_worker_again(self, queue: QueueClient) -> None:
        task_id = queue.create()
        first, again = queue.claim(task_id), queue.claim(task_id)
        assert first["status"] == again["status"]

    def test_not_by_another(self, queue: QueueClient) -> None:
        task_id = queue.create()
        queue.claim(task_id)
        assert queue.act(task_id, "runs/0/claim", {**WORKER, "workerId": "w"}).status == 409
        assert queue.act(task_id, "runs/1/claim", WORKER).status == 404
        queue.act(task_id, "runs/0/completed")
        assert queue.act(task_id, "runs/0/claim", WORKER).status == 409

    def test_not_past_the_deadline(self, queue: QueueClient) -> None:
        task_id = queue.create()
        queue.tc.clock.advance(hours=2)
        assert queue.act(task_id, "runs/0/claim", WORKER).status == 409
        assert queue.runs(task_id) == [("exception", "scheduled", "deadline-exceeded")]


class TestClock:
    def test_claims_expire_and_are_retried(self, queue: QueueClient) -> None:
        task_id = queue.create(retries=1)
        queue.claim(task_id)
        queue.tc.clock.advance(minutes=19)
        assert queue.status(task_id)["state"] == "running"
        queue.tc.clock.advance(minutes=1)
        assert queue.runs(task_id) == [
            ("exception", "scheduled", "claim-expired"),
            ("pending", "retry", None),
        ]
        assert queue.counts() == (1, 0)
        queue.claim(task_id, 1)
        queue.tc.clock.advance(minutes=21)
        assert queue.runs(task_id)[1] == ("exception", "retry", "claim-expired")
        assert queue.status(task_id)["state"] == "exception"

    def test_reclaiming_holds_a_claim(self, queue: QueueClient) -> None:
        task_id = queue.create()
        queue.claim(task_id)
        for _ in range(3):
            queue.tc.clock.advance(minutes=15)
            assert queue.act(task_id, "runs/0/reclaim").status == 200
        assert queue.status(task_id)["state"] == "running"

    def test_what_happens_in_one_jump_happens_in_order(self, queue: QueueClient) -> None:
        now = queue.tc.clock.now()
        task_id = queue.create(deadline=date(now + timedelta(minutes=30)))
        queue.claim(task_id)
        queue.tc.clock.advance(hours=1)
        assert queue.runs(task_id) == [
            ("exception", "scheduled", "claim-expired"),
            ("exception", "retry", "deadline-exceeded"),
        ]

    def test_deadline_of_a_running_and_of_an_unscheduled_task(self, queue: QueueClient) -> None:
        task_id = queue.create()
        waiting = queue.create(dependencies=[task_id])
        queue.claim(task_id)
        for _ in range(7):
            queue.tc.clock.advance(minutes=18)
            queue.act(task_id, "runs/0/reclaim")
        assert queue.runs(task_id) == [("exception", "scheduled", "deadline-exceeded")]
        assert queue.runs(waiting) == [("exception", "exception", "deadline-exceeded")]
        assert queue.counts() == (0, 0)


class TestDependencies:
    @pytest.mark.parametrize(
        ("requires", "report", "state"),
        [
            ("all-completed", "completed", "pending"),
            ("all-completed", "failed", "unscheduled"),
            ("all-resolved", "failed", "pending"),
        ],
    )
    def test_release_what_waits(self, queue: QueueClient, requires: str, report: str, state: str) -> None:
        first = queue.create()
        second = queue.create(dependencies=[first], requires=requires)
        queue.claim(first)
        queue.act(first, f"runs/0/{report}")
        assert queue.status(second)["state"] == state

    def test_all_are_needed_and_a_rerun_takes_none_back(self, queue: QueueClient) -> None:
        first, second = queue.create(), queue.create()
        third = queue.create(dependencies=[first, second])
        queue.complete(first)
        queue.act(first, "rerun")
        assert queue.status(third)["state"] == "unscheduled"
        queue.complete(second)
        assert queue.status(third)["state"] == "pending"

    def test_resolved_before_the_task_was_made(self, queue: QueueClient) -> None:
        first = queue.create()
        queue.complete(first)
        assert queue.status(queue.create(dependencies=[first]))["state"] == "pending"


class TestPriority:
    def test_of_a_group(self, queue: QueueClient) -> None:
        group = slug_id()
        done, pending, unscheduled = queue.create(taskGroupId=group), queue.create(taskGroupId=group), None
        unscheduled = queue.create(taskGroupId=group, dependencies=[pending])
        queue.complete(done)
        path = f"/api/queue/v1/task-group/{group}/priority"
        changed = queue.root("POST", path, {"newPriority": "high"}).json
        assert (changed["tasksAffected"], set(changed["taskIds"])) == (2, {pending, unscheduled})
        assert [queue.status(one)["priority"] for one in (done, pending, unscheduled)] == [
            "lowest",
            "high",
            "high",
        ]
        refused = queue.client(["queue:change-task-group-priority:other/*"])
        assert refused("POST", path, {"newPriority": "high"}).status == 403

    def test_scopes_of_a_task(self, queue: QueueClient) -> None:
        task_id = queue.create()
        path, payload = f"/api/queue/v1/task/{task_id}/priority", {"newPriority": "high"}
        for scope in (
            f"queue:change-task-priority:{task_id}",
            "queue:change-task-priority-in-queue:demo/w-1",
        ):
            assert queue.client([scope])("POST", path, payload).status == 200
        assert queue.client(["queue:change-task-priority:x"])("POST", path, payload).status == 403


class TestReruns:
    def test_give_the_retries_back(self, queue: QueueClient) -> None:
        task_id = queue.create(retries=2)
        queue.claim(task_id)
        queue.act(task_id, "runs/0/exception", {"reason": "worker-shutdown"})
        queue.complete(task_id, 1)
        assert queue.act(task_id, "rerun").json["status"]["retriesLeft"] == 2
        assert queue.runs(task_id)[2] == ("pending", "rerun", None)

    def test_at_most_50_runs(self, queue: QueueClient) -> None:
        task_id = queue.create()
        for _ in range(49):
            queue.act(task_id, "cancel")
            assert queue.act(task_id, "rerun").status == 200
        queue.act(task_id, "cancel")
        assert len(queue.runs(task_id)) == 50
        assert queue.act(task_id, "rerun").code == "RequestConflict"


class TestLists:
    def test_pending_and_claimed_in_pages_while_they_change(self, queue: QueueClient) -> None:
        made = [queue.create() for _ in range(6)]
        path = f"/api/queue/v1/task-queues/{QUEUE}"
        first = queue.root("GET", f"{path}/pending?limit=2").json
        shown = {task["taskId"] for task in first["tasks"]}
        # Those that were shown go, and none of the others is passed over.
        for task_id in shown:
            queue.claim(task_id)
        token = first["continuationToken"].replace("=", "%3D").replace("+", "%2B").replace("/", "%2F")
        rest = queue.root("GET", f"{path}/pending?continuationToken={token}").json
        assert {task["taskId"] for task in rest["tasks"]} == set(made) - shown
        assert "continuationToken" not in rest
        claimed = queue.root("GET", f"{path}/claimed").json["tasks"]
        assert {(task["taskId"], task["workerId"]) for task in claimed} == {
            (one, "worker-1") for one in shown
        }
        assert queue.counts() == (4, 2)

    def test_token_that_is_none(self, queue: QueueClient) -> None:
        path = f"/api/queue/v1/task-queues/{QUEUE}/pending"
        assert queue.root("GET", f"{path}?continuationToken=zzz").status == 400


class TestMessages:
    def test_tell_the_life_of_a_task(self, queue: QueueClient) -> None:
        task_id = queue.create(retries=1, routes=["index.demo.one"], tags={"kind": "t"})
        queue.claim(task_id)
        queue.act(task_id, "runs/0/exception", {"reason": "worker-shutdown"})
        queue.complete(task_id, 1)
        assert _told(queue.tc) == [
            ("taskDefined", {}),
            ("taskPending", {"runId": 0}),
            ("taskRunning", {"runId": 0, **WORKER}),
            ("taskException", {"runId": 0, **WORKER}),
            ("taskPending", {"runId": 1}),
            ("taskRunning", {"runId": 1, **WORKER}),
            ("taskCompleted", {"runId": 1, **WORKER}),
            ("taskGroupResolved", {}),
        ]
        completed = queue.tc.messages[-2]
        assert completed.routing_key == f"primary.{task_id}.1.group-1.worker-1.demo.w-1.-.{task_id}._"
        assert completed.routes == ("route.index.demo.one",)
        assert completed.payload["task"] == {"tags": {"kind": "t"}}

    def test_of_what_the_clock_does(self, queue: QueueClient) -> None:
        queue.create()
        queue.tc.clock.advance(hours=2)
        assert _told(queue.tc)[2:] == [("taskException", {"runId": 0}), ("taskGroupResolved", {})]

    def test_of_groups_and_priorities(self, queue: QueueClient) -> None:
        task_id = queue.create()
        path = f"/api/queue/v1/task-group/{task_id}"
        queue.act(task_id, "priority", {"newPriority": "high"})
        queue.root("POST", f"{path}/priority", {"newPriority": "low"})
        queue.root("POST", f"{path}/seal")
        queue.root("POST", f"{path}/seal")
        queue.root("POST", f"{path}/cancel")
        assert [name for name, _ in _told(queue.tc)[2:]] == [
            "taskPriorityChanged",
            "taskPriorityChanged",
            "taskGroupPriorityChanged",
            "taskGroupSealed",
            "taskException",
            "taskGroupResolved",
        ]


class TestIndexRoutes:
    def test_a_completed_task_is_found_by_its_routes(self, queue: QueueClient) -> None:
        expires = date(queue.tc.clock.now() + timedelta(days=1))
        task_id = queue.create(
            routes=["index.demo.one", "index.demo.two", "other.demo.three"],
            extra={"index": {"rank": 7, "data": {"a": 1}, "expires": expires}},
        )
        path = "/api/index/v1/task/demo"
        assert queue.root("GET", f"{path}.one").status == 404
        queue.complete(task_id)
        for name in ("one", "two"):
            found = queue.root("GET", f"{path}.{name}").json
            assert (found["taskId"], found["rank"], found["data"]) == (task_id, 7, {"a": 1})
            assert found["expires"] == expires
        assert queue.root("GET", f"{path}.three").status == 404

    @pytest.mark.parametrize("index", [None, [], {"rank": "x", "data": 1, "expires": "never"}])
    def test_what_is_wrong_is_passed_over(self, queue: QueueClient, index: Any) -> None:
        task_id = queue.create(routes=["index.a.b"], extra={"index": index})
        queue.complete(task_id)
        found = queue.root("GET", "/api/index/v1/task/a.b").json
        assert (found["taskId"], found["rank"], found["data"]) == (task_id, 0, {})

    def test_a_task_that_failed_is_not_indexed(self, queue: QueueClient) -> None:
        task_id = queue.create(routes=["index.a.b"])
        queue.claim(task_id)
        queue.act(task_id, "runs/0/failed")
        assert queue.root("GET", "/api/index/v1/task/a.b").status == 404


def _told(tc: LocalTaskcluster) -> list[tuple[str, dict[str, Any]]]:
    """The messages by name, with what they say of a run; all fit their schemas."""
    told: list[tuple[str, dict[str, Any]]] = []
    for message in tc.messages:
        assert problems(exchanges()[message.service, message.name].schema, message.payload) == []
        names = ("runId", "workerGroup", "workerId")
        told.append((message.name, {key: message.payload[key] for key in names if key in message.payload}))
    return told


def _date(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _calls_waiting(queue: QueueClient) -> int:
    return queue.tc._app.state.queue.calls_waiting  # pyright: ignore[reportPrivateUsage]


def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.001)


class _waiting:
    """Asks in another thread; the block runs once the call waits, and is left when it was answered."""

    def __init__(self, queue: QueueClient, ask: Callable[[], list[dict[str, Any]]]) -> None:
        self._queue = queue
        self._ask = ask
        self._pool = ThreadPoolExecutor(1)

    def __enter__(self) -> Future[list[dict[str, Any]]]:
        answer = self._pool.submit(self._ask)
        _until(lambda: answer.done() or _calls_waiting(self._queue) > 0)
        return answer

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
