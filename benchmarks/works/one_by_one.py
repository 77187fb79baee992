"""One call after the other on one thread."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

from ..answers import STATUS, TASK
from ..contenders import SYNC, Contender, load
from ..rounds import Row, Work, worker
from ..site import Site

Method = Literal["get", "status", "put"]


def rows(site: Site) -> Iterator[Row]:
    yield _row("get", "Signed GET of a task, 2 KB, sync", "get", site.plain, *SYNC)
    yield _row("status", "Signed GET of a status, 0.6 KB, sync", "status", site.plain, *SYNC)
    yield _row("put", "Signed PUT of a task, 2 KB, sync", "put", site.plain, *SYNC)
    yield _row(
        "get-tls", "Signed GET of a task over TLS, sync", "get", site.tls, "http.client", "ours", "official"
    )
    yield _row(
        "put-tls", "Signed PUT of a task over TLS, sync", "put", site.tls, "http.client", "ours", "official"
    )


def calls(contender: str, root_url: str, method: Method) -> Work:
    """Make calls of a sync contender one by one."""
    made: Contender = load(contender)(root_url)
    call = getattr(made, method)
    answer = call()
    assert answer == (TASK if method == "get" else STATUS)

    def work(count: int) -> dict[str, float]:
        for _ in range(count):
            call()
        return {}

    return work


def _row(name: str, title: str, method: Method, root_url: str, *contenders: str) -> Row:
    contestants = {each: worker(partial(calls, SYNC[each], root_url, method)) for each in contenders}
    return Row(name, title, contestants)
