"""The official client, `taskcluster`, sync and async."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..answers import ACCESS_TOKEN, CLIENT_ID, TASK, TASK_GROUP_ID, TASK_ID


def _options(root_url: str) -> dict[str, Any]:
    return {"rootUrl": root_url, "credentials": {"clientId": CLIENT_ID, "accessToken": ACCESS_TOKEN}}


class Official:
    """The sync client, which connects anew for each call."""

    def __init__(self, root_url: str) -> None:
        self._queue: Any = import_module("taskcluster").Queue(_options(root_url))

    def get(self) -> object:
        return self._queue.task(TASK_ID)

    def status(self) -> object:
        return self._queue.status(TASK_ID)

    def put(self) -> object:
        return self._queue.createTask(TASK_ID, TASK)

    def walk(self) -> int:
        count = 0

        def take(page: dict[str, Any]) -> None:
            nonlocal count
            count += sum(1 for _ in page["tasks"])

        self._queue.listTaskGroup(TASK_GROUP_ID, paginationHandler=take)
        return count


class OfficialShared:
    """The async client on an aiohttp session that all calls share."""

    def __init__(self, root_url: str, in_flight: int) -> None:
        aiohttp: Any = import_module("aiohttp")
        session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=max(100, in_flight)))
        self._queue: Any = import_module("taskcluster.aio").Queue(_options(root_url), session=session)

    async def status(self) -> object:
        return await self._queue.status(TASK_ID)


class OfficialUnshared(OfficialShared):
    """The async client as it is made without a session: it makes one for each call."""

    def __init__(self, root_url: str, in_flight: int) -> None:
        self._queue = import_module("taskcluster.aio").Queue(_options(root_url))
