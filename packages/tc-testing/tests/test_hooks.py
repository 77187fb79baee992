"""Hooks: what the recorded exchanges do not show."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from checked import checked_root
from hawk_client import Caller
from queue_client import QueueClient

from tc_testing import LocalTaskcluster
from tc_testing._services.hooks.schedule import CronError, next_date

HOOK = "/api/hooks/v1/hooks/demo/build"
METADATA = {"name": "n", "description": "d", "owner": "ci@example.com"}
TASK: dict[str, Any] = {
    "taskQueueId": "demo/w",
    "payload": {"by": {"$eval": "firedBy"}, "input": {"$eval": "payload"}, "id": "${taskId}"},
    "metadata": METADATA | {"source": "https://example.com"},
}
ROLE = {"description": "d", "scopes": ["queue:create-task:*", "queue:scheduler-id:-"]}
ANYTHING = {"type": "object"}


class Hooks:
    """Acts on one hook, as the client that may do everything; all answers are checked."""

    def __init__(self, tc: LocalTaskcluster) -> None:
        self.root = checked_root(tc)
        assert self.root("PUT", "/api/auth/v1/roles/hook-id%3Ademo%2F*", ROLE).status == 200

    def put(self, **changes: Any) -> Any:
        payload = {"metadata": METADATA, "task": TASK, "triggerSchema": ANYTHING} | changes
        return self.root("PUT", HOOK, payload)

    def trigger(self, payload: Any) -> Any:
        return self.root("POST", f"{HOOK}/trigger", payload)

    def status(self) -> Any:
        return self.root("GET", f"{HOOK}/status").json

    def task(self, task_id: str) -> Any:
        return self.root("GET", f"/api/queue/v1/task/{task_id}").json


@pytest.fixture
def hooks(tc: LocalTaskcluster) -> Hooks:
    return Hooks(tc)


class TestLife:
    def test_what_is_left_out(self, hooks: Hooks) -> None:
        made = hooks.root("PUT", HOOK, {"metadata": METADATA, "task": {}}).json
        assert made["triggerSchema"] == {"type": "object", "additionalProperties": False}
        assert (made["schedule"], made["metadata"]["emailOnError"]) == ([], True)

    def test_update_keeps_bindings_that_are_left_out(self, hooks: Hooks) -> None:
        bindings = [{"exchange": "e", "routingKeyPattern": "#"}]
        hooks.put(bindings=bindings)
        updated = hooks.root("POST", HOOK, {"metadata": METADATA, "task": {}}).json
        assert updated["bindings"] == bindings
        assert updated["task"] == {}

    @pytest.mark.parametrize(("name", "text"), [("hookGroupId", "Hook Group Ids"), ("hookId", "Hook Ids")])
    def test_ids_in_the_payload_must_be_those_in_the_path(self, hooks: Hooks, name: str, text: str) -> None:
        assert hooks.put(**{name: "other"}).message == f"{text} do not match"
        assert hooks.put(hookGroupId="demo", hookId="build").status == 200

    def test_hook_that_is_not_there(self, hooks: Hooks) -> None:
        for verb, path in (("GET", ""), ("GET", "/status"), ("GET", "/token"), ("POST", "/token")):
            assert hooks.root(verb, HOOK + path).message == "No such hook"
        assert hooks.root("POST", HOOK, {"metadata": METADATA, "task": {}}).status == 404
        assert hooks.trigger({}).status == 404
        assert hooks.root("POST", f"{HOOK}/trigger/x", {}).status == 404

    def test_it_takes_the_role_of_the_hook(self, tc: LocalTaskcluster, hooks: Hooks) -> None:
        payload = {"metadata": METADATA, "task": {}}
        some = ["hooks:modify-hook:demo/build"]
        assert Caller(tc.root_url, "s", tc.add_client("s", some))("PUT", HOOK, payload).status == 403
        both = [*some, "assume:hook-id:demo/build"]
        assert Caller(tc.root_url, "b", tc.add_client("b", both))("PUT", HOOK, payload).status == 200

    def test_changes_are_announced(self, tc: LocalTaskcluster, hooks: Hooks) -> None:
        hooks.put()
        hooks.root("POST", HOOK, {"metadata": METADATA, "task": {}})
        hooks.root("DELETE", HOOK)
        told = [(message.name, message.payload) for message in tc.messages if message.service == "hooks"]
        ids = {"hookGroupId": "demo", "hookId": "build"}
        assert told == [("hookCreated", ids), ("hookUpdated", ids), ("hookDeleted", ids)]


class TestTrigger:
    def test_template_becomes_a_task(self, tc: LocalTaskcluster, hooks: Hooks) -> None:
        hooks.put()
        tc.clock.advance(days=2)
        task_id = hooks.trigger({"a": [1]}).json["taskId"]
        task = hooks.task(task_id)
        assert task["payload"] == {"by": "triggerHook", "input": {"a": [1]}, "id": task_id}
        assert task["taskGroupId"] == task_id
        lasts = datetime.fromisoformat(task["deadline"]) - datetime.fromisoformat(task["created"])
        assert lasts.days == 1
        assert hooks.status()["lastFire"] == {
            "result": "success",
            "taskId": task_id,
            "time": task["created"],
        }

    def test_template_knows_the_caller(self, tc: LocalTaskcluster, hooks: Hooks) -> None:
        hooks.put(task=TASK | {"payload": {"$eval": "{'by': clientId}"}})
        caller = Caller(tc.root_url, "c", tc.add_client("c", ["hooks:trigger-hook:demo/*"]))
        task_id = caller("POST", f"{HOOK}/trigger", {}).json["taskId"]
        assert hooks.task(task_id)["payload"] == {"by": "c"}

    def test_times_of_the_template_follow_the_clock(self, tc: LocalTaskcluster, hooks: Hooks) -> None:
        hooks.put(task=TASK | {"deadline": {"$fromNow": "2 hours"}})
        tc.clock.advance(days=100)
        task = hooks.task(hooks.trigger({}).json["taskId"])
        lasts = datetime.fromisoformat(task["deadline"]) - datetime.fromisoformat(task["created"])
        assert lasts.total_seconds() == 2 * 3600

    def test_state_of_the_task(self, hooks: Hooks) -> None:
        hooks.put()
        task_id = hooks.trigger({}).json["taskId"]
        hooks.root("POST", f"/api/queue/v1/task/{task_id}/cancel")
        [fire] = hooks.root("GET", f"{HOOK}/last-fires").json["lastFires"]
        assert (fire["taskId"], fire["taskState"], fire["error"]) == (task_id, "exception", "")

    def test_template_that_makes_no_task_the_queue_takes(self, hooks: Hooks) -> None:
        hooks.put(task=TASK | {"payload": 1})
        reply = hooks.trigger({})
        assert (reply.status, reply.code) == (400, "InputError")
        assert reply.message.startswith("While calling createTask: InputValidationError\n\n")
        last = hooks.status()["lastFire"]
        assert last["result"] == "error"
        assert "data/payload must be object" in last["error"]["message"]

    def test_template_that_fails(self, hooks: Hooks) -> None:
        hooks.put(task={"x": {"$eval": "1 +"}})
        assert hooks.trigger({}).message.startswith("While firing hook:\n\nSyntaxError at template.x")
        assert hooks.status()["lastFire"]["error"]["name"] == "SyntaxError"

    @pytest.mark.parametrize(
        "template", [{"$eval": "number('x')"}, {"$eval": "sqrt(0-1)"}, {"$fromNow": "99999999999 years"}]
    )
    def test_template_that_cannot_be_worked_out(self, hooks: Hooks, template: Any) -> None:
        hooks.put(task={"x": template})
        assert hooks.trigger({}).code == "InputError"

    def test_default_schema_takes_nothing(self, hooks: Hooks) -> None:
        hooks.root("PUT", HOOK, {"metadata": METADATA, "task": TASK})
        assert hooks.trigger({"a": 1}).message == 'data must NOT have additional properties: "a"'
        assert hooks.trigger({}).status == 200

    @pytest.mark.parametrize(
        "schema", [{"$ref": "http://example.com/schema"}, {"properties": {"a": {"pattern": "("}}}]
    )
    def test_schema_that_cannot_be_applied(self, hooks: Hooks, schema: Any) -> None:
        assert hooks.put(triggerSchema=schema).status == 200
        assert hooks.trigger({"a": "a"}).code == "InputError"

    def test_token_of_another_hook(self, hooks: Hooks, anonymous: Caller) -> None:
        hooks.put()
        token = hooks.root("GET", f"{HOOK}/token").json["token"]
        other = "/api/hooks/v1/hooks/demo/other"
        hooks.root("PUT", other, {"metadata": METADATA, "task": TASK})
        assert anonymous("POST", f"{other}/trigger/{token}", {}).status == 401
        assert anonymous("POST", f"{HOOK}/trigger/{token}", {}).status == 200

    def test_token_is_not_shown(
        self, tc: LocalTaskcluster, hooks: Hooks, anonymous: Caller, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, "tc_testing")
        hooks.put()
        token = hooks.root("GET", f"{HOOK}/token").json["token"]
        assert anonymous("POST", f"{HOOK}/trigger/{token}", {}).status == 200
        assert anonymous("POST", f"{HOOK}/trigger/wrong-{token}?a=1", {}).status == 400
        assert [request.path for request in tc.requests[-2:]] == [
            f"{HOOK}/trigger/…",
            f"{HOOK}/trigger/…?a=1",
        ]
        assert token not in caplog.text

    def test_fires_are_forgotten_with_the_hook(self, hooks: Hooks) -> None:
        hooks.put()
        hooks.trigger({})
        hooks.root("DELETE", HOOK)
        hooks.put()
        assert hooks.root("GET", f"{HOOK}/last-fires").status == 404
        assert hooks.status() == {"lastFire": {"result": "no-fire"}}


class TestSchedule:
    NOW = datetime(2026, 11, 23, 9, 30, 15, 500, UTC)  # a Monday

    @pytest.mark.parametrize(
        ("expression", "date"),
        [
            ("0 0 3 * * *", "2026-11-24T03:00:00"),
            ("0 3 * * *", "2026-11-24T03:00:00"),
            ("* * * * * *", "2026-11-23T09:30:16"),
            ("*/20 * * * *", "2026-11-23T09:40:00"),
            ("30 9 * * *", "2026-11-24T09:30:00"),
            ("0 0 12 * * mon", "2026-11-23T12:00:00"),
            ("0 0 9 * * MON", "2026-11-30T09:00:00"),
            ("0 0 9 * * 0", "2026-11-29T09:00:00"),
            ("0 0 9 * * 7", "2026-11-29T09:00:00"),
            ("0 0 9 * * tue-thu", "2026-11-24T09:00:00"),
            ("0 0 0 1 jan ?", "2027-01-01T00:00:00"),
            ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
            ("0 0 0 25 * wed", "2026-11-25T00:00:00"),
            ("0 0 0 1 * fri", "2026-11-27T00:00:00"),
            ("0 15,45 10-14/2 * * *", "2026-11-23T10:15:00"),
            ("0 40/10 9 * * *", "2026-11-23T09:40:00"),
        ],
    )
    def test_next_date(self, expression: str, date: str) -> None:
        assert next_date([expression], self.NOW) == datetime.fromisoformat(f"{date}+00:00")

    def test_earliest_of_several_and_none(self) -> None:
        assert next_date(["0 5 * * *", "0 4 * * *"], self.NOW) == datetime(2026, 11, 24, 4, tzinfo=UTC)
        assert next_date([], self.NOW) is None
        assert next_date(["0 0 0 30 2 *"], self.NOW) is None

    @pytest.mark.parametrize(
        ("expression", "problem"),
        [
            ("", "Invalid cron expression"),
            ("1 2 3 4 5 6 7", "Invalid cron expression"),
            ("99 * * * *", "expected range 0-59"),
            ("0 0 0 0 * *", "expected range 1-31"),
            ("x * * * *", "Invalid characters"),
            ("5-1 * * * *", "Invalid range"),
            ("*/0 * * * *", "Invalid range"),
            ("0 0 0 * foo *", 'cannot resolve alias "foo"'),
        ],
    )
    def test_what_is_no_expression(self, expression: str, problem: str) -> None:
        with pytest.raises(CronError, match=problem):
            next_date([expression], self.NOW)

    def test_next_date_moves_with_the_clock(self, tc: LocalTaskcluster, hooks: Hooks) -> None:
        hooks.put(schedule=["0 0 3 * * *"])
        first = hooks.status()["nextScheduledDate"]
        tc.clock.advance(days=1)
        assert hooks.status()["nextScheduledDate"] > first


class TestFiredBySchedule:
    def fires(self, hooks: Hooks) -> list[Any]:
        reply = hooks.root("GET", f"{HOOK}/last-fires")
        return reply.json["lastFires"][::-1] if reply.status == 200 else []

    def test_at_each_date_that_the_clock_passes(self, tc: LocalTaskcluster, hooks: Hooks) -> None:
        hooks.put(schedule=["0 0 3 * * *"], task=TASK | {"payload": {"by": {"$eval": "firedBy"}}})
        due = datetime.fromisoformat(hooks.status()["nextScheduledDate"])
        assert self.fires(hooks) == []
        tc.clock.advance(days=3)
        fires = self.fires(hooks)
        assert [fire["firedBy"] for fire in fires] == ["schedule"] * 3
        made = [hooks.task(fire["taskId"]) for fire in fires]
        assert [datetime.fromisoformat(task["created"]) - due for task in made] == [
            timedelta(days=days) for days in range(3)
        ]
        assert made[0]["payload"] == {"by": "schedule"}
        # What their times brought about has happened too.
        assert [fire["taskState"] for fire in fires] == ["exception", "exception", "pending"]

    def test_worker_finds_the_task(self, tc: LocalTaskcluster, hooks: Hooks) -> None:
        hooks.put(schedule=["0 0 3 * * *"], task=TASK | {"payload": {}})
        tc.clock.advance(days=1)
        worker = {"tasks": 1, "workerGroup": "g", "workerId": "w"}
        [claim] = hooks.root("POST", "/api/queue/v1/claim-work/demo%2Fw", worker).json["tasks"]
        assert claim["status"]["taskId"] == self.fires(hooks)[0]["taskId"]
        assert "taskDefined" in [message.name for message in tc.messages]

    def test_by_the_last_schedule_only(self, tc: LocalTaskcluster, hooks: Hooks) -> None:
        template: dict[str, Any] = TASK | {"payload": {}}
        hooks.put(schedule=["0 0 3 * * *"], task=template)
        hooks.root("POST", HOOK, {"metadata": METADATA, "task": template, "schedule": ["0 0 0 * * *"]})
        tc.clock.advance(days=1)
        assert [fire["taskCreateTime"][11:] for fire in self.fires(hooks)] == ["00:00:00.000Z"]
        hooks.root("POST", HOOK, {"metadata": METADATA, "task": template, "schedule": []})
        tc.clock.advance(days=2)
        assert len(self.fires(hooks)) == 1

    def test_not_once_it_was_removed(self, tc: LocalTaskcluster, hooks: Hooks) -> None:
        hooks.put(schedule=["0 0 3 * * *"])
        hooks.root("DELETE", HOOK)
        hooks.put()
        tc.clock.advance(days=2)
        assert self.fires(hooks) == []

    def test_template_that_fails_is_told_of(self, tc: LocalTaskcluster, hooks: Hooks) -> None:
        hooks.put(schedule=["0 0 3 * * *"])  # its template asks for a payload, and a schedule has none
        tc.clock.advance(days=1)
        assert "unknown context value payload" in hooks.status()["lastFire"]["error"]["message"]

    def test_of_very_many_dates_not_all_are_made_up_for(self, tc: LocalTaskcluster, hooks: Hooks) -> None:
        hooks.put(schedule=["* * * * * *"], task=TASK | {"payload": {}})
        tc.clock.advance(days=300)
        pending = hooks.root("GET", "/api/queue/v1/pending/demo%2Fw").json["pendingTasks"]
        assert pending < 200
        next_date = datetime.fromisoformat(hooks.status()["nextScheduledDate"])
        assert next_date > tc.clock.now() - timedelta(minutes=1)


class TestFiredByMessages:
    EXCHANGE = "exchange/taskcluster-auth/v1/client-created"

    def bind(self, hooks: Hooks, pattern: str = "#", exchange: str = EXCHANGE, **changes: Any) -> None:
        bindings = [{"exchange": exchange, "routingKeyPattern": pattern}]
        assert hooks.put(bindings=bindings, **changes).status == 200

    def make_client(self, hooks: Hooks) -> None:
        client = {"description": "", "expires": "2100-01-01T00:00:00.000Z"}
        assert hooks.root("PUT", "/api/auth/v1/clients/new", client).status == 200

    def fires(self, hooks: Hooks, hook: str = HOOK) -> list[Any]:
        reply = hooks.root("GET", f"{hook}/last-fires")
        return reply.json["lastFires"] if reply.status == 200 else []

    def test_payload_is_that_of_the_message(self, hooks: Hooks) -> None:
        self.bind(hooks)
        self.make_client(hooks)
        [fire] = self.fires(hooks)
        assert (fire["firedBy"], fire["result"]) == ("pulseMessage", "success")
        payload = hooks.task(fire["taskId"])["payload"]
        assert payload["input"] == {"version": 1, "clientId": "new"}

    def test_message_of_another_exchange(self, hooks: Hooks) -> None:
        self.bind(hooks, exchange="exchange/taskcluster-auth/v1/client-deleted")
        self.make_client(hooks)
        assert self.fires(hooks) == []

    @pytest.mark.parametrize(
        ("pattern", "fired"),
        [
            ("#", True),
            ("primary.#", True),
            ("primary.*.0.#", True),
            ("#.demo.#", True),
            ("route.index.*", True),
            ("route.index.#", True),
            ("route.*", False),
            ("*", False),
            ("secondary.#", False),
            ("primary.*.1.#", False),
        ],
    )
    def test_routing_keys(self, tc: LocalTaskcluster, hooks: Hooks, pattern: str, fired: bool) -> None:
        self.bind(hooks, pattern, "exchange/taskcluster-queue/v1/task-completed")
        queue = QueueClient(tc)
        queue.complete(queue.create(routes=["index.demo"]))
        assert bool(self.fires(hooks)) == fired

    def test_message_that_fits_two_bindings_fires_once(self, hooks: Hooks) -> None:
        both = [{"exchange": self.EXCHANGE, "routingKeyPattern": pattern} for pattern in ("#", "*")]
        hooks.put(bindings=both)
        self.make_client(hooks)
        assert len(self.fires(hooks)) == 1

    def test_message_that_the_trigger_schema_does_not_take(self, hooks: Hooks) -> None:
        self.bind(hooks, triggerSchema={"type": "object", "additionalProperties": False})
        self.make_client(hooks)
        assert self.fires(hooks) == []

    def test_what_the_clock_brings_about_fires_too(self, tc: LocalTaskcluster, hooks: Hooks) -> None:
        self.bind(hooks, exchange="exchange/taskcluster-queue/v1/task-exception")
        QueueClient(tc).create()
        tc.clock.advance(hours=3)
        [fire] = self.fires(hooks)
        payload = hooks.task(fire["taskId"])["payload"]
        assert payload["input"]["status"]["runs"][0]["reasonResolved"] == "deadline-exceeded"

    def test_hook_that_fires_itself_holds_nothing_up(self, tc: LocalTaskcluster, hooks: Hooks) -> None:
        self.bind(hooks, exchange="exchange/taskcluster-queue/v1/task-defined", task=TASK | {"payload": {}})
        QueueClient(tc).create()
        assert self.fires(hooks)
