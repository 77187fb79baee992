"""The locks that a forked child does not inherit. What this does for clients is shown in adversity/test_company.py."""

from __future__ import annotations

import os
import subprocess
import sys
from threading import Event, Thread

import pytest
from wire import PATIENCE

from tc_core._forks import Turn


def give_back(turn: Turn) -> None:
    turn.holder = None
    turn.slots.free.put(None)


def test_a_turn_is_had_by_one_thread_at_a_time_which_knows_it() -> None:
    turn = Turn()
    had, done = Event(), Event()

    def hold() -> None:
        assert turn.take()
        had.set()
        done.wait(PATIENCE)
        give_back(turn)

    holder = Thread(target=hold)
    holder.start()
    assert had.wait(PATIENCE)
    assert not turn.is_mine
    assert not turn.take(0.01)
    done.set()
    holder.join()
    assert turn.take(0.01)
    assert turn.is_mine
    give_back(turn)
    assert not turn.is_mine


FORK = """
import os
from tc_core._forks import Lock, Turn

lock, turn = Lock(), Turn()
lock.mutex.acquire()
turn.take()
child = os.fork()
if not child:
    os._exit(not (lock.mutex.acquire(blocking=False) and not turn.is_mine and turn.take(0)))
os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_finds_all_free() -> None:
    search = {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", FORK], env=os.environ | search, check=True)
