"""A local Taskcluster in a thread of this process, and all that a test may ask of it."""

from __future__ import annotations

import asyncio
import re
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar, Unpack

from tc_core import json_date
from tc_core import scopes as tc_scopes

from ._app import App, ReceivedRequest
from ._clock import Clock
from ._configuration import ConfigurationOptions
from ._faults import Faults
from ._messages import Message
from ._relay import Fault, Relay
from ._server import Server, bind
from ._services.auth.store import ROOT_CLIENT_ID
from ._services.notify.store import Notification
from ._settling import settle

if TYPE_CHECKING:
    from tc_core import Credentials

__all__ = ["LocalTaskcluster"]

T = TypeVar("T")


class LocalTaskcluster:
    """A local Taskcluster in a thread of this process, on a free port of the loopback interface.

    It starts when it is entered and stops when it is left::

        with LocalTaskcluster() as tc:
            queue = Queue(tc.root_url, credentials=tc.credentials)

    Args:
        port: int, to listen on; by default a free one.

    Attributes:
        client_id: str, the id of a client that may do everything.
        access_token: str, its access token, another one for each instance.

    Entering raises OSError if the port is in use.
    """

    def __init__(self, *, port: int = 0) -> None:
        if not 0 <= port <= 65535:
            raise ValueError(f"port: {port} is none; pass one from 0 to 65535")
        self._port = port
        self._made = count(1)
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

        server = Server(self._app, bind(self._port), started)

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
        """What is to go wrong with the calls of single methods."""
        return self._app.faults

    @property
    def messages(self) -> list[Message]:
        """The last 10,000 messages that the services published since the start or a reset, oldest first."""

        def settled() -> list[Message]:
            settle(self._app.state)  # what the clock brought about is told of as well
            return self._app.state.messages.all()

        return self._in_loop(settled)

    @property
    def notifications(self) -> list[Notification]:
        """The last 10,000 notifications that were sent since the start or a reset, oldest first."""
        return self._in_loop(lambda: list(self._app.state.notify.notifications))

    def configure(self, **accounts: Unpack[ConfigurationOptions]) -> None:
        """Set outside services up, so that the methods that need them answer stand-ins; until a reset.

        Args:
            accounts: attributes of `Configuration`; those left out stay as they are.
        """
        state = self._app.state
        state.configuration = replace(state.configuration, **accounts)

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The last 10,000 requests since the start or a reset, in the order in which they were answered."""
        return list(self._app.requests)

    def credentials_with(self, *scopes: str) -> Credentials:
        """The credentials of a new client that has these scopes and, as all have, those of anonymous callers.

        Raises:
            ValueError: one of `scopes` has characters that are not allowed there.
        """
        from tc_core import Credentials

        client_id = f"tc-testing/{next(self._made)}"
        return Credentials(client_id, self.add_client(client_id, scopes))

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

    def relay(self, *faults: Fault) -> Relay:
        """A relay in front of this server, to be entered, with a URL that clients use in place of `root_url`.

        It makes faults below HTTP whatever is called, counts connections, and may refuse them; for those of single
        methods there is `faults`. Those given here come in this order, one a request, then those given to its
        `plan`; in between all passes through::

            with tc.relay(Fault.reset("headers")) as relay:
                queue = Queue(relay.url, credentials=tc.credentials)

        Raises:
            RuntimeError: the server is not running.
        """
        return Relay(self.root_url, faults)

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
