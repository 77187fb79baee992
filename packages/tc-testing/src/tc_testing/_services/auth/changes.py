"""Changes of clients and roles: written to the audit history, and announced."""

from __future__ import annotations

from ..._calls import Call

__all__ = ["note_change"]


def note_change(call: Call, kind: str, action: str, entity_id: str) -> None:
    """Note and announce what the caller did to a client or a role.

    Arguments: kind, "client" or "role"; action, such as "created".
    """
    call.state.auth.audit.record(call.caller, action, kind, entity_id)
    # Whatever else happens to a client is an update to those who listen.
    announced = action if action in ("created", "deleted") else "updated"
    payload = {"version": 1, f"{kind}Id": entity_id}
    call.state.publish("auth", f"{kind}{announced.title()}", {}, payload)
