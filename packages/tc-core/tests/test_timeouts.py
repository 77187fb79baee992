"""What is left of a deadline for each part of an exchange."""

from __future__ import annotations

import time
from typing import Literal

import pytest
from flavours import Flavour, every_flavour
from sample import AsyncSample, Sample
from wire import Wire, answer

from tc_core._drivers.timeouts import Timeouts
from tc_core._options import Options

PARTS = pytest.mark.parametrize("part", ["connect", "read", "write", "pool"])


@PARTS
def test_without_a_deadline_each_part_has_the_timeout(part: str) -> None:
    assert Timeouts(30, None).get(part) == 30


@PARTS
def test_no_part_may_take_longer_than_is_left_of_the_deadline(part: str) -> None:
    assert 0 < Timeouts(30, time.monotonic() + 5).get(part) <= 5
    assert Timeouts(30, time.monotonic() + 500).get(part) == 30


@PARTS
def test_a_deadline_that_has_passed_leaves_next_to_nothing_but_never_an_endless_wait(part: str) -> None:
    assert 0 < Timeouts(30, time.monotonic() - 1).get(part) < 0.1


def test_a_part_unknown_here_has_no_timeout() -> None:
    assert Timeouts(30, time.monotonic()).get("else") is None


@pytest.mark.parametrize("name", ["timeout", "deadline"])
def test_more_seconds_than_sockets_take_are_refused(name: Literal["timeout", "deadline"]) -> None:
    with pytest.raises(ValueError, match=rf"^{name}: is 2000000000\.0; must be at most 1e\+09 seconds"):
        Options(**{name: 2e9})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@every_flavour
async def test_as_many_seconds_as_sockets_take_are_waited(flavour: Flavour) -> None:
    with Wire(answer(200, {"ok": True})) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, timeout=1e9, deadline=1e9) as sample:
            assert await sample.thing("one") == {"ok": True}
