"""What a short program pays before its first answer."""

from __future__ import annotations

from collections.abc import Iterator

from ..answers import ACCESS_TOKEN, CLIENT_ID, TASK_ID
from ..rounds import Row, program
from ..site import Site


def rows(site: Site) -> Iterator[Row]:
    yield Row(
        "import",
        "Import, in a new process",
        {"official": program("import taskcluster"), "ours": program("from tc_queue import Queue")},
    )
    yield Row(
        "first-call",
        "Import, client and first signed GET, in a new process",
        {"official": program(_official(site.plain)), "ours": program(_ours(site.plain))},
    )


def _ours(root_url: str) -> str:
    return (
        "from tc_core import Credentials\n"
        "from tc_queue import Queue\n"
        f"queue = Queue({root_url!r}, credentials=Credentials({CLIENT_ID!r}, {ACCESS_TOKEN!r}))\n"
        f"queue.status({TASK_ID!r})"
    )


def _official(root_url: str) -> str:
    options = {"rootUrl": root_url, "credentials": {"clientId": CLIENT_ID, "accessToken": ACCESS_TOKEN}}
    return f"import taskcluster\nqueue = taskcluster.Queue({options!r})\nqueue.status({TASK_ID!r})"
