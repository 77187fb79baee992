"""What is done when an event loop ends."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable


async def at_end(close: Callable[[], Awaitable[object]]) -> AsyncGenerator[None]:
    """Await ``close()`` when the loop ends in which this was begun by `anext`, or before that by ``aclose()``.

    asyncio and trio close the generators that are suspended in a loop when it ends (PEP 525).
    """
    try:
        yield
    finally:
        await close()
