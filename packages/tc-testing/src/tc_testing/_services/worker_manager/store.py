"""What worker-manager remembers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tc_core import slug_id

from ..._clock import Clock
from ..._json import write
from ..queue.workforce import WorkerKey as QueueWorkerKey
from .announcements import Announcements, Publish
from .records import LaunchConfig, PoolError, Worker, WorkerKey, WorkerPool

__all__ = ["NULL_PROVIDER", "WorkerManagerStore"]

NULL_PROVIDER = "null-provider"  # of pools that have no workers, such as those that are to be deleted
_CLOUD_WORKER_LASTS = timedelta(days=7)


class WorkerManagerStore:
    """Worker pools by id, workers by their key, and errors as they were reported.

    Arguments: publish takes the messages; on_removed is told of each worker that goes away.
    """

    def __init__(self, clock: Clock, publish: Publish, on_removed: Callable[[QueueWorkerKey], None]) -> None:
        self._clock = clock
        self._on_removed = on_removed
        self._announce = Announcements(clock, publish)
        self._pools: dict[str, WorkerPool] = {}
        self._workers: dict[WorkerKey, Worker] = {}
        self._errors: list[PoolError] = []

    # Worker pools

    def pools(self) -> list[WorkerPool]:
        """The worker pools by id."""
        return [pool for _, pool in sorted(self._pools.items())]

    def pool(self, worker_pool_id: str) -> WorkerPool | None:
        """The worker pool, None if there is none."""
        return self._pools.get(worker_pool_id)

    def add_pool(self, worker_pool_id: str, definition: dict[str, Any]) -> WorkerPool:
        """Make a worker pool."""
        now = self._clock.now()
        pool = self._pools[worker_pool_id] = WorkerPool(worker_pool_id, definition, now, now)
        self._announce.pool("workerPoolCreated", pool)
        self._set_launch_configs(pool, now)
        return pool

    def update_pool(self, pool: WorkerPool, definition: dict[str, Any]) -> None:
        """Give a worker pool another definition."""
        now, previous = self._clock.now(), pool.provider_id
        pool.definition, pool.last_modified = definition, now
        pool.former_providers.add(previous)
        self._announce.pool("workerPoolUpdated", pool, previous)
        self._set_launch_configs(pool, now)

    def _set_launch_configs(self, pool: WorkerPool, now: datetime) -> None:
        wanted = {
            _launch_config_id(configuration): configuration
            for configuration in pool.definition["config"].get("launchConfigs", [])
        }
        for name, config in pool.launch_configs.items():
            if name not in wanted and not config.is_archived:
                config.is_archived, config.last_modified = True, now
                self._announce.launch_config("launchConfigArchived", pool, config)
        for name, configuration in wanted.items():
            known = pool.launch_configs.get(name)
            if known is None:
                made = LaunchConfig(pool.worker_pool_id, name, configuration, now, now)
                pool.launch_configs[name] = made
                self._announce.launch_config("launchConfigCreated", pool, made)
            elif known.is_archived or known.configuration != configuration:
                known.configuration, known.is_archived, known.last_modified = configuration, False, now
                self._announce.launch_config("launchConfigUpdated", pool, known)

    # Workers

    def workers(self, worker_pool_id: str, worker_group: str | None = None) -> list[Worker]:
        """The workers of a pool, or of one group in it, those made last at the front."""
        found = [
            worker
            for key, worker in self._workers.items()
            if key.worker_pool_id == worker_pool_id and worker_group in (None, key.worker_group)
        ]
        return found[::-1]

    def worker(self, key: WorkerKey) -> Worker | None:
        """The worker, None if there is none."""
        return self._workers.get(key)

    def put_static_worker(self, key: WorkerKey, expires: datetime, capacity: int, secret: str) -> Worker:
        """Make a worker of the static provider, in place of any of this name."""
        now = self._clock.now()
        worker = Worker(key, "static", now, expires, now)
        known = self._workers.get(key)
        if known is not None:
            worker.created, worker.last_modified = known.created, known.last_modified
        self._workers[key] = worker
        self.update_static_worker(worker, expires, capacity, secret)
        return worker

    def update_static_worker(self, worker: Worker, expires: datetime, capacity: int, secret: str) -> None:
        """Change all that can be changed about a worker of the static provider."""
        worker.expires, worker.capacity, worker.static_secret = expires, capacity, secret

    def add_cloud_worker(self, pool: WorkerPool, key: WorkerKey, config: LaunchConfig | None) -> Worker:
        """Make a worker as if a cloud provider had started it."""
        now = self._clock.now()
        worker = self._workers[key] = Worker(
            key, pool.provider_id, now, now + _CLOUD_WORKER_LASTS, now, state="requested"
        )
        if config is not None:
            worker.launch_config_id, worker.capacity = config.launch_config_id, config.capacity
        self._announce.worker("workerRequested", worker)
        return worker

    def register(self, worker: Worker) -> str:
        """Note that a worker runs. Returns the secret with which it may register again."""
        worker.state = "running"
        self._announce.worker("workerRunning", worker)
        return self.renew_secret(worker)

    def renew_secret(self, worker: Worker) -> str:
        """Give a worker another secret, and return that."""
        worker.secret = slug_id() + slug_id()
        return worker.secret

    def remove_worker(self, worker: Worker, reason: str) -> None:
        """Let a worker be gone; it is still shown, as stopped."""
        worker.state = "stopped"
        self._announce.worker("workerRemoved", worker, reason=reason)
        self._announce.worker("workerStopped", worker)
        self._on_removed(QueueWorkerKey(*worker.key))

    # Errors

    def errors(self, worker_pool_id: str | None = None) -> list[PoolError]:
        """What went wrong in a pool, or in all, the last at the front."""
        return [error for error in self._errors[::-1] if worker_pool_id in (None, error.worker_pool_id)]

    def report_error(self, pool: WorkerPool, key: WorkerKey, report: dict[str, Any]) -> PoolError:
        """Note that something went wrong with a worker."""
        worker = self._workers.get(key)
        names = {"workerGroup": key.worker_group, "workerId": key.worker_id}
        error = PoolError(
            slug_id(),
            pool.worker_pool_id,
            self._clock.now(),
            report | {"extra": report["extra"] | names},
            worker.launch_config_id if worker else None,
        )
        self._errors.append(error)
        self._announce.error(pool, error)
        return error


def _launch_config_id(configuration: dict[str, Any]) -> str:
    """The id that a launch config has, or one that is made from what it says."""
    given: str | None = configuration.get("workerManager", {}).get("launchConfigId")
    return given or f"lc-{hashlib.sha256(write(configuration)).hexdigest()[:20]}"
