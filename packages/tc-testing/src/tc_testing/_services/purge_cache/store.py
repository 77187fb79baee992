"""What the purge-cache service remembers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from tc_core import json_date

from ..._clock import Clock

__all__ = ["PurgeCacheStore", "PurgeRequest"]

# Workers that ask this late have no caches as old as the request.
_LASTS = timedelta(days=1)


class PurgeRequest(NamedTuple):
    """Caches of this name that were made before this date are to be purged."""

    provisioner_id: str
    worker_type: str
    cache_name: str
    before: datetime

    def json(self) -> dict[str, str]:
        """The request as the service shows it."""
        return {
            "provisionerId": self.provisioner_id,
            "workerType": self.worker_type,
            "cacheName": self.cache_name,
            "before": json_date(self.before),
        }


class PurgeCacheStore:
    """Requests by worker pool and name of the cache."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._requests: dict[tuple[str, str, str], PurgeRequest] = {}

    def purge(self, worker_pool_id: str, cache_name: str) -> None:
        """Ask for all caches of this name that there are now."""
        provisioner_id, _, worker_type = worker_pool_id.partition("/")
        request = PurgeRequest(provisioner_id, worker_type, cache_name, self._clock.now())
        self._requests[request[:3]] = request

    def all(self) -> list[PurgeRequest]:
        """The requests that still matter, by worker pool and name of the cache."""
        now = self._clock.now()
        return [request for _, request in sorted(self._requests.items()) if request.before + _LASTS > now]

    def of_pool(self, worker_pool_id: str) -> list[PurgeRequest]:
        """Those of one worker pool."""
        return [
            request
            for request in self.all()
            if f"{request.provisioner_id}/{request.worker_type}" == worker_pool_id
        ]
