"""What the queue remembers of artifacts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tc_core import json_date

from ..._clock import Clock

__all__ = ["Artifact", "ArtifactStore"]


# For so long it is known of an artifact that it has expired.
_REMEMBERED = timedelta(days=1)


@dataclass(slots=True)
class Artifact:
    """An artifact of one run."""

    name: str
    storage_type: str
    content_type: str
    expires: datetime
    details: dict[str, str]  # what there is to know about its storage type
    is_present: bool  # an object artifact is not until it is finished
    content_length: int | None = None

    def json(self) -> dict[str, Any]:
        """The artifact as the queue lists it."""
        length = {} if self.content_length is None else {"contentLength": self.content_length}
        return {
            "storageType": self.storage_type,
            "name": self.name,
            "expires": json_date(self.expires),
            "contentType": self.content_type,
            **length,
        }

    def may_become(self, other: Artifact) -> bool:
        """Whether creating `other` in its place is a repetition, or one of the changes that are allowed.

        It may live longer, a reference may point elsewhere, and a link may take the place of a reference.
        """
        if other.storage_type != "link" and other.content_type != self.content_type:
            return False
        if other.expires < self.expires:
            return False
        if other.storage_type != self.storage_type:
            return (self.storage_type, other.storage_type) == ("reference", "link")
        return self.storage_type == "reference" or self.details == other.details


class ArtifactStore:
    """Artifacts by task id, run id and name. One that has expired is in no list, and a day later it is gone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._artifacts: dict[tuple[str, int], dict[str, Artifact]] = {}

    def put(self, task_id: str, run_id: int, artifact: Artifact) -> None:
        self._artifacts.setdefault((task_id, run_id), {})[artifact.name] = artifact

    def get(self, task_id: str, run_id: int, name: str) -> Artifact | None:
        """The artifact, present or not, None if there is none."""
        found = self._artifacts.get((task_id, run_id), {}).get(name)
        return found if found and found.expires + _REMEMBERED > self._clock.now() else None

    def of_run(self, task_id: str, run_id: int) -> list[Artifact]:
        """The artifacts of a run by name."""
        now = self._clock.now()
        artifacts = self._artifacts.get((task_id, run_id), {})
        return [artifact for _, artifact in sorted(artifacts.items()) if artifact.expires > now]

    def remove(self, task_id: str, run_count: int) -> None:
        """Have no artifacts of a task that had so many runs."""
        for run_id in range(run_count):
            self._artifacts.pop((task_id, run_id), None)
