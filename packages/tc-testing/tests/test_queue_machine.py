"""Tasks driven at random: what a user relies on holds, whatever happens in whatever order."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from queue_client import QUEUE, QueueClient

from tc_testing import LocalTaskcluster

RESOLVED = {"completed", "failed", "exception"}


class QueueMachine(RuleBasedStateMachine):
    """A user and two workers of one task queue.

    Checked after each step: a resolved run never changes; the runs of a task follow each other, and only the last
    is unresolved; lists and counts are those of the statuses, each item once on all pages.
    """

    tc: LocalTaskcluster

    tasks = Bundle("tasks")
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.tc.reset()
        self.queue = QueueClient(self.tc)
        self.made: list[str] = []
        self.resolved: dict[tuple[str, int], dict[str, Any]] = {}
        self.claimed: dict[tuple[str, int], str] = {}

    @rule(
        target=tasks,
        retries=st.integers(0, 2),
        priority=st.sampled_from(["lowest", "high"]),
        requires=st.sampled_from(["all-completed", "all-resolved"]),
        dependency=st.one_of(st.none(), tasks),
    )
    def create(self, retries: int, priority: str, requires: str, dependency: str | None) -> str:
        dependencies = [dependency] if dependency else []
        task_id = self.queue.create(
            retries=retries, priority=priority, requires=requires, dependencies=dependencies
        )
        self.made.append(task_id)
        return task_id

    @rule(target=claims, count=st.integers(1, 3), worker=st.sampled_from(["w1", "w2"]))
    def claim_work(self, count: int, worker: str) -> MultipleResults[tuple[str, int]]:
        pending, _ = self.queue.counts()
        if not pending:
            return multiple()  # it would wait
        claims = self.queue.claim_work(count, workerId=worker)
        assert len(claims) == min(count, pending)
        runs = [(claim["status"]["taskId"], claim["runId"]) for claim in claims]
        for run in runs:
            assert run not in self.claimed, "a run was claimed twice"
            self.claimed[run] = worker
        return multiple(*runs)

    @rule(
        run=consumes(claims),
        report=st.sampled_from(
            ["completed", "failed", "worker-shutdown", "intermittent-task", "internal-error"]
        ),
    )
    def report(self, run: tuple[str, int], report: str) -> None:
        task_id, run_id = run
        was_running = self._run(task_id, run_id)["state"] == "running"
        if report in ("completed", "failed"):
            reply = self.queue.act(task_id, f"runs/{run_id}/{report}")
        else:
            reply = self.queue.act(task_id, f"runs/{run_id}/exception", {"reason": report})
        assert reply.status == (200 if was_running else 409)

    @rule(run=claims)
    def reclaim(self, run: tuple[str, int]) -> None:
        task_id, run_id = run
        was_running = self._run(task_id, run_id)["state"] == "running"
        reply = self.queue.act(task_id, f"runs/{run_id}/reclaim")
        assert reply.status == (200 if was_running else 409)

    @rule(task_id=tasks, action=st.sampled_from(["cancel", "rerun", "schedule"]))
    def act(self, task_id: str, action: str) -> None:
        before = self.queue.status(task_id)["state"]
        reply = self.queue.act(task_id, action)
        if reply.status == 409:
            return  # past the deadline
        after = reply.json["status"]["state"]
        match action:
            case "cancel":
                assert after == (before if before in RESOLVED else "exception")
            case "rerun":
                assert after == (before if before in ("pending", "running") else "pending")
            case _:
                assert after == ("pending" if before == "unscheduled" else before)

    @rule(task_id=tasks, priority=st.sampled_from(["lowest", "medium", "highest"]))
    def change_priority(self, task_id: str, priority: str) -> None:
        resolved = self.queue.status(task_id)["state"] in RESOLVED
        reply = self.queue.act(task_id, "priority", {"newPriority": priority})
        assert reply.status == (409 if resolved else 200)

    @rule(minutes=st.sampled_from([1, 15, 21]))
    def pass_time(self, minutes: int) -> None:
        self.tc.clock.advance(minutes=minutes)

    @invariant()
    def runs_follow_each_other(self) -> None:
        for task_id in self.made:
            runs = self.queue.status(task_id)["runs"]
            assert [run["runId"] for run in runs] == list(range(len(runs)))
            for run in runs:
                key = (task_id, run["runId"])
                if run["state"] in RESOLVED:
                    assert self.resolved.setdefault(key, run) == run, "a resolved run changed"
                else:
                    assert run is runs[-1]
                    assert key not in self.resolved, "a resolved run came back"

    @invariant()
    def lists_and_counts_agree(self) -> None:
        last = {task_id: runs[-1] for task_id in self.made if (runs := self.queue.status(task_id)["runs"])}
        for number, (name, state) in enumerate((("pending", "pending"), ("claimed", "running"))):
            expected = sorted(
                (task_id, run["runId"]) for task_id, run in last.items() if run["state"] == state
            )
            assert sorted(self._walk(name)) == expected
            assert self.queue.counts()[number] == len(expected)

    def _walk(self, name: str) -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = []
        token = ""
        while True:
            query = f"?limit=2&continuationToken={token}" if token else "?limit=2"
            page = self.queue.root("GET", f"/api/queue/v1/task-queues/{QUEUE}/{name}{query}").json
            found += [(task["taskId"], task["runId"]) for task in page["tasks"]]
            token = page.get("continuationToken", "").replace("+", "%2B").replace("=", "%3D")
            if not token:
                return found

    def _run(self, task_id: str, run_id: int) -> dict[str, Any]:
        return self.queue.status(task_id)["runs"][run_id]


def test_tasks_at_random(server: LocalTaskcluster) -> None:
    machine = type("Machine", (QueueMachine,), {"tc": server})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[
                HealthCheck.data_too_large,
                HealthCheck.filter_too_much,
                HealthCheck.large_base_example,
                HealthCheck.too_slow,
            ],
        ),
    )
