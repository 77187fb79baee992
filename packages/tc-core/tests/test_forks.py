"""The locks that a forked child does not inherit. What this does for clients is shown in adversity/test_company.py."""

from __future__ import annotations

from threading import Event, Thread

from wire import PATIENCE

from tc_core._forks import Lock, Turn


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


def test_after_a_fork_a_turn_is_free() -> None:
    turn = Turn()
    turn.take()
    turn.after_fork()
    assert not turn.is_mine
    assert turn.take(0.01)


def test_after_a_fork_a_lock_is_free() -> None:
    lock = Lock()
    lock.mutex.acquire()
    lock.after_fork()
    assert lock.mutex.acquire(timeout=0.01)
