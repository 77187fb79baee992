"""The audit history as it is kept: who changed what."""

from __future__ import annotations

from typing import Any, NamedTuple

from tc_core import json_date

from ..._clock import Clock
from ..._hawk import Caller

__all__ = ["AuditEntry", "AuditLog"]

# What the services call someone without credentials, who may change things where anonymous callers may.
_NOBODY = "auth-failed:no-auth"


class AuditEntry(NamedTuple):
    client_id: str
    action: str
    created: str
    entity_id: str
    entity_type: str

    def json(self) -> dict[str, Any]:
        return {
            "clientId": self.client_id,
            "actionType": self.action,
            "created": self.created,
            "entityId": self.entity_id,
            "entityType": self.entity_type,
        }


class AuditLog:
    """Changes in the order in which they were made. All services write to it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[AuditEntry] = []

    def record(self, caller: Caller, action: str, entity_type: str, entity_id: str) -> None:
        """Remember that `caller` did `action`, such as "created", to an entity such as a "role"."""
        now = json_date(self._clock.now())
        self._entries.append(AuditEntry(caller.client_id or _NOBODY, action, now, entity_id, entity_type))

    def of_entity(self, entity_type: str, entity_id: str) -> list[AuditEntry]:
        """The changes of one entity."""
        wanted = (entity_type, entity_id)
        return [entry for entry in self._entries if (entry.entity_type, entry.entity_id) == wanted]

    def of_client(self, client_id: str) -> list[AuditEntry]:
        """The changes that one client made."""
        return [entry for entry in self._entries if entry.client_id == client_id]
