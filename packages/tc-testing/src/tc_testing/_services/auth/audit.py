"""The audit history as it is asked for: who changed what."""

from __future__ import annotations

from collections.abc import Iterable

from ..._calls import Answer, Call, Handlers
from ..._pages import page
from .audit_log import AuditEntry

__all__ = ["handlers"]

handlers = Handlers()


@handlers("getEntityHistory")
async def get_entity_history(call: Call) -> Answer:
    entity_type, entity_id = call.params["entityType"], call.params["entityId"]
    return _shown(call, call.state.auth.audit.of_entity(entity_type, entity_id))


@handlers("listAuditHistory")
async def list_audit_history(call: Call) -> Answer:
    return _shown(call, call.state.auth.audit.of_client(call.params["clientId"]))


def _shown(call: Call, entries: Iterable[AuditEntry]) -> Answer:
    cut, more = page(list(entries), call.query)
    return {"auditHistory": [entry.json() for entry in cut], **more}
