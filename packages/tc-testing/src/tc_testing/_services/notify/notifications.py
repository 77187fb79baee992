"""Notifications: kept instead of being sent, each only once."""

from __future__ import annotations

from starlette.responses import Response

from ..._answers import ok
from ..._calls import Answer, Call, Handlers
from ..._errors import APIError, internal_error
from .store import Address, Notification

__all__ = ["handlers"]

handlers = Handlers()


@handlers("email")
async def email(call: Call) -> Answer:
    address = call.payload["address"]
    call.authorize(address=address)
    _refuse_denied(call, Address("email", address), f"Email {address} is denylisted")
    return _send(call, "email", address)


@handlers("pulse")
async def pulse(call: Call) -> Answer:
    routing_key = call.payload["routingKey"]
    call.authorize(routingKey=routing_key)
    _refuse_denied(call, Address("pulse", routing_key), f"Pulse {routing_key} is denylisted")
    if not routing_key:
        raise internal_error()  # nothing can be published without one
    answer = _send(call, "pulse", routing_key)
    if answer.status_code == 200:
        payload = {"version": 1, "message": call.payload["message"]}
        call.state.publish("notify", "notify", {"topic": routing_key}, payload)
    return answer


@handlers("matrix")
async def matrix(call: Call) -> Answer:
    room_id = call.payload["roomId"]
    call.authorize(roomId=room_id)
    _refuse_denied(call, Address("matrix-room", room_id), f"Matrix {room_id} is denylisted")
    if not call.state.configuration.matrix:
        raise internal_error()
    return _send(call, "matrix-room", room_id)


@handlers("slack")
async def slack(call: Call) -> Answer:
    channel_id = call.payload["channelId"]
    call.authorize(channelId=channel_id)
    _refuse_denied(call, Address("slack-channel", channel_id), f"Slack {channel_id} is denylisted")
    if not call.state.configuration.slack:
        return Response(status_code=204)
    return _send(call, "slack-channel", channel_id)


def _refuse_denied(call: Call, address: Address, problem: str) -> None:
    if address in call.state.notify.denylist:
        raise APIError("DenylistedAddress", problem)


def _send(call: Call, kind: str, address: str) -> Response:
    is_new = call.state.notify.send(Notification(kind, address, call.payload))
    return ok() if is_new else Response(status_code=204)
