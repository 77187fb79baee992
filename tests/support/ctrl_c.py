"""Ctrl-C at every place where it may come in a thread."""

from __future__ import annotations

import itertools
import sys
import threading
import traceback
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

from loopback import PATIENCE


class Pressed:
    """Presses Ctrl-C at the n-th place, counted from 0, where CPython looks for it.

    That is while a function of C waits; it is pressed there before the function does anything. And it is when a
    function of Python begins, and when one of C has returned, whose result is lost then.

    Args:
        step: n.
        waiting: whether only the places count where it waits.
        starting: whether also the places count where CPython starts a thread, which may then never run.

    Attributes:
        reached: whether there was such a place.
    """

    MAY_BLOCK = frozenset(
        {"acquire", "connect", "do_handshake", "get", "poll", "read", "recv", "send", "sendall", "sleep"}
    )

    def __init__(self, step: int, *, waiting: bool = False, starting: bool = False) -> None:
        self._left = step
        self._waiting = waiting
        self._starting = starting
        self.reached = False

    def __enter__(self) -> None:
        sys.setprofile(self._watch)

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _watch(self, frame: FrameType, event: str, function: Any) -> None:
        waits = event == "c_call" and function.__name__ in self.MAY_BLOCK
        looks = waits or (event in ("call", "c_return") and not self._waiting)
        # What is raised while an object is let go of, Python shows and forgets.
        if self.reached or not looks or frame.f_code.co_name == "_remove":
            return
        self._left -= 1
        if self._left < 0 and (self._starting or not _starts_a_thread(frame)):
            self.reached = True
            raise KeyboardInterrupt


def _starts_a_thread(frame: FrameType) -> bool:
    return any(each.f_code is threading.Thread.start.__code__ for each, _ in traceback.walk_stack(frame))


def in_time(work: Callable[[], object]) -> None:
    """Do something in a thread that a test can give up on. Raises what it raises."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "it hangs"
    if failures:
        raise failures[0]


def at_every_place(scenario: Callable[[Pressed], None], *, stride: int = 1, **options: bool) -> int:
    """Run a scenario once for each place that it passes, or one of ``stride``; return how many these were.

    Args:
        scenario: what is run.
        stride: see above.
        options: for `Pressed`.
    """
    for step in itertools.count(step=stride):
        pressed = Pressed(step, **options)
        in_time(partial(scenario, pressed))
        if not pressed.reached:
            return step
    raise AssertionError
