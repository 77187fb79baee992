"""Tasks and task groups: what the recorded exchanges do not show."""

from __future__ import annotations

import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hawk_client import Caller, Reply

from tc_testing import LocalTaskcluster

Create = Callable[..., Reply]


def slug_id() -> str:
    return urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def date(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.fixture
def create(tc: LocalTaskcluster, root: Caller) -> Create:
    """Creates a task, by default as root and with nothing but what a task must have."""

    def create(task_id: str | None = None, /, caller: Caller = root, **changes: Any) -> Reply:
        now = tc.clock.now()
        task = {
            "taskQueueId": "demo/w-1",
            "created": date(now),
            "deadline": date(now + timedelta(hours=1)),
            "payload": {},
            "metadata": {
                "name": "n",
                "description": "d",
                "owner": "o@example.com",
                "source": "https://example.com",
            },
            **changes,
        }
        return caller("PUT", f"/api/queue/v1/task/{task_id or slug_id()}", task)

    return create


def status(root: Caller, task_id: str) -> dict[str, Any]:
    return root("GET", f"/api/queue/v1/task/{task_id}/status").json["status"]


def act(root: Caller, task_id: str, action: str) -> Reply:
    return root("POST", f"/api/queue/v1/task/{task_id}/{action}")


class TestCreate:
    def test_defaults(self, create: Create, root: Caller) -> None:
        task_id = slug_id()
        made = create(task_id).json["status"]
        assert made["state"] == "pending"
        task = root("GET", f"/api/queue/v1/task/{task_id}").json
        assert (task["provisionerId"], task["workerType"]) == ("demo", "w-1")
        assert (task["schedulerId"], task["taskGroupId"], task["priority"]) == ("-", task_id, "lowest")
        life = datetime.fromisoformat(task["expires"]) - datetime.fromisoformat(task["deadline"])
        assert life == timedelta(days=365)

    def test_repeated_call_answers_the_same(self, create: Create, tc: LocalTaskcluster) -> None:
        task_id, created = slug_id(), date(tc.clock.now())
        deadline = date(tc.clock.now() + timedelta(hours=2))
        first = create(task_id, created=created, deadline=deadline)
        # The same dates, written another way.
        again = create(
            task_id, created=created.replace("Z", "+00:00"), deadline=deadline, provisionerId="demo"
        )
        assert first.json == again.json
        assert create(task_id, created=created, deadline=deadline, retries=1).code == "RequestConflict"

    @pytest.mark.parametrize(
        ("created", "deadline", "expires", "status"),
        [
            (-14, 60, None, 200),
            (-16, 60, None, 400),
            (14, 60, None, 200),
            (16, 60, None, 400),
            (0, -1, None, 400),
            (-10, -1, None, 400),
            (0, 5 * 24 * 60, None, 200),
            (0, 5 * 24 * 60 + 5, None, 400),
            (0, 60, 59, 400),
            (0, 60, 60, 200),
        ],
    )
    def test_dates(
        self,
        tc: LocalTaskcluster,
        create: Create,
        created: int,
        deadline: int,
        expires: int | None,
        status: int,
    ) -> None:
        now = tc.clock.now()
        minutes = {"created": created, "deadline": deadline, "expires": expires}
        dates = {
            name: date(now + timedelta(minutes=value)) for name, value in minutes.items() if value is not None
        }
        reply = create(**dates)
        assert reply.status == status
        assert status == 200 or reply.code == "InputError"

    def test_created_is_judged_by_the_moved_clock(self, tc: LocalTaskcluster, create: Create) -> None:
        created = date(tc.clock.now())
        tc.clock.advance(minutes=16)
        assert create(created=created).status == 400
        assert create().status == 200

    @pytest.mark.parametrize(
        "changes",
        [{"taskQueueId": "demo/w-1", "workerType": "w-2"}, {"created": "2030-01-01"}, {"retries": 50}],
    )
    def test_what_does_not_fit(self, create: Create, changes: dict[str, Any]) -> None:
        assert create(**changes).status == 400

    def test_task_queue_must_be_given(self, tc: LocalTaskcluster, create: Create, root: Caller) -> None:
        now = tc.clock.now()
        task: dict[str, Any] = {
            "created": date(now),
            "deadline": date(now + timedelta(hours=1)),
            "payload": {},
            "workerType": "w",
        }
        task["metadata"] = {
            "name": "n",
            "description": "d",
            "owner": "o@example.com",
            "source": "https://example.com",
        }
        reply = root("PUT", f"/api/queue/v1/task/{slug_id()}", task)
        assert (reply.status, reply.code) == (400, "InputError")

    def test_scopes_of_a_task(self, tc: LocalTaskcluster, create: Create) -> None:
        needed = {
            "queue:create-task:project:p",
            "queue:scheduler-id:s",
            "queue:create-task:low:demo/w-1",
            "queue:route:index.x",
            "a:b",
        }
        task = {
            "projectId": "p",
            "schedulerId": "s",
            "priority": "low",
            "routes": ["index.x"],
            "scopes": ["a:b"],
        }
        for left_out in needed:
            token = tc.add_client("maker", needed - {left_out})
            reply = create(caller=Caller(tc.root_url, "maker", token), **task)
            assert (reply.status, reply.code) == (403, "InsufficientScopes")
            assert left_out in reply.message
        caller = Caller(tc.root_url, "maker", tc.add_client("maker", needed))
        assert create(caller=caller, **task).status == 200
        # A higher priority covers the lower ones, not the other way round.
        assert create(caller=caller, **task | {"priority": "lowest"}).status == 200
        assert create(caller=caller, **task | {"priority": "medium"}).status == 403


class TestDependencies:
    def test_waiting_task_is_scheduled_when_all_are_resolved(self, create: Create, root: Caller) -> None:
        first, second, waiting = slug_id(), slug_id(), slug_id()
        create(first)
        create(second)
        create(waiting, dependencies=[first, second], requires="all-resolved")
        assert status(root, waiting)["state"] == "unscheduled"
        act(root, first, "cancel")
        assert status(root, waiting)["state"] == "unscheduled"
        act(root, second, "cancel")
        assert status(root, waiting)["state"] == "pending"

    def test_a_cancelled_task_is_not_a_completed_one(self, create: Create, root: Caller) -> None:
        first, waiting = slug_id(), slug_id()
        create(first)
        create(waiting, dependencies=[first])
        act(root, first, "cancel")
        assert status(root, waiting)["state"] == "unscheduled"

    def test_task_may_wait_for_itself(self, create: Create, root: Caller) -> None:
        task_id = slug_id()
        assert create(task_id, dependencies=[task_id]).json["status"]["state"] == "unscheduled"
        assert act(root, task_id, "schedule").json["status"]["state"] == "pending"

    def test_dependents_are_listed(self, create: Create, root: Caller) -> None:
        first = slug_id()
        create(first)
        waiting = {slug_id() for _ in range(3)}
        for task_id in waiting:
            create(task_id, dependencies=[first])
        reply = root("GET", f"/api/queue/v1/task/{first}/dependents")
        assert {item["status"]["taskId"] for item in reply.json["tasks"]} == waiting
        assert root("GET", f"/api/queue/v1/task/{slug_id()}/dependents").status == 404


class TestLife:
    def test_cancel_before_it_was_scheduled(self, create: Create, root: Caller) -> None:
        task_id = slug_id()
        create(task_id, dependencies=[task_id])
        [run] = act(root, task_id, "cancel").json["status"]["runs"]
        assert (run["state"], run["reasonCreated"], run["reasonResolved"]) == (
            "exception",
            "exception",
            "canceled",
        )

    def test_cancel_twice(self, create: Create, root: Caller) -> None:
        task_id = slug_id()
        create(task_id)
        assert act(root, task_id, "cancel").json == act(root, task_id, "cancel").json

    def test_rerun(self, create: Create, root: Caller) -> None:
        task_id = slug_id()
        create(task_id)
        assert len(act(root, task_id, "rerun").json["status"]["runs"]) == 1
        act(root, task_id, "cancel")
        rerun = act(root, task_id, "rerun").json["status"]
        assert rerun["state"] == "pending"
        assert [run["reasonCreated"] for run in rerun["runs"]] == ["scheduled", "rerun"]

    def test_deadline(self, tc: LocalTaskcluster, create: Create, root: Caller) -> None:
        pending, unscheduled, cancelled = slug_id(), slug_id(), slug_id()
        create(pending)
        create(unscheduled, dependencies=[pending])
        create(cancelled)
        act(root, cancelled, "cancel")
        tc.clock.advance(hours=2)
        for task_id, reason in (
            (pending, "deadline-exceeded"),
            (unscheduled, "deadline-exceeded"),
            (cancelled, "canceled"),
        ):
            found = status(root, task_id)
            assert (found["state"], found["runs"][-1]["reasonResolved"]) == ("exception", reason)
        for action in ("schedule", "rerun", "cancel"):
            assert act(root, pending, action).code == "RequestConflict"

    @pytest.mark.parametrize("action", ["schedule", "rerun", "cancel"])
    def test_scopes(self, tc: LocalTaskcluster, create: Create, action: str) -> None:
        task_id = slug_id()
        create(task_id, schedulerId="s", projectId="p")
        for scopes, expected in (
            ([f"queue:{action}-task:s/{task_id}/{task_id}"], 200),
            ([f"queue:{action}-task-in-project:p"], 200),
            ([f"queue:{action}-task", f"assume:scheduler-id:s/{task_id}"], 200),
            ([f"queue:{action}-task"], 403),
            ([f"queue:{action}-task:other/*"], 403),
        ):
            caller = Caller(tc.root_url, "actor", tc.add_client("actor", scopes))
            assert act(caller, task_id, action).status == expected

    @pytest.mark.parametrize("action", ["schedule", "rerun", "cancel"])
    def test_no_such_task(self, root: Caller, action: str) -> None:
        assert act(root, slug_id(), action).status == 404


class TestMany:
    def test_unknown_ones_are_left_out_and_scopes_are_asked_for_each(
        self, tc: LocalTaskcluster, create: Create, root: Caller
    ) -> None:
        known = [slug_id() for _ in range(3)]
        for task_id in known:
            create(task_id)
        payload = {"taskIds": [known[0], slug_id(), *known[1:], known[0]]}
        for path, key in (("/api/queue/v1/tasks", "tasks"), ("/api/queue/v1/tasks/status", "statuses")):
            found = root("POST", path, payload).json[key]
            assert [item["taskId"] for item in found] == known
        limited = Caller(tc.root_url, "c", tc.add_client("c", []), ext={"authorizedScopes": []})
        assert limited("POST", "/api/queue/v1/tasks", payload).status == 200  # everyone may read tasks

    def test_pages_of_a_post(self, create: Create, root: Caller) -> None:
        known = [slug_id() for _ in range(5)]
        for task_id in known:
            create(task_id)
        found: list[str] = []
        token = None
        while token != "":
            query = "?limit=2" + (f"&continuationToken={token}" if token else "")
            reply = root("POST", f"/api/queue/v1/tasks/status{query}", {"taskIds": known}).json
            found += [item["taskId"] for item in reply["statuses"]]
            token = reply.get("continuationToken", "")
        assert found == known


class TestGroups:
    def test_walk_in_pages(self, create: Create, root: Caller) -> None:
        group, made = slug_id(), {slug_id() for _ in range(25)}
        for task_id in made:
            create(task_id, taskGroupId=group)
        found: list[str] = []
        sizes: list[int] = []
        token = None
        while token != "":
            query = "?limit=10" + (f"&continuationToken={token}" if token else "")
            reply = root("GET", f"/api/queue/v1/task-group/{group}/list{query}").json
            sizes.append(len(reply["tasks"]))
            found += [item["status"]["taskId"] for item in reply["tasks"]]
            token = reply.get("continuationToken", "")
        assert sizes == [10, 10, 5]
        assert set(found) == made
        assert len(found) == 25

    def test_cancel_wants_the_group_sealed(self, create: Create, root: Caller) -> None:
        group, tasks = slug_id(), [slug_id() for _ in range(3)]
        for task_id in tasks:
            create(task_id, taskGroupId=group)
        path = f"/api/queue/v1/task-group/{group}"
        assert root("POST", f"{path}/cancel").code == "RequestConflict"
        sealed = root("POST", f"{path}/seal").json
        assert root("POST", f"{path}/seal").json == sealed
        act(root, tasks[0], "cancel")
        cancelled = root("POST", f"{path}/cancel").json
        assert (cancelled["taskGroupSize"], cancelled["cancelledCount"]) == (3, 2)
        assert set(cancelled["taskIds"]) == set(tasks[1:])
        assert {status(root, task_id)["state"] for task_id in tasks} == {"exception"}

    def test_sealed_group_takes_no_new_tasks(
        self, tc: LocalTaskcluster, create: Create, root: Caller
    ) -> None:
        group, task_id = slug_id(), slug_id()
        dates = {"created": date(tc.clock.now()), "deadline": date(tc.clock.now() + timedelta(hours=1))}
        create(task_id, taskGroupId=group, **dates)
        root("POST", f"/api/queue/v1/task-group/{group}/seal")
        refused = create(taskGroupId=group)
        assert (refused.status, refused.code) == (409, "RequestConflict")
        # A call that is only repeated makes no new task.
        assert create(task_id, taskGroupId=group, **dates).status == 200

    def test_group_outlives_its_tasks(self, tc: LocalTaskcluster, create: Create, root: Caller) -> None:
        group, now = slug_id(), tc.clock.now()
        for days in (2, 4, 3):
            create(taskGroupId=group, expires=date(now + timedelta(days=days)))
        expires = root("GET", f"/api/queue/v1/task-group/{group}").json["expires"]
        assert expires == date(now + timedelta(days=4, hours=1))

    @pytest.mark.parametrize(
        "verb_and_end", [("GET", ""), ("GET", "/list"), ("POST", "/seal"), ("POST", "/cancel")]
    )
    def test_no_such_group(self, root: Caller, verb_and_end: tuple[str, str]) -> None:
        verb, end = verb_and_end
        assert root(verb, f"/api/queue/v1/task-group/{slug_id()}{end}").status == 404

    @pytest.mark.parametrize("action", ["seal", "cancel"])
    def test_scopes(self, tc: LocalTaskcluster, create: Create, action: str) -> None:
        group = slug_id()
        create(taskGroupId=group, schedulerId="s")
        token = tc.add_client("c", [f"queue:{action}-task-group:s/{slug_id()}"])
        caller = Caller(tc.root_url, "c", token)
        assert caller("POST", f"/api/queue/v1/task-group/{group}/{action}").status == 403


class TestArtifacts:
    def test_there_is_none(self, create: Create, anonymous: Caller) -> None:
        task_id = slug_id()
        create(task_id)
        for path in ("artifacts", "artifact-content"):
            reply = anonymous("GET", f"/api/queue/v1/task/{task_id}/{path}/public/log.txt")
            assert (reply.status, reply.message) == (404, "Artifact not found")
            assert (
                anonymous("GET", f"/api/queue/v1/task/{slug_id()}/{path}/public%2Fx").message
                == "Task not found"
            )
            assert anonymous("GET", f"/api/queue/v1/task/{task_id}/{path}/private/x").status == 403
