"""A local Taskcluster as an HTTP server."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import socket
import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from tc_core import json_date
from tc_core import scopes as tc_scopes

from ._app import App, ReceivedRequest
from ._clock import Clock
from ._faults import Faults
from ._services.auth.store import ROOT_CLIENT_ID

if TYPE_CHECKING:
    from tc_core import Credentials

__all__ = ["LocalTaskcluster", "Server", "bind"]

T = TypeVar("T")
_HOST = "127.0.0.1"


def bind(port: int = 0) -> socket.socket:
    """A socket on a port of the loopback interface, by default on a free one. Raises OSError."""
    # With the protocol left open asyncio would not know that it is TCP, and every answer that takes two
    # packets would wait for 40 ms.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            # Without this a port stays taken for a while after a server on it stopped.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((_HOST, port))
    except OSError:
        bound.close()
        raise
    return bound


class _Protocol(H11Protocol):
    """HTTP/1.1 without an access log, however logging is set up: it would show bewits."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.access_log = False


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
            h11_max_incomplete_event_size=64 * 1024,  # the app itself refuses what is too long
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)
        self._bound = bound
        self._on_started = on_started
        host, port = bound.getsockname()
        self.root_url = f"http://{host}:{port}"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()

    def serve_until_stopped(self) -> None:
        """Serve until `should_exit` is set or, in the main thread, a signal comes."""
        self.run(sockets=[self._bound])


class LocalTaskcluster:
    """A local Taskcluster in a thread of this process, on a free port of the loopback interface.

    It starts when it is entered and stops when it is left::

        with LocalTaskcluster() as tc:
            queue = Queue(tc.root_url, credentials=tc.credentials)

    Attributes:
        client_id: str, the id of a client that may do everything.
        access_token: str, its access token, another one for each instance.
    """

    def __init__(self) -> None:
        self.client_id = ROOT_CLIENT_ID
        self.access_token = secrets.token_urlsafe(33)
        self._app = App(self.access_token)
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __repr__(self) -> str:
        return f"<LocalTaskcluster {self._server.root_url if self._server else 'not running'}>"

    def __enter__(self) -> LocalTaskcluster:
        if self._server is not None:
            raise RuntimeError("this LocalTaskcluster is running already; make another")
        ready = threading.Event()

        def started() -> None:
            self._loop = asyncio.get_running_loop()
            ready.set()

        server = Server(self._app, bind(), started)

        def serve() -> None:
            try:
                server.serve_until_stopped()
            finally:
                ready.set()  # whoever waits must not wait for a server that failed to start

        self._thread = threading.Thread(target=serve, name="tc-testing", daemon=True)
        self._thread.start()
        ready.wait()
        if self._loop is None:
            raise RuntimeError("the local Taskcluster did not start; its thread has reported why")
        self._server = server
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        assert self._thread is not None
        self._server.should_exit = True
        self._thread.join()
        self._server = self._thread = self._loop = None

    @property
    def root_url(self) -> str:
        """The root URL, such as `http://127.0.0.1:35791`.

        Raises:
            RuntimeError: it is not running.
        """
        if self._server is None:
            raise RuntimeError("the local Taskcluster is not running; enter it with a `with` statement")
        return self._server.root_url

    @property
    def credentials(self) -> Credentials:
        """The credentials of the client that may do everything."""
        from tc_core import Credentials

        return Credentials(self.client_id, self.access_token)

    @property
    def environ(self) -> dict[str, str]:
        """The TASKCLUSTER_* variables with which clients find this server and may do everything.

        Raises:
            RuntimeError: it is not running.
        """
        return {
            "TASKCLUSTER_ROOT_URL": self.root_url,
            "TASKCLUSTER_CLIENT_ID": self.client_id,
            "TASKCLUSTER_ACCESS_TOKEN": self.access_token,
        }

    @property
    def clock(self) -> Clock:
        """The server's clock; after a reset there is another one."""
        return self._app.state.clock

    @property
    def faults(self) -> Faults:
        """Answers to give in place of the real ones."""
        return self._app.faults

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The last 10,000 requests since the start or a reset, in the order in which they were answered."""
        return list(self._app.requests)

    def add_client(self, client_id: str, scopes: Iterable[str]) -> str:
        """Make a client, in place of any that has this id.

        Args:
            client_id: such as `project/demo/ci`.
            scopes: the scopes that it has.

        Returns:
            Its access token.

        Raises:
            ValueError: `client_id` or one of `scopes` has characters that are not allowed there.
            TypeError: `scopes` is one str.
        """
        if isinstance(scopes, str):
            raise TypeError("scopes: is one str; pass a list of scopes")
        wanted = list(scopes)
        if not re.fullmatch(r"[A-Za-z0-9!@/:.+|_-]+", client_id):
            raise ValueError(f"client_id: {client_id!r} is no client id; use letters, digits and !@/:.+|_-")
        for scope in wanted:
            if not tc_scopes.is_valid_scope(scope):
                raise ValueError(f"scopes: {scope!r} is no scope; use printable ASCII only")
        state = self._app.state
        expires = json_date(state.clock.now() + timedelta(days=365_000))
        client = self._in_loop(lambda: state.auth.add_client(client_id, wanted, "", expires))
        return client.access_token

    def reset(self) -> None:
        """Forget everything: what was made, what was received, faults, and that the clock was moved.

        Root URL and root credentials stay as they are.
        """
        self._in_loop(self._app.reset)

    def _in_loop(self, act: Callable[[], T]) -> T:
        """Do `act` where the calls are handled, so that it meets none halfway."""
        if self._loop is None:
            return act()

        async def do() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(do(), self._loop).result()
