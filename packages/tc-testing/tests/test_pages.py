"""Walking through pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tc_testing._errors import APIError
from tc_testing._pages import page


@given(count=st.integers(0, 50), limit=st.integers(1, 60))
def test_a_walk_meets_every_item_once(count: int, limit: int) -> None:
    items = list(range(count))
    found: list[int] = []
    query = {"limit": str(limit)}
    while True:
        cut, more = page(items, query)
        assert len(cut) <= limit
        found += cut
        if not more:
            break
        query |= more
    assert found == items


def test_at_most_1000_items() -> None:
    for query in ({}, {"limit": "5000"}, {"limit": "9" * 30}):
        cut, more = page(range(1500), query)
        assert (len(cut), more.keys()) == (1000, {"continuationToken"})


@given(token=st.text())
def test_a_token_of_another_begins_anew_or_ends(token: str) -> None:
    cut, _ = page([1, 2, 3], {"continuationToken": token, "limit": "1"})
    assert list(cut) in ([1], [2], [3], [])


@pytest.mark.parametrize("token", ["zzz", "not/base64!", "é", "ZnJvbTotNQ"])
def test_a_token_that_is_none_begins_anew(token: str) -> None:
    assert page([1, 2, 3], {"continuationToken": token})[0] == [1, 2, 3]


def test_no_page_is_empty_by_request() -> None:
    with pytest.raises(APIError) as refused:
        page([1], {"limit": "0"})
    assert refused.value.status == 500
