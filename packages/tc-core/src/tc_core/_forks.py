"""Forked children, in which only the thread that forked lives on: what the others held stays held for ever."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from typing import Protocol
from weakref import WeakSet


class Inherited(Protocol):
    """Something that a child must not use as its parent left it."""

    def after_fork(self) -> None:
        """Start afresh, in the child, before anything else runs there."""


_inherited: WeakSet[Inherited] = WeakSet()


def renew_in_children(each: Inherited) -> None:
    """Have ``each.after_fork`` called in every child that is forked from now on."""
    _inherited.add(each)


class Lock:
    """A `threading.Lock` that knows who holds it, and is free in a forked child."""

    def __init__(self) -> None:
        self.after_fork()
        renew_in_children(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None

    @property
    def held_here(self) -> bool:
        """Whether this thread holds it."""
        return self._holder == threading.get_ident()

    def acquire(self, patience: float | None = None) -> bool:
        """Wait for it, at most ``patience`` seconds; tell whether it was had."""
        had = self._lock.acquire(timeout=-1 if patience is None else patience)
        if had:
            self._holder = threading.get_ident()
        return had

    def release(self) -> None:
        self._holder = None
        self._lock.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _renew_all() -> None:
    for each in list(_inherited):
        each.after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_renew_all)
