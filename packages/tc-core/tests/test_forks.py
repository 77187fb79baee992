"""The lock that a forked child does not inherit. What this does for clients is shown in adversity/test_company.py."""

from __future__ import annotations

from threading import Event, Thread

from wire import PATIENCE

from tc_core._forks import Lock


def test_a_lock_is_had_by_one_thread_at_a_time_which_knows_it() -> None:
    lock = Lock()
    had, done = Event(), Event()

    def hold() -> None:
        with lock:
            had.set()
            done.wait(PATIENCE)

    holder = Thread(target=hold)
    holder.start()
    assert had.wait(PATIENCE)
    assert not lock.held_here
    assert not lock.acquire(0.01)
    done.set()
    holder.join()
    assert lock.acquire(0.01)
    assert lock.held_here
    lock.release()
    assert not lock.held_here


def test_after_a_fork_the_lock_is_free() -> None:
    lock = Lock()
    lock.acquire()
    lock.after_fork()
    assert not lock.held_here
    assert lock.acquire(0.01)
