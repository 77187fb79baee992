"""The methods that every service has."""

from __future__ import annotations

from .._calls import Answer, Call, Handlers
from .._version import __version__

__all__ = ["handlers"]

handlers = Handlers()


@handlers("ping")
async def ping(call: Call) -> Answer:
    return {"alive": True, "uptime": call.state.uptime}


@handlers("version")
async def version(call: Call) -> Answer:
    return {"version": __version__, "commit": "", "source": "", "build": ""}


@handlers("lbheartbeat")
@handlers("heartbeat")
async def heartbeat(call: Call) -> Answer:
    return {}
