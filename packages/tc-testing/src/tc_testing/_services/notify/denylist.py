"""Addresses that nothing is sent to."""

from __future__ import annotations

from ..._answers import ok
from ..._calls import Answer, Call, Handlers
from ..._pages import page
from .store import Address

__all__ = ["handlers"]

handlers = Handlers()


@handlers("addDenylistAddress")
async def add_denylist_address(call: Call) -> Answer:
    call.state.notify.denylist.add(_address(call))
    return ok()


@handlers("deleteDenylistAddress")
async def delete_denylist_address(call: Call) -> Answer:
    call.state.notify.denylist.discard(_address(call))
    return ok()


@handlers("listDenylist")
async def list_denylist(call: Call) -> Answer:
    addresses, more = page(sorted(call.state.notify.denylist), call.query)
    return {"addresses": [address.json() for address in addresses], **more}


def _address(call: Call) -> Address:
    return Address(call.payload["notificationType"], call.payload["notificationAddress"])
