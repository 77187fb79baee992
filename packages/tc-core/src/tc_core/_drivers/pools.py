"""Pools of connections to storages, which may be on any host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from .._forks import Lock

PoolT = TypeVar("PoolT")
Origin = tuple[str, str, int]
"""Scheme, host (an IPv6 literal in brackets) and port."""

MOST_HOSTS = 8
"""Hosts to which connections are kept: artifacts that are references may lead anywhere."""


class Pools(Generic[PoolT]):
    """A pool for each of the hosts that were used last."""

    def __init__(self, make: Callable[[str, str, int], PoolT]) -> None:
        self._make = make
        self._lock = Lock()
        self._pools: dict[Origin, PoolT] = {}

    def get(self, origin: Origin) -> tuple[PoolT, list[PoolT]]:
        """Return the pool for a host, and those that are to be closed in return."""
        with self._lock.mutex:
            pool = self._pools.pop(origin, None) or self._make(*origin)
            self._pools[origin] = pool
            oldest = list(self._pools)[:-MOST_HOSTS]
            return pool, [self._pools.pop(each) for each in oldest]

    def clear(self) -> list[PoolT]:
        """Return all pools, to be closed."""
        with self._lock.mutex:
            pools, self._pools = list(self._pools.values()), {}
        return pools
