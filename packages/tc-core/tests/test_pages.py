"""Walking the pages of a list."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tc_core import TaskclusterError
from tc_core._endpoint import QueryArgument
from tc_core._pages import PageWalk

Pages = dict[Any, dict[str, Any]]


def serve(pages: list[list[int]], tokens: list[str]) -> Pages:
    """Give the pages by the token that leads to them, as a service does; None leads to the first."""
    after: list[str | None] = [*tokens, None]
    return {
        token: {"items": page} | ({"continuationToken": following} if following else {})
        for token, page, following in zip([None, *tokens], pages, after, strict=True)
    }


def walk_through(served: Pages, query: dict[str, QueryArgument] | None = None) -> list[int]:
    walk, found = PageWalk("queue.listTaskGroup", query), list[int]()
    while walk.more:
        page = served[walk.query.get("continuationToken")]
        found += page["items"]
        walk.advance(page)
    return found


@given(st.lists(st.lists(st.integers(), max_size=3), min_size=1, max_size=8))
def test_every_page_is_visited_once_and_empty_ones_do_not_end_the_walk(pages: list[list[int]]) -> None:
    tokens = [f"token-{number}" for number in range(1, len(pages))]
    assert walk_through(serve(pages, tokens)) == [item for page in pages for item in page]


def test_a_walk_begins_where_it_is_told() -> None:
    served = serve([[1], [2], [3]], ["two", "three"])
    assert walk_through(served, {"continuationToken": "two"}) == [2, 3]


def test_the_other_parameters_stay_the_same_and_the_callers_dict_too() -> None:
    query: dict[str, QueryArgument] = {"limit": 10}
    walk = PageWalk("queue.listTaskGroup", query)
    walk.advance({"continuationToken": "two"})
    assert walk.query == {"limit": 10, "continuationToken": "two"}
    assert query == {"limit": 10}


@pytest.mark.parametrize("end", [{}, {"continuationToken": None}, {"continuationToken": ""}])
def test_a_page_without_a_token_is_the_last(end: dict[str, Any]) -> None:
    walk = PageWalk("queue.listTaskGroup", None)
    walk.advance(end)
    assert not walk.more


@pytest.mark.parametrize("tokens", [["a", "a"], ["a", "b", "a"], ["a", "b", "c", "b"]])
def test_a_repeated_token_ends_the_walk_with_an_error(tokens: list[str]) -> None:
    walk = PageWalk("queue.listTaskGroup", None)
    for token in tokens[:-1]:
        walk.advance({"continuationToken": token})
    with pytest.raises(
        TaskclusterError, match=r"^queue\.listTaskGroup: the service repeated a continuation token"
    ):
        walk.advance({"continuationToken": tokens[-1]})


def test_the_token_that_the_walk_began_with_counts_as_well() -> None:
    walk = PageWalk("queue.listTaskGroup", {"continuationToken": "a"})
    with pytest.raises(TaskclusterError, match="repeated"):
        walk.advance({"continuationToken": "a"})
