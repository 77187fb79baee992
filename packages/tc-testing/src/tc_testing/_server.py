"""The HTTP server that an app runs in, and the port that it listens on."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ._app import App
from ._connection import Connection

__all__ = ["Server", "bind"]

_HOST = "127.0.0.1"


def bind(port: int = 0) -> socket.socket:
    """A socket on a port of the loopback interface, by default on a free one.

    Raises OSError, with a text that says which port it is about.
    """
    # With the protocol left open asyncio would not know that it is TCP, and every answer that takes two
    # packets would wait for 40 ms.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            # Without this a port stays taken for a while after a server on it stopped.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((_HOST, port))
        # Two sockets may be bound to one port as long as none of them listens.
        bound.listen()
    except OSError as error:
        bound.close()
        taken = error.errno == errno.EADDRINUSE
        problem = "is in use" if taken else f"cannot be used: {os.strerror(error.errno or 0)}"
        raise OSError(error.errno, f"port {port} {problem}") from None
    return bound


class _Protocol(H11Protocol):
    """HTTP/1.1 without an access log, however logging is set up: it would show bewits.

    The app finds the `Connection` in the `state` of a request's scope.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.access_log = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        connection: Any = Connection(transport)
        self.app_state = {"connection": connection}
        super().connection_made(connection)


class Server(uvicorn.Server):
    """The HTTP server for an app on a socket; `on_started` is called in its event loop once it answers."""

    def __init__(self, app: App, bound: socket.socket, on_started: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,
            http=_Protocol,
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            server_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=64 * 1024,  # the app itself refuses what is too long
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)
        self._app = app
        self._bound = bound
        self._on_started = on_started
        host, port = bound.getsockname()
        self.root_url = f"http://{host}:{port}"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._app.state.open()
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.close()  # a call that waits for work would keep the server from stopping
        await super().shutdown(sockets)

    def serve_until_stopped(self) -> None:
        """Serve until `should_exit` is set or, in the main thread, a signal comes."""
        self.run(sockets=[self._bound])
