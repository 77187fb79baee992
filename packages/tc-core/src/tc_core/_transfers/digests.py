"""Hashes of what passes by, computed in threads of their own once it pays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from queue import Queue
from threading import Thread

_WORTH_A_THREAD = 128 * 1024
"""Bytes: for shorter blocks a hand-over costs more than it saves."""

_DEPTH = 8
"""Blocks that may wait for a thread."""


def hexdigests(names: Iterable[str], content: bytes) -> dict[str, str]:
    """Return the hashes of what is in memory, in hexadecimal."""
    return {name: hashlib.new(name, content).hexdigest() for name in names}


class Digests:
    """Hashes of the same bytes by several algorithms.

    Args:
        names: algorithms of hashlib.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._lanes = [_Lane(name) for name in names]

    def update(self, data: bytes) -> None:
        """Add bytes. Waits if the threads are far behind."""
        for lane in self._lanes:
            lane.update(data)

    def finish(self) -> dict[str, str]:
        """Return the hashes in hexadecimal, and end the threads."""
        return {lane.name: lane.finish() for lane in self._lanes}

    def close(self) -> None:
        """End the threads."""
        for lane in self._lanes:
            lane.close()


class _Lane:
    def __init__(self, name: str) -> None:
        self.name = name
        self._hash = hashlib.new(name)
        self._thread: Thread | None = None
        self._blocks: Queue[bytes | None] = Queue(_DEPTH)
        self._closed = False

    def update(self, data: bytes) -> None:
        if self._thread is None:
            if len(data) < _WORTH_A_THREAD:
                self._hash.update(data)
                return
            self._thread = Thread(target=self._work, name=f"tc-{self.name}", daemon=True)
            self._thread.start()
        self._blocks.put(data)

    def finish(self) -> str:
        self._join()
        return self._hash.hexdigest()

    def close(self) -> None:
        self._closed = True
        self._join()

    def _join(self) -> None:
        if self._thread is not None:
            self._blocks.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (data := self._blocks.get()) is not None:
            if not self._closed:
                self._hash.update(data)
