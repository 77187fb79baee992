"""What the github service remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["GithubStore"]


@dataclass(slots=True)
class GithubStore:
    """What was sent to GitHub, the newest at the end, and what was done to builds.

    Attributes:
        statuses: what commits were given, by `owner/name` and commit.
        comments: on issues and pull requests, by `owner/name` and number.
        cancelled: the ids of the task groups of the builds that were cancelled.
    """

    statuses: dict[tuple[str, str], list[dict[str, Any]]] = field(
        default_factory=dict[tuple[str, str], list[dict[str, Any]]]
    )
    comments: dict[tuple[str, str], list[str]] = field(default_factory=dict[tuple[str, str], list[str]])
    cancelled: set[str] = field(default_factory=set[str])
