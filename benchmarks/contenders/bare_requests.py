"""requests."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..answers import TASK, TASK_ID


class Requests:
    """requests.Session, unsigned."""

    def __init__(self, root_url: str) -> None:
        self._url = f"{root_url}/api/queue/v1/task/{TASK_ID}"
        self._session: Any = import_module("requests").Session()

    def get(self) -> object:
        return self._decoded(self._session.get(self._url))

    def status(self) -> object:
        return self._decoded(self._session.get(f"{self._url}/status"))

    def put(self) -> object:
        return self._decoded(self._session.put(self._url, json=TASK))

    def _decoded(self, answer: Any) -> object:
        answer.raise_for_status()
        return answer.json()
