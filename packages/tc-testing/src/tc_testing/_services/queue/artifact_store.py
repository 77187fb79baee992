"""What the queue remembers of artifacts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tc_core import json_date

__all__ = ["Artifact", "ArtifactStore"]


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
    """Artifacts by task id, run id and name."""

    def __init__(self) -> None:
        self._artifacts: dict[tuple[str, int], dict[str, Artifact]] = {}

    def put(self, task_id: str, run_id: int, artifact: Artifact) -> None:
        self._artifacts.setdefault((task_id, run_id), {})[artifact.name] = artifact

    def get(self, task_id: str, run_id: int, name: str) -> Artifact | None:
        """The artifact, present or not, None if there is none."""
        return self._artifacts.get((task_id, run_id), {}).get(name)

    def of_run(self, task_id: str, run_id: int) -> list[Artifact]:
        """The artifacts of a run by name."""
        return [artifact for _, artifact in sorted(self._artifacts.get((task_id, run_id), {}).items())]
