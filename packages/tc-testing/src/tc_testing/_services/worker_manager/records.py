"""Worker pools, launch configs, workers and errors: what worker-manager keeps of them, and how it shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from tc_core import json_date

__all__ = ["LaunchConfig", "PoolError", "Worker", "WorkerKey", "WorkerPool", "capacity_by_state"]

STATES = ("requested", "running", "stopping", "stopped")


class WorkerKey(NamedTuple):
    """What names a worker."""

    worker_pool_id: str
    worker_group: str
    worker_id: str

    def __str__(self) -> str:
        return "/".join(self)

    def json(self) -> dict[str, str]:
        """The three names as worker-manager shows them."""
        return {
            "workerPoolId": self.worker_pool_id,
            "workerGroup": self.worker_group,
            "workerId": self.worker_id,
        }


@dataclass(slots=True)
class LaunchConfig:
    """One of the kinds of machines that a pool of a cloud provider starts."""

    worker_pool_id: str
    launch_config_id: str
    configuration: dict[str, Any]
    created: datetime
    last_modified: datetime
    is_archived: bool = False

    @property
    def capacity(self) -> int:
        """How many tasks a worker of this kind can run at a time."""
        manager = self.configuration.get("workerManager", {})
        capacity: int = manager.get("capacityPerInstance", self.configuration.get("capacityPerInstance", 1))
        return capacity

    def json(self) -> dict[str, Any]:
        """The launch config as worker-manager shows it."""
        return {
            "launchConfigId": self.launch_config_id,
            "workerPoolId": self.worker_pool_id,
            "isArchived": self.is_archived,
            "configuration": self.configuration,
            "created": json_date(self.created),
            "lastModified": json_date(self.last_modified),
        }


@dataclass(slots=True)
class WorkerPool:
    """A worker pool; `definition` is what it was made with."""

    worker_pool_id: str
    definition: dict[str, Any]
    created: datetime
    last_modified: datetime
    former_providers: set[str] = field(default_factory=set[str])
    launch_configs: dict[str, LaunchConfig] = field(default_factory=dict[str, LaunchConfig])

    @property
    def provider_id(self) -> str:
        provider_id: str = self.definition["providerId"]
        return provider_id

    @property
    def active_launch_configs(self) -> list[LaunchConfig]:
        """The launch configs that workers are started with."""
        return [config for config in self.launch_configs.values() if not config.is_archived]

    def json(self, workers: Iterable[Worker]) -> dict[str, Any]:
        """The pool with these workers as worker-manager shows it."""
        shown = ("providerId", "description", "config", "owner", "emailOnError")
        return {
            "workerPoolId": self.worker_pool_id,
            **{name: self.definition[name] for name in shown},
            "created": json_date(self.created),
            "lastModified": json_date(self.last_modified),
            **capacity_by_state(workers),
        }


@dataclass(slots=True)
class Worker:
    """A worker. `static_secret` is what it proves itself with, `secret` what it has to show to register again."""

    key: WorkerKey
    provider_id: str
    created: datetime
    expires: datetime
    last_modified: datetime
    capacity: int = 1
    state: str = "running"
    launch_config_id: str | None = None
    static_secret: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)

    def json(self) -> dict[str, Any]:
        """The worker as worker-manager shows it."""
        return {
            **self.key.json(),
            "providerId": self.provider_id,
            "created": json_date(self.created),
            "expires": json_date(self.expires),
            "state": self.state,
            "capacity": self.capacity,
            "lastModified": json_date(self.last_modified),
            "lastChecked": json_date(self.last_modified),
            **self.launch_config,
        }

    @property
    def launch_config(self) -> dict[str, str]:
        """The launch config that the worker was started with, empty if there was none."""
        return {"launchConfigId": self.launch_config_id} if self.launch_config_id else {}


@dataclass(slots=True)
class PoolError:
    """Something that went wrong in a worker pool."""

    error_id: str
    worker_pool_id: str
    reported: datetime
    report: dict[str, Any]  # kind, title, description and extra
    launch_config_id: str | None

    def json(self) -> dict[str, Any]:
        """The error as worker-manager shows it."""
        return {
            "errorId": self.error_id,
            "workerPoolId": self.worker_pool_id,
            "reported": json_date(self.reported),
            **self.report,
            **({"launchConfigId": self.launch_config_id} if self.launch_config_id else {}),
        }


def capacity_by_state(workers: Iterable[Worker]) -> dict[str, int]:
    """How many of `workers` there are in each state, and what they can do."""
    counted = dict.fromkeys(
        ("currentCapacity", *(f"{state}{what}" for what in ("Count", "Capacity") for state in STATES)), 0
    )
    for worker in workers:
        counted[f"{worker.state}Count"] += 1
        counted[f"{worker.state}Capacity"] += worker.capacity
        if worker.state != "stopped":
            counted["currentCapacity"] += worker.capacity
    return counted
