"""Hashes of what passes by, computed in threads of their own once it pays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from .lanes import Lane

_WORTH_A_THREAD = 128 * 1024
"""Bytes: for shorter blocks a hand-over costs more than it saves."""


def hexdigests(names: Iterable[str], content: bytes) -> dict[str, str]:
    """Return the hashes of what is in memory, in hexadecimal."""
    return {name: hashlib.new(name, content).hexdigest() for name in names}


class Digests:
    """Hashes of the same bytes by several algorithms.

    Args:
        names: algorithms of hashlib.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._hashes = {name: hashlib.new(name) for name in names}
        self._lanes = {name: Lane(f"tc-{name}", each.update) for name, each in self._hashes.items()}
        self._threads = False

    def update(self, data: bytes) -> None:
        """Add bytes. Waits if the threads are far behind."""
        # Once there are threads, also a short block must not overtake those that they have.
        self._threads = self._threads or len(data) >= _WORTH_A_THREAD
        for name, each in self._hashes.items():
            if self._threads:
                self._lanes[name].put(data)
            else:
                each.update(data)

    def finish(self) -> dict[str, str]:
        """Return the hashes in hexadecimal, and end the threads."""
        for lane in self._lanes.values():
            lane.settle()
        return {name: each.hexdigest() for name, each in self._hashes.items()}

    def close(self) -> None:
        """End the threads."""
        for lane in self._lanes.values():
            lane.close()
