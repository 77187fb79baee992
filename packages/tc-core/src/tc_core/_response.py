"""A service's answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import _json


class Response:
    """The answer to a low-level `Client.request`.

    Attributes:
        status: HTTP status code.
        headers: header names in lower case, and their values; repeated ones joined by ", ".
        content: the body, with its content coding undone.
    """

    __slots__ = ("content", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.status = status
        self.headers = headers
        self.content = content

    @property
    def text(self) -> str:
        """The body as UTF-8 text; bytes that are none are replaced."""
        return self.content.decode("utf-8", "replace")

    @property
    def request_id(self) -> str | None:
        """What the service calls this request in its logs."""
        return self.headers.get("x-for-request-id")

    def json(self) -> Any:
        """Return the body's JSON value.

        Raises:
            ValueError: it is no JSON.
        """
        return _json.decode(self.content)

    def __repr__(self) -> str:
        return f"Response(status={self.status}, {len(self.content)} bytes)"
