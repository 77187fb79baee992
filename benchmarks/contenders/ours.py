"""tc-queue, sync and async."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tc_core import Credentials
from tc_queue import AsyncQueue, Queue

from ..answers import ACCESS_TOKEN, CLIENT_ID, PAGE_SIZE, TASK, TASK_GROUP_ID, TASK_ID

_CREDENTIALS = Credentials(CLIENT_ID, ACCESS_TOKEN)
_TASK: Any = TASK


class Ours:
    """A `Queue` with the options it has by itself."""

    def __init__(self, root_url: str) -> None:
        self._queue = Queue(root_url, credentials=_CREDENTIALS)

    def get(self) -> object:
        return self._queue.task(TASK_ID)

    def status(self) -> object:
        return self._queue.status(TASK_ID)

    def put(self) -> object:
        return self._queue.createTask(TASK_ID, _TASK)

    def walk(self) -> int:
        return sum(1 for _ in self._queue.listTaskGroup_items(TASK_GROUP_ID, limit=PAGE_SIZE))


class AsyncOurs:
    """An `AsyncQueue` with the options it has by itself, bar the number of connections."""

    def __init__(self, root_url: str, in_flight: int) -> None:
        self._queue = AsyncQueue(root_url, credentials=_CREDENTIALS, max_connections=max(100, in_flight))

    async def status(self) -> object:
        return await self._queue.status(TASK_ID)


class AsyncOursOnAiohttp(AsyncOurs):
    """An `AsyncQueue` with the aiohttp extra."""

    def __init__(self, root_url: str, in_flight: int) -> None:
        # Not at the top, since the other contestants do without it.
        make: Any = import_module("tc_core.aiohttp").AiohttpTransport
        transport = make(max_connections=max(100, in_flight))
        self._queue = AsyncQueue(root_url, credentials=_CREDENTIALS, transport=transport)
