"""httpx's transports for threads, each on a single connection instead of a pool.

httpx's pool looks through all its connections and requests at each step, and takes locks for it.
"""

from __future__ import annotations

import ssl
from typing import Any

import httpx

from ..network import proxy_to
from ..transports import context_for, has_leftovers, httpcore_origin, through
from .connections import Connection
from .deadlines import bound_by_deadlines


class OneConnection(httpx.HTTPTransport):
    """A transport on one connection. `handle_request` is httpx's own: tools that record calls replace it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        # The constructor of httpx would make a pool here.
        self._pool: Any = connection


Transport = OneConnection | httpx.HTTPTransport


def new_transport(scheme: str, host: str, port: int, context: ssl.SSLContext | None) -> Transport:
    """Make a transport that holds one connection; on the way through a proxy, httpx's own."""
    if proxy := proxy_to(scheme, host, port):
        return bound_by_deadlines(httpx.HTTPTransport(**through(proxy, context)))
    return OneConnection(Connection(httpcore_origin(scheme, host, port), context_for(scheme, context)))


def reusable(transport: Transport) -> bool:
    """Tell whether a transport that was kept is good for another request."""
    if isinstance(transport, OneConnection):
        return transport.connection.reusable
    return not has_leftovers(transport)  # what has ended, httpx's pool replaces by itself


def give_up(transport: httpx.BaseTransport) -> None:
    """Wake a thread that waits for an answer, by an error. Other transports than ours wait on."""
    if isinstance(transport, OneConnection):
        transport.connection.give_up()
