"""What waits for other threads, and Ctrl-C at every place in it. For calls, see adversity/test_interrupts.py."""

from __future__ import annotations

import hashlib
from contextlib import suppress

import pytest
from ctrl_c import Pressed, at_every_place, in_time
from leftovers import transfer_threads

from tc_core._forks import Turn
from tc_core._interrupts import Latch, Slots, Worker
from tc_core._transfers.lanes import Lane

BLOCKS = [bytes([number]) * 20_000 for number in range(8)]


def test_a_lane_can_be_closed_wherever_its_user_was() -> None:
    def scenario(pressed: Pressed) -> None:
        digest = hashlib.sha256()
        lane = Lane("tc-lane", digest.update)
        with suppress(KeyboardInterrupt), pressed:
            for block in BLOCKS:
                lane.put(block)
            lane.settle()
        lane.close()
        assert transfer_threads() == []
        if not pressed.reached:
            assert digest.digest() == hashlib.sha256(b"".join(BLOCKS)).digest()

    assert at_every_place(scenario) > 50


def test_slots_are_never_lost() -> None:
    def scenario(pressed: Pressed) -> None:
        slots = Slots(1)
        with suppress(KeyboardInterrupt), pressed:
            if slots.take(1):
                try:
                    len(BLOCKS)
                finally:
                    slots.free.put(None)
        assert slots.take(0)
        assert not slots.take(0)

    assert at_every_place(scenario) > 3


def test_a_turn_is_never_kept() -> None:
    def scenario(pressed: Pressed) -> None:
        turn = Turn()
        with suppress(KeyboardInterrupt), pressed:
            if turn.take(1):
                try:
                    assert turn.is_mine
                finally:
                    turn.holder = None
                    turn.slots.free.put(None)
        assert not turn.is_mine
        assert turn.take(0)

    assert at_every_place(scenario) > 3


def test_a_latch_that_is_set_lets_everyone_pass() -> None:
    latch = Latch()
    waiting = [Worker("tc-waiting", latch.wait) for _ in range(4)]
    for worker in waiting:
        worker.start()
    assert not latch.wait(0)
    latch.set()
    for worker in waiting:
        in_time(worker.join)
    assert latch.wait()


def test_a_worker_can_be_waited_for_wherever_its_user_was() -> None:
    def scenario(pressed: Pressed) -> None:
        may_end = Latch()
        worker = Worker("worker", may_end.wait)
        with suppress(KeyboardInterrupt, RuntimeError), pressed:
            worker.start()
            may_end.set()
            worker.join()
        may_end.set()
        worker.join()

    assert at_every_place(scenario, starting=True) > 10


def test_a_place_that_is_given_back_goes_to_the_thread_that_waits_and_not_to_the_one_that_had_it() -> None:
    slots = Slots(1)
    assert slots.take()
    waiting = Worker("tc-waiting", slots.take)
    waiting.start()
    while not slots._turn.empty():  # pyright: ignore[reportPrivateUsage]
        pass
    slots.free.put(None)
    assert not slots.take(0)
    in_time(waiting.join)


@pytest.mark.parametrize("patience", [0, 0.0, -1, 0.01])
def test_nobody_waits_longer_than_told(patience: float) -> None:
    slots = Slots(0)
    in_time(lambda: slots.take(patience))
    assert not slots.take(patience)
