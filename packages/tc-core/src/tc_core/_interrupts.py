"""Waiting for other threads, where Ctrl-C may come at any moment.

With `threading.Condition`, and so with Event, Semaphore, `queue.Queue` and futures, Ctrl-C may come after the main
thread has locked it and before that is known. It stays locked then, and whoever needs it next waits for ever. What is
here stands on `queue.SimpleQueue`, each method of which is one step of C.

The same holds for a context manager that is written in Python. So a lock is used itself, by ``with``, and what is
given back in a ``finally`` is given back by a function of C.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

_TO_START = 0.5
"""Seconds that a thread is given to start."""


class Slots:
    """Places for so many at once: ``if slots.take(): try: ... finally: slots.free.put(None)``.

    Args:
        number: of places.

    Attributes:
        free: where a place is given back; what is put there does not matter.
    """

    def __init__(self, number: int) -> None:
        self.free: SimpleQueue[None] = SimpleQueue()
        for _ in range(number):
            self.free.put(None)
        # Who has it is the next: else a thread that gives a place back would be first to have it again, each time.
        self._turn: SimpleQueue[None] = SimpleQueue()
        self._turn.put(None)

    def take(self, patience: float | None = None) -> bool:
        """Wait for a place, at most ``patience`` seconds; tell whether it was had."""
        until = None if patience is None else monotonic() + patience
        had: list[None] = []
        turn: list[None] = []
        try:
            try:
                _move(self._turn, turn, until)
                _move(self.free, had, until)
            finally:
                if turn:
                    self._turn.put(None)
        except Empty:
            return False
        except BaseException:
            if had:
                self.free.put(None)
            raise
        return True


def _move(queue: SimpleQueue[None], to: list[None], until: float | None) -> None:
    # In one step of C, for Ctrl-C may come before the result of a call is known.
    to.extend(map(queue.get, (True,), (None if until is None else max(until - monotonic(), 0.0),)))


class Latch:
    """A `threading.Event` that is never cleared."""

    def __init__(self) -> None:
        self._turnstile: SimpleQueue[None] = SimpleQueue()
        self.is_set = False

    def set(self) -> None:
        """Wake all that wait, and all that will."""
        self.is_set = True
        self._turnstile.put(None)

    def wait(self, patience: float | None = None) -> bool:
        """Wait until it is set, at most ``patience`` seconds; tell whether it is."""
        if not self.is_set:
            try:
                self._turnstile.get(timeout=patience)
            except Empty:
                return False
            self._turnstile.put(None)
        return True


class Worker:
    """A thread that does some work once.

    Args:
        name: of the thread.
        work: what it does.
    """

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        self._work = work
        self._patience: float | None = 0.0
        self._ended = Latch()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._patience = _TO_START
        self._thread.start()
        self._patience = None

    def join(self) -> None:
        """Wait for its end. If Ctrl-C came into `start`, not for long: the thread may never run."""
        # `Thread.join` alone would not do: after Ctrl-C in it, CPython 3.11 takes the thread for ended.
        if self._ended.wait(self._patience):
            self._thread.join()

    def _run(self) -> None:
        try:
            self._work()
        finally:
            self._ended.set()
