"""What the queue remembers of tasks, and the rules by which they change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from tc_core import json_date, parse_json_date

from ..._agenda import Agenda
from ..._clock import Clock
from .announcements import Announcements, Publish, publish_nothing
from .artifact_store import ArtifactStore
from .pending import TaskQueueRuns
from .records import Run, Task, TaskGroup
from .workforce import WorkerKey, Workforce

__all__ = ["MOST_RUNS", "QueueStore"]

MOST_RUNS = 50  # of one task
_CLAIM_LASTS = timedelta(minutes=20)
# A task group outlives the last of its tasks by this.
_GROUP_OUTLIVES = timedelta(hours=1)

_ANNOUNCED_AS = {"completed": "taskCompleted", "failed": "taskFailed", "exception": "taskException"}


def _do_nothing(task: Task) -> None:
    pass


class QueueStore:
    """Tasks and task groups by id.

    Whatever time has brought about is made up for when the store is next asked. What has expired is gone.

    Arguments: agenda, of what will happen by itself; publish takes the messages of the queue; on_completed is
    called with each task that is completed.

    Attributes: workforce, what is known of task queues and workers; artifacts, the artifacts of all runs;
    announce, what makes the messages; is_closed, whether calls must not wait.
    """

    def __init__(
        self,
        clock: Clock,
        agenda: Agenda,
        publish: Publish = publish_nothing,
        on_completed: Callable[[Task], None] = _do_nothing,
    ) -> None:
        self.announce = Announcements(publish)
        self.artifacts = ArtifactStore(clock)
        self.workforce = Workforce(clock)
        self._clock = clock
        self._agenda = agenda
        self._on_completed = on_completed
        self._tasks: dict[str, Task] = {}
        self._groups: dict[str, TaskGroup] = {}
        self._dependents: dict[str, list[str]] = {}
        self._runs: dict[str, TaskQueueRuns] = {}
        self.is_closed = False
        clock.on_advance(self.wake)

    def wake(self) -> None:
        """Let all calls that wait for work look again; from any thread."""
        for runs in list(self._runs.values()):
            runs.bell.ring()

    def close(self) -> None:
        """Let no call wait for work any more: the server stops, or forgets everything."""
        self.is_closed = True
        self.wake()

    @property
    def calls_waiting(self) -> int:
        """How many calls wait for work."""
        return sum(runs.bell.listeners for runs in list(self._runs.values()))

    # Looking things up

    def task(self, task_id: str) -> Task | None:
        """The task as it is now, None if there is none."""
        self._agenda.settle()
        return self._tasks.get(task_id)

    def group(self, task_group_id: str) -> TaskGroup | None:
        """The task group, None if there is none."""
        self._agenda.settle()
        return self._groups.get(task_group_id)

    def tasks_of(self, group: TaskGroup) -> list[Task]:
        """The tasks of a group by task id, as they are now."""
        self._agenda.settle()
        return [self._tasks[task_id] for task_id in sorted(group.task_ids, key=collated)]

    def dependents_of(self, task_id: str) -> list[Task]:
        """The tasks that wait or waited for a task, by task id, as they are now."""
        self._agenda.settle()
        found = map(self._tasks.get, sorted(self._dependents.get(task_id, ()), key=collated))
        return [dependent for dependent in found if dependent]

    def runs_of(self, task_queue_id: str) -> TaskQueueRuns:
        """The pending and the running runs of a task queue, as they are now."""
        self._agenda.settle()
        return self._runs_of(task_queue_id)

    # Making and scheduling tasks

    def add(self, task: Task) -> None:
        """Take a new task in, and schedule it if it waits for nothing."""
        self._agenda.settle()
        definition = task.definition
        self._tasks[task.task_id] = task
        self._add_to_group(task)
        for task_id in definition["dependencies"]:
            self._dependents.setdefault(task_id, []).append(task.task_id)
            if not task.is_satisfied_by(self._tasks[task_id].state):
                task.waits_for.add(task_id)
        self._agenda.at(task.deadline, partial(self._pass_deadline, task))
        self._agenda.at(task.expires, partial(self._expire_task, task))
        self.workforce.task_queue_seen(task.task_queue_id)
        self.announce.task("taskDefined", task)
        if not task.waits_for:
            self.schedule(task)

    def schedule(self, task: Task) -> None:
        """Give an unscheduled task its first run."""
        if task.state == "unscheduled":
            self._add_run(task, "scheduled", self._clock.now())

    def rerun(self, task: Task) -> None:
        """Give a task that is resolved or unscheduled another run."""
        if task.is_resolved or not task.runs:
            task.retries_left = min(task.definition["retries"], MOST_RUNS - len(task.runs) - 1)
            self._add_run(task, "rerun", self._clock.now())

    def set_priority(self, task: Task, priority: str) -> None:
        """Change how urgent a task is."""
        old, task.definition["priority"] = task.definition["priority"], priority
        self._runs_of(task.task_queue_id).reprioritize((task.task_id, task.last_run_id), task.urgency)
        if priority != old:
            self.announce.priority(task, old)

    def seal(self, group: TaskGroup) -> None:
        """Let a group take no more tasks."""
        if group.sealed is None:
            group.sealed = json_date(self._clock.now())
            self.announce.group_changed("taskGroupSealed", group)

    # Working on tasks

    def claim_next(self, worker: WorkerKey, count: int) -> list[Task]:
        """Give a worker the runs whose turn it is, at most `count` of them. Returns their tasks."""
        runs, now = self.runs_of(worker.task_queue_id), self._clock.now()
        tasks: list[Task] = []
        while len(tasks) < count and (key := runs.next()):
            task = self._tasks[key[0]]
            self._claim(task, worker, now)
            tasks.append(task)
        return tasks

    def claim(self, task: Task, worker: WorkerKey) -> None:
        """Give the pending run of a task to a worker."""
        self._claim(task, worker, self._clock.now())

    def _claim(self, task: Task, worker: WorkerKey, now: datetime) -> None:
        run, run_id = task.runs[-1], task.last_run_id
        run.state, run.started = "running", json_date(now)
        run.worker_group, run.worker_id = worker.worker_group, worker.worker_id
        self._runs_of(task.task_queue_id).claim((task.task_id, run_id), run.started)
        self._hold_until(task, now + _CLAIM_LASTS)
        self.workforce.claimed(worker, task.task_id, run_id)
        self.announce.task("taskRunning", task, run_id, takenUntil=run.taken_until)

    def reclaim(self, task: Task) -> None:
        """Leave the running run of a task with its worker for longer."""
        self._hold_until(task, self._clock.now() + _CLAIM_LASTS)

    def complete(self, task: Task) -> None:
        """Resolve the running run as completed."""
        self._resolve(task, "completed", "completed", self._clock.now())

    def fail(self, task: Task) -> None:
        """Resolve the running run as failed."""
        self._resolve(task, "failed", "failed", self._clock.now())

    def report_exception(self, task: Task, reason: str) -> None:
        """Resolve the running run as exception; for some reasons another run follows."""
        retry = {"worker-shutdown": "retry", "intermittent-task": "task-retry"}.get(reason)
        self._resolve(task, "exception", reason, self._clock.now(), retry)

    def cancel(self, task: Task) -> None:
        """Resolve the task as canceled."""
        self._resolve(task, "exception", "canceled", self._clock.now())

    def remove_worker(self, worker: WorkerKey) -> None:
        """Resolve what a worker had when it went away, as the queue does on hearing of it."""
        for task_id, run_id in list(self.runs_of(worker.task_queue_id).claimed):
            task = self._tasks[task_id]
            run = task.runs[run_id]
            if (run.worker_group, run.worker_id) == (worker.worker_group, worker.worker_id):
                self.report_exception(task, "worker-shutdown")

    def _add_to_group(self, task: Task) -> None:
        group_id, outlived = task.definition["taskGroupId"], task.expires + _GROUP_OUTLIVES
        group = self._groups.get(group_id)
        if group is None:
            group = self._groups[group_id] = TaskGroup(group_id, task.definition["schedulerId"], outlived)
            self._agenda.at(outlived, partial(self._expire_group, group))
        if group.expires < task.expires:
            group.expires = outlived
            self._agenda.at(outlived, partial(self._expire_group, group))
        group.task_ids[task.task_id] = None
        group.unfinished.add(task.task_id)

    def _add_run(self, task: Task, reason: str, when: datetime) -> None:
        self._append_run(task, reason, json_date(when))
        self.announce.task("taskPending", task, task.last_run_id)

    def _append_run(self, task: Task, reason: str, date: str) -> None:
        task.runs.append(Run("pending", reason, date))
        self._runs_of(task.task_queue_id).add((task.task_id, task.last_run_id), task.urgency, date)

    def _hold_until(self, task: Task, when: datetime) -> None:
        run = task.runs[-1]
        run.taken_until = json_date(when)
        # To the millisecond, as everyone is told, so that it is over when it says it is.
        self._agenda.at(
            parse_json_date(run.taken_until),
            partial(self._expire_claim, task, task.last_run_id, run.taken_until),
        )

    def _resolve(self, task: Task, state: str, reason: str, when: datetime, retry: str | None = None) -> None:
        date = json_date(when)
        if not task.runs:  # never scheduled: a run says why it never will be
            task.runs.append(Run("pending", "exception", date))
        run, run_id = task.runs[-1], task.last_run_id
        run.state, run.reason_resolved, run.resolved = state, reason, date
        self._runs_of(task.task_queue_id).drop((task.task_id, run_id))
        if retry and task.retries_left > 0:
            task.retries_left -= 1
            self._append_run(task, retry, date)
            self.announce.task(_ANNOUNCED_AS[state], task, run_id)
            self.announce.task("taskPending", task, task.last_run_id)
            return
        self.announce.task(_ANNOUNCED_AS[state], task, run_id)
        if state == "completed":
            self._on_completed(task)
        self._release_dependents(task, when)
        group = self._groups[task.definition["taskGroupId"]]
        group.unfinished.discard(task.task_id)
        if not group.unfinished:
            self.announce.group_changed("taskGroupResolved", group)

    def _release_dependents(self, task: Task, when: datetime) -> None:
        for task_id in self._dependents.get(task.task_id, ()):
            dependent = self._tasks.get(task_id)
            if dependent and dependent.is_satisfied_by(task.state):
                dependent.waits_for.discard(task.task_id)
                if not dependent.waits_for and dependent.state == "unscheduled":
                    self._add_run(dependent, "scheduled", when)

    def _pass_deadline(self, task: Task, when: datetime) -> None:
        if not task.is_resolved:
            self._resolve(task, "exception", "deadline-exceeded", when)

    def _expire_claim(self, task: Task, run_id: int, taken_until: str, when: datetime) -> None:
        run = task.runs[run_id]
        if run.state == "running" and run.taken_until == taken_until:
            self._resolve(task, "exception", "claim-expired", when, "retry")

    def _expire_task(self, task: Task, _: datetime) -> None:
        del self._tasks[task.task_id]
        if group := self._groups.get(task.definition["taskGroupId"]):
            group.task_ids.pop(task.task_id, None)
        self._dependents.pop(task.task_id, None)
        self.artifacts.remove(task.task_id, len(task.runs))

    def _expire_group(self, group: TaskGroup, when: datetime) -> None:
        if group.expires <= when:  # else it has had another task since
            del self._groups[group.task_group_id]

    def _runs_of(self, task_queue_id: str) -> TaskQueueRuns:
        runs = self._runs.get(task_queue_id)
        if runs is None:
            runs = self._runs[task_queue_id] = TaskQueueRuns()
        return runs


def collated(task_id: str) -> tuple[str, str]:
    """The key to sort task ids by: the data base of the queue sorts letters before it looks at their case."""
    return task_id.lower(), task_id
