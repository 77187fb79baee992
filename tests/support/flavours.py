"""One test body for sync clients, asyncio and trio, and for asyncio with the aiohttp extra.

The body is written for the async flavour. Under ``sync`` its awaits lead to the sync client in the same thread,
and nothing ever suspends::

    @every_flavour
    async def test_that(flavour: Flavour) -> None:
        async with flavour.make(Queue, AsyncQueue, url) as queue:
            assert await queue.ping() == {}
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Literal, ParamSpec, Self, TypeVar, cast

import anyio
import anyio.to_thread
import pytest

from tc_core.aiohttp import AiohttpTransport

P = ParamSpec("P")
T = TypeVar("T")
AsyncT = TypeVar("AsyncT")


class Flavour:
    """Where a test body runs."""

    def __init__(self, name: Literal["sync", "asyncio", "trio", "aiohttp"]) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name

    @property
    def sync(self) -> bool:
        return self.name == "sync"

    def run(self, body: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine function to its end."""
        if self.sync:
            return _drive(body())
        return anyio.run(body, backend="trio" if self.name == "trio" else "asyncio")

    def make(
        self, sync: Callable[..., Any], asynchronous: Callable[..., AsyncT], *args: Any, **options: Any
    ) -> AsyncT:
        """Make a client or a service of this flavour; it has the async one's methods either way.

        ``sync`` and ``asynchronous`` are the two classes, or a class method of each such as ``from_env``.
        """
        if not self.sync:
            # What is made from a client has the connections of that.
            if (
                self.name == "aiohttp"
                and "transport" not in options
                and (not args or isinstance(args[0], str))
            ):
                options = _on_aiohttp(options)
            return asynchronous(*args, **options)
        plain = [arg.target if isinstance(arg, Facade) else arg for arg in args]
        model = cast(type, getattr(asynchronous, "__self__", asynchronous))
        return cast(AsyncT, Facade(sync(*plain, **options), model))

    async def together(self, *functions: Callable[[], Awaitable[T]]) -> list[T]:
        """Run functions at the same time, in threads or tasks; return their results or raise the first error."""
        if self.sync:
            with ThreadPoolExecutor(len(functions)) as threads:
                futures = [threads.submit(_drive_call, function) for function in functions]
                return [future.result() for future in futures]
        outcomes = await _in_tasks(functions)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        return cast(list[T], outcomes)

    async def wait(self, function: Callable[[], T]) -> T:
        """Call a function that blocks, without holding up other tasks."""
        return function() if self.sync else await anyio.to_thread.run_sync(function)


SYNC, ASYNCIO, TRIO, AIOHTTP = Flavour("sync"), Flavour("asyncio"), Flavour("trio"), Flavour("aiohttp")


def every_flavour(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run an async test, which has a parameter ``flavour``, as sync, in asyncio, in trio and on aiohttp."""
    return _in([SYNC, ASYNCIO, TRIO, AIOHTTP], test)


def every_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run an async test, which has a parameter ``flavour``, in asyncio, in trio and on aiohttp."""
    return _in([ASYNCIO, TRIO, AIOHTTP], test)


class Facade:
    """A sync object with the methods of its async counterpart."""

    def __init__(self, target: Any, model: type) -> None:
        self.target = target
        self._model = model

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.target, "close" if name == "aclose" else name)
        if not callable(value):
            return value
        function = cast(Callable[..., Any], value)
        if not inspect.iscoroutinefunction(inspect.unwrap(getattr(self._model, name))):
            return self._converting(function)

        async def call(*args: Any, **options: Any) -> Any:
            return function(*args, **options)

        return call

    def __repr__(self) -> str:
        return repr(self.target)

    async def __aenter__(self) -> Self:
        self.target.__enter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.target.__exit__(kind, error, trace)

    def _converting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            value = function(*args, **options)
            if isinstance(value, type(self.target)):
                return Facade(value, self._model)
            return _iterate(value) if hasattr(value, "__next__") else value

        return call


def _on_aiohttp(options: dict[str, Any]) -> dict[str, Any]:
    """Give the options that belong to the connections to a transport on aiohttp."""
    own = {name: options[name] for name in ("max_connections", "ssl_context") if name in options}
    return {"transport": AiohttpTransport(**own)} | {
        name: options[name] for name in options.keys() - own.keys()
    }


async def _iterate(values: Iterator[T]) -> AsyncIterator[T]:
    for value in values:
        yield value


async def _in_tasks(functions: tuple[Callable[[], Awaitable[T]], ...]) -> list[T | Exception]:
    outcomes: dict[int, T | Exception] = {}

    async def run(index: int) -> None:
        try:
            outcomes[index] = await functions[index]()
        except Exception as error:
            outcomes[index] = error

    async with anyio.create_task_group() as group:
        for index in range(len(functions)):
            group.start_soon(run, index)
    return [outcomes[index] for index in range(len(functions))]


def _drive_call(function: Callable[[], Awaitable[T]]) -> T:
    return _drive(function())


def _drive(awaitable: Awaitable[T]) -> T:
    """Run what never suspends."""
    steps = awaitable.__await__()
    try:
        next(steps)
    except StopIteration as end:
        return cast(T, end.value)
    raise AssertionError("a test body for the sync flavour waited for an event loop")


def _in(flavours: list[Flavour], test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    @functools.wraps(test)
    def in_flavour(*args: P.args, **kwargs: P.kwargs) -> None:
        flavour = cast(Flavour, kwargs["flavour"])
        flavour.run(lambda: test(*args, **kwargs))

    mark = pytest.mark.parametrize("flavour", flavours, ids=[flavour.name for flavour in flavours])
    return cast(Callable[P, None], mark(in_flavour))
