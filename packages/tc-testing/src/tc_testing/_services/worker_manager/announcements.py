"""What worker-manager tells the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from tc_core import json_date

from ..._clock import Clock
from .records import LaunchConfig, PoolError, Worker, WorkerPool

__all__ = ["Announcements", "Publish"]

Publish: TypeAlias = "Callable[[str, Mapping[str, str], dict[str, Any]], None]"
"""Takes the name of an exchange, the parts of the routing key by name, and the payload."""


class Announcements:
    """Makes messages and hands them to `publish`."""

    def __init__(self, clock: Clock, publish: Publish) -> None:
        self._clock = clock
        self._publish = publish

    def pool(self, exchange: str, pool: WorkerPool, previous_provider_id: str | None = None) -> None:
        """Announce something about a worker pool."""
        payload = {"workerPoolId": pool.worker_pool_id, "providerId": pool.provider_id}
        previous = {"previousProviderId": previous_provider_id} if previous_provider_id else {}
        self._publish(exchange, _key(payload), payload | previous)

    def launch_config(self, exchange: str, pool: WorkerPool, config: LaunchConfig) -> None:
        """Announce something about a launch config."""
        payload = {
            "launchConfigId": config.launch_config_id,
            "workerPoolId": pool.worker_pool_id,
            "providerId": pool.provider_id,
        }
        self._publish(exchange, _key(payload), payload)

    def worker(self, exchange: str, worker: Worker, **facts: str) -> None:
        """Announce something about a worker; `facts` are what this message alone says."""
        names = {**worker.key.json(), "providerId": worker.provider_id, **worker.launch_config}
        payload = {**names, "capacity": worker.capacity, "timestamp": json_date(self._clock.now()), **facts}
        self._publish(exchange, _key(names), payload)

    def error(self, pool: WorkerPool, error: PoolError) -> None:
        """Announce that something went wrong."""
        extra = error.report["extra"]
        names = {"workerPoolId": pool.worker_pool_id, "providerId": pool.provider_id}
        names |= {name: extra[name] for name in ("workerGroup", "workerId")}
        if error.launch_config_id:
            names["launchConfigId"] = error.launch_config_id
        payload = {
            **names,
            "errorId": error.error_id,
            "kind": error.report["kind"],
            "title": error.report["title"],
            "timestamp": json_date(error.reported),
        }
        self._publish("workerPoolError", _key(names), payload)


def _key(names: Mapping[str, str]) -> dict[str, str]:
    """The parts of a routing key: a worker pool is in it as the two names that it used to be."""
    provisioner_id, _, worker_type = names["workerPoolId"].partition("/")
    rest = {name: value for name, value in names.items() if name != "workerPoolId"}
    return {"provisionerId": provisioner_id, "workerType": worker_type, **rest}
