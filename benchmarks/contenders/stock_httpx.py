"""httpx's own clients."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import httpx

from ..answers import ACCESS_TOKEN, CLIENT_ID, TASK, TASK_ID

_PATH = f"/api/queue/v1/task/{TASK_ID}"


class Httpx:
    """httpx.Client, unsigned."""

    def __init__(self, root_url: str) -> None:
        self._url = root_url + _PATH
        self._client = httpx.Client()

    def get(self) -> object:
        return self._client.get(self._url).raise_for_status().json()

    def status(self) -> object:
        return self._client.get(f"{self._url}/status").raise_for_status().json()

    def put(self) -> object:
        return self._client.put(self._url, json=TASK).raise_for_status().json()


class SignedHttpx(Httpx):
    """httpx.Client with what mohawk's documentation shows: a Sender for each request."""

    def __init__(self, root_url: str) -> None:
        super().__init__(root_url)
        self._sender: Any = import_module("mohawk").Sender

    def get(self) -> object:
        return self._signed_get(self._url)

    def status(self) -> object:
        return self._signed_get(f"{self._url}/status")

    def put(self) -> object:
        body = json.dumps(TASK)
        headers = {
            "Authorization": self._sign("PUT", self._url, body, "application/json"),
            "Content-Type": "application/json",
        }
        return self._client.put(self._url, content=body, headers=headers).raise_for_status().json()

    def _signed_get(self, url: str) -> object:
        headers = {"Authorization": self._sign("GET", url, "", "")}
        return self._client.get(url, headers=headers).raise_for_status().json()

    def _sign(self, verb: str, url: str, content: str, content_type: str) -> str:
        credentials = {"id": CLIENT_ID, "key": ACCESS_TOKEN, "algorithm": "sha256"}
        sender = self._sender(credentials, url, verb, content=content, content_type=content_type)
        header: str = sender.request_header
        return header


class AsyncHttpx:
    """httpx.AsyncClient on its one pool, unsigned."""

    def __init__(self, root_url: str, in_flight: int) -> None:
        self._url = f"{root_url}{_PATH}/status"
        limits = httpx.Limits(
            max_connections=max(100, in_flight), max_keepalive_connections=max(100, in_flight)
        )
        self._client = httpx.AsyncClient(limits=limits)

    async def status(self) -> object:
        answer = await self._client.get(self._url)
        return answer.raise_for_status().json()
