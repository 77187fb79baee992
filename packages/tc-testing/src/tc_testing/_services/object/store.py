"""What the object service remembers of objects; their bytes are in the buckets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ..._clock import Clock
from ..._errors import APIError

__all__ = ["ObjectStore", "StoredObject"]


@dataclass(slots=True)
class StoredObject:
    """An object, from the beginning of its upload on."""

    name: str
    project_id: str
    upload_id: str
    expires: datetime
    hashes: dict[str, str] = field(default_factory=dict[str, str])
    is_finished: bool = False

    def add_hashes(self, hashes: dict[str, str]) -> None:
        """Note hashes of the content, which nobody checks. Raises APIError 409 if one is another than before."""
        if any(self.hashes.get(algorithm, value) != value for algorithm, value in hashes.items()):
            raise APIError("RequestConflict", "Content hash already exists with a different value")
        self.hashes |= hashes


class ObjectStore:
    """Objects by name."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._objects: dict[str, StoredObject] = {}

    def begin(self, name: str, project_id: str, upload_id: str, expires: datetime) -> StoredObject:
        """The object whose upload begins, or goes on if the rest is as before. Raises APIError 409 if it is not."""
        existing = self._objects.get(name)
        if existing is None:
            existing = self._objects[name] = StoredObject(name, project_id, upload_id, expires)
        known = (existing.project_id, existing.upload_id, existing.expires)
        if existing.is_finished or known != (project_id, upload_id, expires):
            raise APIError("RequestConflict", "Object already exists")
        return existing

    def begun(self, name: str) -> StoredObject | None:
        """The object, finished or not, None if its upload never began."""
        return self._objects.get(name)

    def find(self, name: str) -> StoredObject | None:
        """The object, None if it is not finished or has expired."""
        found = self._objects.get(name)
        return found if found and found.is_finished and found.expires > self._clock.now() else None
