"""A walk over the pages of a large task group."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..answers import PAGE_SIZE, TASK_GROUP_ID
from ..contenders import SYNC, Walker, load
from ..rounds import Row, Work, program, worker
from ..site import Site


def rows(site: Site) -> Iterator[Row]:
    yield Row(
        "walk",
        "All tasks of a group, in pages of 1,000",
        {
            name: worker(partial(walk, SYNC[name], site.plain), calls=1)
            for name in ("http.client", "ours", "official")
        },
        rounds=2,
    )
    yield Row(
        "walk-memory",
        "Most memory held in a walk",
        {
            "a tenth of the pages": program(_walked(site, site.page_count // 10)),
            "all pages": program(_walked(site, site.page_count)),
        },
        rounds=3,
    )


def walk(contender: str, root_url: str) -> Work:
    """Walk over all pages."""
    client: Walker = load(contender)(root_url)

    def work(count: int) -> dict[str, float]:
        for _ in range(count):
            client.walk()
        return {}

    return work


def _walked(site: Site, page_count: int) -> str:
    return (
        "from itertools import islice\n"
        "from tc_queue import Queue\n"
        f"items = Queue({site.plain!r}).listTaskGroup_items({TASK_GROUP_ID!r})\n"
        f"assert sum(1 for _ in islice(items, {page_count * PAGE_SIZE})) == {page_count * PAGE_SIZE}"
    )
