"""Forked children, in which only the thread that forked lives on: what the others held stays held for ever."""

from __future__ import annotations

import os
import threading
from typing import Protocol
from weakref import WeakSet

from ._interrupts import Slots


class Inherited(Protocol):
    """Something that a child must not use as its parent left it."""

    def after_fork(self) -> None:
        """Start afresh, in the child, before anything else runs there."""


_inherited: WeakSet[Inherited] = WeakSet()


def renew_in_children(each: Inherited) -> None:
    """Have ``each.after_fork`` called in every child that is forked from now on."""
    _inherited.add(each)


class Lock:
    """A lock that is free in a forked child: ``with lock.mutex: ...``."""

    def __init__(self) -> None:
        self.after_fork()
        renew_in_children(self)

    def after_fork(self) -> None:
        self.mutex = threading.Lock()


class Turn:
    """Had by one thread at a time, which knows it; free in a forked child.

    ``if turn.take(): try: ... finally: turn.holder = None; turn.slots.free.put(None)``
    """

    def __init__(self) -> None:
        self.after_fork()
        renew_in_children(self)

    def after_fork(self) -> None:
        self.slots = Slots(1)
        self.holder: int | None = None

    @property
    def is_mine(self) -> bool:
        """Whether this thread has it."""
        return self.holder == threading.get_ident()

    def take(self, patience: float | None = None) -> bool:
        """Wait for it, at most ``patience`` seconds; tell whether it was had."""
        this = threading.get_ident()
        had = self.slots.take(patience)
        if had:
            self.holder = this
        return had


def _renew_all() -> None:
    for each in list(_inherited):
        each.after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_renew_all)
