"""A connection of the server, on which a request or the response to it may meet a fault below HTTP."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from ._http1 import Message
from ._relay import Fault, altered, cut_of

__all__ = ["Connection"]


class Connection:
    """A transport as the HTTP server uses it, but for what is to go wrong on it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._response = Message()
        self._fault: Fault | None = None
        self._is_silent = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def plan(self, verb: str, fault: Fault) -> None:
        """Have the response to the current request, which is of this verb, meet a fault."""
        request = Message()
        request.verb = verb.encode()
        self._response, self._fault = Message(request), fault

    def reset(self) -> None:
        """Reset the connection, as a peer that crashed does; what is still on its way may get lost."""
        self._is_silent = True
        connected: socket.socket = self._transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def write(self, data: bytes) -> None:
        """Send what the server has to say, up to the fault; from there on what the fault makes of it."""
        if self._is_silent:
            return
        if self._fault is None:
            self._transport.write(data)
            return
        part, rest = self._response.split(data)
        cut = cut_of(self._fault, self._response, part)
        if cut is None:
            self._transport.write(data)
        else:
            self._transport.write(part[:cut])
            self._make(self._fault, part[cut:] + rest)
        if cut is not None or self._response.ended:
            self._fault = None

    def _make(self, fault: Fault, rest: bytes) -> None:
        match fault.action:
            case "reset":
                self.reset()
            case "hang up":
                self._is_silent = True
                self._transport.close()
            case "stall":
                self._is_silent = True
            case _:
                self._transport.write(altered(fault, rest))
