"""What clients and services have in common for their users: copies, low-level requests, closing."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar, Generic, NoReturn, Self, TypeVar, Unpack, cast

from ._core import AsyncCore, BaseCore, Core
from ._endpoint import NOTHING, QueryArgument
from ._options import AsyncClientOptions, AsyncSharedOptions, ClientOptions, SharedOptions
from ._request import request_call
from ._response import Response
from ._version import __version__

CoreT = TypeVar("CoreT", bound=BaseCore)


class BaseHandle(Generic[CoreT]):
    """A core, and whether closing this handle closes its connections."""

    _product: ClassVar[str] = f"tc-core/{__version__}"
    _core: CoreT
    _owner: bool
    _agent: str

    @property
    def root_url(self) -> str:
        """The deployment's root URL, without a slash at its end."""
        return self._core.session.root.url

    def _hold(self, core: CoreT, *, owner: bool) -> None:
        self._core = core
        self._owner = owner
        self._agent = core.session.user_agent(self._product)

    @classmethod
    def _of(cls, core: CoreT, *, owner: bool) -> Self:
        handle = cls.__new__(cls)
        handle._hold(core, owner=owner)
        return handle

    def __repr__(self) -> str:
        source = self._core.session.source
        # The provider itself is not shown: functools.partial and dataclasses show what they were given.
        unnamed = "credentials from a provider" if source.provider else "anonymous"
        return f"{type(self).__name__}({self.root_url!r}, {source.current or unnamed})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be pickled; make one where it is needed")


class Handle(BaseHandle[Core]):
    """The sync form."""

    @classmethod
    def from_env(cls, **options: Unpack[ClientOptions]) -> Self:
        """Read where to connect and as whom from the environment.

        With TASKCLUSTER_CLIENT_ID set: TASKCLUSTER_ROOT_URL with the credentials of the TASKCLUSTER_*
        variables; else TASKCLUSTER_PROXY_URL; else TASKCLUSTER_ROOT_URL without credentials.

        Args:
            options: see `ClientOptions`; ``credentials`` go before those of the environment.

        Raises:
            ValueError: neither URL is set, or a variable or an option is malformed.
        """
        return cls._of(Core.from_env(cast(dict[str, Any], options)), owner=True)

    def with_options(self, **changes: Unpack[SharedOptions]) -> Self:
        """Return a copy on the same connections with some options changed; closing the copy does nothing.

        Raises:
            TypeError: an option belongs to the connections, or is none.
            ValueError: an option is malformed.
        """
        return self._of(self._core.changed(cast(dict[str, Any], changes)), owner=False)

    def request(
        self,
        verb: str,
        path: str,
        *,
        query: Mapping[str, QueryArgument] | None = None,
        payload: object = NOTHING,
    ) -> Response:
        """Send a signed request, with the retries and errors of any other call.

        Args:
            verb: HTTP verb.
            path: path below the root URL, such as ``api/queue/v1/ping``, encoded as it is to be sent.
            query: parameters to add; encoded here.
            payload: JSON value to send.

        Raises:
            APIError: the answer is an error.
            TransportError: there was no complete answer.
            ValueError, TypeError: an argument is malformed; the message names it.
        """
        return self._core.execute(request_call(verb, path, query, payload), self._agent)

    def close(self) -> None:
        """Close the connections, if they are this one's own. Later calls on them are an error."""
        if self._owner:
            self._core.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncHandle(BaseHandle[AsyncCore]):
    """The form for asyncio and trio."""

    @classmethod
    def from_env(cls, **options: Unpack[AsyncClientOptions]) -> Self:
        """Read where to connect and as whom from the environment.

        With TASKCLUSTER_CLIENT_ID set: TASKCLUSTER_ROOT_URL with the credentials of the TASKCLUSTER_*
        variables; else TASKCLUSTER_PROXY_URL; else TASKCLUSTER_ROOT_URL without credentials.

        Args:
            options: see `AsyncClientOptions`; ``credentials`` go before those of the environment.

        Raises:
            ValueError: neither URL is set, or a variable or an option is malformed.
        """
        return cls._of(AsyncCore.from_env(cast(dict[str, Any], options)), owner=True)

    def with_options(self, **changes: Unpack[AsyncSharedOptions]) -> Self:
        """Return a copy on the same connections with some options changed; closing the copy does nothing.

        Raises:
            TypeError: an option belongs to the connections, or is none.
            ValueError: an option is malformed.
        """
        return self._of(self._core.changed(cast(dict[str, Any], changes)), owner=False)

    async def request(
        self,
        verb: str,
        path: str,
        *,
        query: Mapping[str, QueryArgument] | None = None,
        payload: object = NOTHING,
    ) -> Response:
        """Send a signed request, with the retries and errors of any other call.

        Args:
            verb: HTTP verb.
            path: path below the root URL, such as ``api/queue/v1/ping``, encoded as it is to be sent.
            query: parameters to add; encoded here.
            payload: JSON value to send.

        Raises:
            APIError: the answer is an error.
            TransportError: there was no complete answer.
            ValueError, TypeError: an argument is malformed; the message names it.
        """
        return await self._core.execute(request_call(verb, path, query, payload), self._agent)

    async def aclose(self) -> None:
        """Close the connections, if they are this one's own. Later calls on them are an error."""
        if self._owner:
            await self._core.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
