"""What a user may set on a client, checked once and then frozen."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypedDict

from ._credentials import Credentials, check_scopes
from ._frozen import Frozen
from ._retry import Retry
from .types import Array

if TYPE_CHECKING:
    import ssl

    import httpx

Provider = Callable[[], Credentials]
AsyncProvider = Callable[[], Credentials | Awaitable[Credentials]]

_DEFAULT_RETRY = Retry()

MAX_SECONDS = 1e9
"""Longest time that may be asked for: not much beyond, sockets refuse it."""

_HEADER_TEXT = r"[!-~](?:[ -~]*[!-~])?"


class CallOptions(TypedDict, total=False):
    """Options that `with_options` may change, for sync and async clients alike.

    Attributes:
        authorized_scopes: scopes to which calls limit themselves; an empty list leaves those that everybody has.
        retry: when to try again.
        timeout: seconds for connecting, and for each read and write.
        deadline: seconds for a whole call with its retries; None for no bound. Two things can make a call
            overrun it: the operating system looking up a host name, if it is a sync call, and a credentials
            provider that is a plain function.
        user_agent: text added to the User-Agent, such as ``my-pipeline/2.1``.
        trace_id: sent as ``x-taskcluster-trace-id``.
        clock: gives the seconds since 1970; signing and expiry read it.
    """

    authorized_scopes: Array[str] | None
    retry: Retry
    timeout: float
    deadline: float | None
    user_agent: str | None
    trace_id: str | None
    clock: Callable[[], float]


class SharedOptions(CallOptions, total=False):
    """`CallOptions`, and ``credentials``: fixed ones, None for none, or a callable that gives current ones."""

    credentials: Credentials | Provider | None


class AsyncSharedOptions(CallOptions, total=False):
    """`CallOptions`, and ``credentials``: fixed ones, None, or a sync or async callable that gives current ones."""

    credentials: Credentials | AsyncProvider | None


class PoolOptions(TypedDict, total=False):
    """Options that belong to the connections, and are therefore set only when a client is made.

    Attributes:
        max_connections: most connections that are open at once; calls beyond wait.
        ssl_context: for another CA or a client certificate; default is one context for the process, made from
            SSL_CERT_FILE, SSL_CERT_DIR or certifi.
    """

    max_connections: int
    ssl_context: ssl.SSLContext | None


class ClientOptions(SharedOptions, PoolOptions, total=False):
    """All options of a sync client; ``transport`` is an httpx transport to use instead of the built-in pool."""

    transport: httpx.BaseTransport | None


class AsyncClientOptions(AsyncSharedOptions, PoolOptions, total=False):
    """All options of an async client; ``transport`` is an httpx transport to use instead of the built-in pool."""

    transport: httpx.AsyncBaseTransport | None


class Options(Frozen):
    """The checked form of `CallOptions`. Credentials are kept apart, since they may renew."""

    __slots__ = ("authorized_scopes", "clock", "deadline", "retry", "timeout", "trace_id", "user_agent")

    authorized_scopes: tuple[str, ...] | None
    retry: Retry
    timeout: float
    deadline: float | None
    user_agent: str | None
    trace_id: str | None
    clock: Callable[[], float]

    def __init__(
        self,
        *,
        authorized_scopes: Array[str] | None = None,
        retry: Retry = _DEFAULT_RETRY,
        timeout: float = 30.0,
        deadline: float | None = None,
        user_agent: str | None = None,
        trace_id: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if authorized_scopes is not None:
            authorized_scopes = check_scopes("authorized_scopes", authorized_scopes)
        if not isinstance(retry, Retry):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"retry: {type(retry).__name__}; pass tc_core.Retry(...)")
        check_seconds("timeout", timeout)
        if deadline is not None:
            check_seconds("deadline", deadline)
        _check_header("user_agent", user_agent)
        _check_header("trace_id", trace_id)
        if not callable(clock):
            raise TypeError(f"clock: {type(clock).__name__}; pass a callable such as time.time")
        self._set(
            authorized_scopes=authorized_scopes,
            retry=retry,
            timeout=timeout,
            deadline=deadline,
            user_agent=user_agent,
            trace_id=trace_id,
            clock=clock,
        )

    def changed(self, changes: dict[str, Any]) -> Options:
        """Return a copy with some options replaced.

        Raises:
            TypeError: an option is not known here.
        """
        unknown = changes.keys() - set(self.__slots__)
        if unknown:
            raise TypeError(f"{min(unknown)}: cannot be changed on a copy; set it when the client is made")
        return self.replace(**changes)


def check_options(known: type, options: dict[str, Any]) -> None:
    """Raise TypeError for a keyword that is no option."""
    unknown = options.keys() - known.__annotations__.keys()
    if unknown:
        raise TypeError(f"{min(unknown)}: is no option; known are {', '.join(sorted(known.__annotations__))}")


def check_seconds(name: str, value: object) -> None:
    """Raise an error that names the argument unless it is a positive number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name}: {type(value).__name__}; pass a number of seconds")
    if not 0 < value < math.inf:
        raise ValueError(f"{name}: is {value}; must be a positive number of seconds")
    if value > MAX_SECONDS:
        raise ValueError(f"{name}: is {value}; must be at most {MAX_SECONDS:g} seconds")


def _check_header(name: str, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise TypeError(f"{name}: {type(value).__name__}; pass a str")
    if not re.fullmatch(_HEADER_TEXT, value):
        raise ValueError(f"{name}: must be printable ASCII, not empty, without a space at either end")
