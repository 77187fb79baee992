"""Waking calls that wait for something to change."""

from __future__ import annotations

import asyncio
from contextlib import suppress

__all__ = ["Bell"]


class Bell:
    """Calls wait for it in the server's event loop; anyone may ring it, from any thread."""

    def __init__(self) -> None:
        self.rings = 0  # so far; to be noted before one looks whether there is something to wait for
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    @property
    def listeners(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def ring(self) -> None:
        """Wake all that wait."""
        self.rings += 1
        for loop, event in list(self._waiting):
            with suppress(RuntimeError):  # the loop was closed, and nobody waits there any more
                loop.call_soon_threadsafe(event.set)

    async def wait(self, rings: int, seconds: float) -> None:
        """Return once it has rung more often than `rings` times, or after so many seconds."""
        event = asyncio.Event()
        waiting = (asyncio.get_running_loop(), event)
        self._waiting.add(waiting)
        try:
            # Only now: a ring before it was among those that wait would not have reached it.
            if self.rings == rings:
                async with asyncio.timeout(seconds):
                    await event.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting.discard(waiting)
