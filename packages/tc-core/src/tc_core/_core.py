"""What a client, its copies and the services on it share: a session and connections."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from ._credentials import Credentials
from ._endpoint import Call
from ._environment import Environment
from ._forks import Lock, Turn
from ._options import AsyncClientOptions, ClientOptions, Options, PoolOptions, check_options
from ._response import Response
from ._session import RootUrl, Session
from ._source import CredentialSource

if TYPE_CHECKING:
    import httpx

    from ._drivers.asynchronous.driver import AsyncDriver
    from ._drivers.sync.driver import Driver
    from ._transfers.steps import Transfer
    from ._transfers.terms import Terms

T = TypeVar("T")


class Connections:
    """The connections of a client and of all its copies. httpx is loaded with the first call."""

    def __init__(self, root: RootUrl, options: dict[str, Any], transport: Any) -> None:
        self._lock = Lock()
        self._driver: Any = None
        self._closed = False
        self._settings = {
            "origin": root.origin,
            "scheme": root.url.split(":", 1)[0].lower(),
            "host": root.host,
            "port": root.port,
            "max_connections": positive("max_connections", options.get("max_connections", 100)),
            "ssl_context": options.get("ssl_context"),
            "transport": transport,
        }

    def sync_driver(self) -> Driver:
        """Return the driver for threads."""
        if self._driver is None:
            from ._drivers.sync.driver import Driver

            return cast("Driver", self._open(Driver))
        return cast("Driver", self._driver)

    def async_driver(self) -> AsyncDriver:
        """Return the driver for asyncio and trio."""
        if self._driver is None:
            from ._drivers.asynchronous.driver import AsyncDriver

            return cast("AsyncDriver", self._open(AsyncDriver))
        return cast("AsyncDriver", self._driver)

    def close(self) -> Any:
        """Refuse further calls, and return what is to be closed, if anything: the driver, or a transport never used."""
        with self._lock.mutex:
            closing = None if self._closed else self._driver or self._settings["transport"]
            self._closed = True
            self._driver = None
        return closing

    def _open(self, make: Any) -> Any:
        with self._lock.mutex:
            if self._closed:
                raise RuntimeError("this client is closed; make a new one, or close it after its last call")
            if self._driver is None:
                self._driver = make(**self._settings)
            return self._driver


class BaseCore:
    """Session and connections; sync and async differ in the driver and in the lock around a provider."""

    session: Session
    connections: Connections

    _sends_by: ClassVar[str]
    """The method of httpx transports that the driver calls."""

    @classmethod
    def build(cls, root_url: str, options: dict[str, Any]) -> Self:
        """Check a user's options and make a core of them. Nothing is connected yet."""
        check_options(cls._known_options(), options)
        rest = dict(options)
        pool = {name: rest.pop(name) for name in PoolOptions.__annotations__ if name in rest}
        transport = rest.pop("transport", None)
        _check_connections(pool.get("ssl_context"), transport, cls._sends_by)
        credentials = rest.pop("credentials", None)
        root = RootUrl(root_url)
        checked = Options(**rest)
        source = CredentialSource(credentials, clock=checked.clock, lock=cls._new_lock())
        core = cls()
        core.session = Session(root, checked, source)
        core.connections = Connections(root, pool, transport)
        return core

    @classmethod
    def from_env(cls, options: dict[str, Any]) -> Self:
        """Make a core as the TASKCLUSTER_* variables say; what is in ``options`` goes before these."""
        env = Environment()
        root_url = env.get("TASKCLUSTER_ROOT_URL")
        if "credentials" not in options:
            if env.get("TASKCLUSTER_CLIENT_ID"):
                root_url = env.require("TASKCLUSTER_ROOT_URL")
                options = options | {"credentials": Credentials.from_env()}
            else:
                root_url = env.get("TASKCLUSTER_PROXY_URL") or root_url
        if not root_url:
            raise ValueError(
                "no deployment is named in the environment: set TASKCLUSTER_ROOT_URL, and for signed calls "
                "TASKCLUSTER_CLIENT_ID and TASKCLUSTER_ACCESS_TOKEN, or TASKCLUSTER_PROXY_URL inside a task"
            )
        return cls.build(root_url, options)

    def changed(self, changes: dict[str, Any]) -> Self:
        """Return a core on the same connections with some options replaced."""
        check_options(self._known_options(), changes)
        session = self.session
        changes = dict(changes)
        source = session.source
        if "credentials" in changes:
            clock = changes.get("clock", session.options.clock)
            source = CredentialSource(changes.pop("credentials"), clock=clock, lock=self._new_lock())
        core = type(self)()
        core.session = Session(session.root, session.options.changed(changes), source)
        core.connections = self.connections
        return core

    @staticmethod
    def _known_options() -> type:
        raise NotImplementedError

    @staticmethod
    def _new_lock() -> Any:
        raise NotImplementedError


class Core(BaseCore):
    """The core of sync clients."""

    _sends_by = "handle_request"

    def execute(self, call: Call, agent: str) -> Response:
        """Make a call to its end."""
        driver = self.connections.sync_driver()
        from ._flow import call_flow

        return driver.run(call_flow(call, self.session, agent))

    def transfer(self, begin: Callable[[Terms], Transfer[T]], agent: str) -> T:
        """Make a transfer to its end."""
        driver = self.connections.sync_driver()
        from ._drivers.sync.transfers import Transfers
        from ._transfers.terms import Terms

        return Transfers(driver).run(begin(Terms(self.session, agent)))

    def credentials(self) -> Credentials | None:
        """Return what to sign with now."""
        source, options = self.session.source, self.session.options
        if not source.due(options.clock()):
            return source.current
        driver = self.connections.sync_driver()
        from ._flow import Authorize

        return driver.credentials(Authorize(self.session, None, options.deadline))

    def close(self) -> None:
        """Close the connections."""
        closing: Driver | httpx.BaseTransport | None = self.connections.close()
        if closing is not None:
            closing.close()

    @staticmethod
    def _known_options() -> type:
        return ClientOptions

    @staticmethod
    def _new_lock() -> Any:
        return Turn()


class AsyncCore(BaseCore):
    """The core of async clients."""

    _sends_by = "handle_async_request"

    async def execute(self, call: Call, agent: str) -> Response:
        """Make a call to its end."""
        driver = self.connections.async_driver()
        from ._flow import call_flow

        return await driver.run(call_flow(call, self.session, agent))

    async def transfer(self, begin: Callable[[Terms], Transfer[T]], agent: str) -> T:
        """Make a transfer to its end."""
        driver = self.connections.async_driver()
        from ._drivers.asynchronous.transfers import AsyncTransfers
        from ._transfers.terms import Terms

        return await AsyncTransfers(driver).run(begin(Terms(self.session, agent)))

    async def credentials(self) -> Credentials | None:
        """Return what to sign with now."""
        source, options = self.session.source, self.session.options
        if not source.due(options.clock()):
            return source.current
        driver = self.connections.async_driver()
        from ._flow import Authorize

        return await driver.credentials(Authorize(self.session, None, options.deadline))

    async def aclose(self) -> None:
        """Close the connections."""
        closing: AsyncDriver | httpx.AsyncBaseTransport | None = self.connections.close()
        if closing is not None:
            await closing.aclose()

    @staticmethod
    def _known_options() -> type:
        return AsyncClientOptions

    @staticmethod
    def _new_lock() -> Any:
        # The driver makes one when it is inside an event loop.
        return None


def _check_connections(ssl_context: object, transport: object, method: str) -> None:
    if ssl_context is not None:
        import ssl

        if not isinstance(ssl_context, ssl.SSLContext):
            raise TypeError(f"ssl_context: {type(ssl_context).__name__}; pass an ssl.SSLContext")
    if transport is not None and not hasattr(transport, method):
        raise TypeError(f"transport: {type(transport).__name__}; pass an httpx transport that has {method}")


def positive(name: str, value: object) -> int:
    """Return a value that is a positive whole number; an error for any other names the argument."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: {type(value).__name__}; pass a whole number")
    if value < 1:
        raise ValueError(f"{name}: is {value}; must be at least 1")
    return value
