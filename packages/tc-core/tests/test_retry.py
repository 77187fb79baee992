"""When to try again, and after how long."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tc_core import APIError, Retry, TaskclusterError, TransportError

FAILED = TransportError("lost")


def waits(retry: Retry, jitter: float = 0.0) -> list[float]:
    """All the delays that are made when nothing ever succeeds."""
    found: list[float] = []
    while (wait := retry.wait(FAILED, len(found) + 1, jitter=jitter)) is not None:
        found.append(wait)
    return found


def test_the_default_is_five_retries_that_double_from_a_tenth_of_a_second() -> None:
    assert waits(Retry()) == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6])


def test_delays_grow_up_to_the_longest() -> None:
    expected = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]
    assert waits(Retry(retries=11)) == pytest.approx(expected)


def test_delays_can_be_switched_off() -> None:
    assert waits(Retry(retries=3, delay=0)) == [0.0, 0.0, 0.0]


@given(
    retries=st.integers(0, 40),
    delay=st.floats(0, 1e6),
    share=st.floats(0, 1),
    longest=st.floats(0, 1e6),
    jitter=st.floats(-1, 1),
)
def test_no_delay_is_longer_than_the_longest(
    retries: int, delay: float, share: float, longest: float, jitter: float
) -> None:
    found = waits(Retry(retries=retries, delay=delay, jitter=share, max_delay=longest), jitter=jitter)
    assert len(found) == retries
    assert all(0 <= wait <= longest for wait in found)
    assert found == sorted(found)


@given(st.floats(-1, 1))
def test_jitter_changes_a_delay_by_its_share_at_most(jitter: float) -> None:
    [wait] = waits(Retry(retries=1, delay=1.0, jitter=0.5), jitter=jitter)
    assert wait == pytest.approx(1 + 0.5 * jitter)


def test_thousands_of_tries_do_not_overflow() -> None:
    assert Retry(retries=100_000).wait(FAILED, 99_999) == 30.0


def test_errors_that_are_no_failure_of_a_send_are_not_retried() -> None:
    assert Retry().wait(TaskclusterError("too long an answer"), 1) is None
    assert Retry().wait(APIError("see elsewhere", status=302), 1) is None


def test_a_longest_wait_for_retry_after_can_be_set() -> None:
    busy = APIError("busy", status=503, retry_after=5.0)
    assert Retry(max_retry_after=4).wait(busy, 1) is None
    assert Retry(max_retry_after=6).wait(busy, 1) == 5.0


@pytest.mark.parametrize("name", ["retries", "delay", "jitter", "max_delay", "max_retry_after"])
@pytest.mark.parametrize("bad", [-1, "3", None, True, math.nan, math.inf])
def test_a_number_that_is_none_is_refused_by_name(name: str, bad: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=rf"^{name}: "):
        Retry(**{name: bad})


def test_a_share_over_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^jitter: is 1\.5; must be at most 1"):
        Retry(jitter=1.5)


def test_retries_are_whole() -> None:
    with pytest.raises(TypeError, match=r"^retries: float; pass a whole number"):
        Retry(retries=2.0)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_policy_cannot_be_changed_but_replaced() -> None:
    retry = Retry(retries=1)
    with pytest.raises(AttributeError):
        retry.retries = 2  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    assert retry.replace(delay=2) == Retry(retries=1, delay=2)
