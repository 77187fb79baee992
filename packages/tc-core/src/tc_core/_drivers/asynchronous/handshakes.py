"""Connecting by TLS in such a way that no socket is left open when it is given up in the middle."""

from __future__ import annotations

from typing import Any

import anyio
import httpx


class SecureTransport(httpx.AsyncHTTPTransport):
    """The transport of httpx, but for a fault: cancelled inside a TLS handshake, it forgets to close the socket.

    An event loop that watches the socket would keep it for as long as the loop lives.
    """

    _kept: Any = None
    """The network stream of the latest answer."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._kept is None or _is_dead(self._kept):
            answer = await self._connect(request)
            self._kept = answer.extensions.get("network_stream")
            return answer
        return await super().handle_async_request(request)

    async def _connect(self, request: httpx.Request) -> httpx.Response:
        # Only here, since being told of all that happens costs a quarter of a call's time.
        watch = _Watch()
        request.extensions["trace"] = watch
        try:
            return await super().handle_async_request(request)
        except BaseException:
            if watch.stream is not None:
                with anyio.CancelScope(shield=True):
                    await watch.stream.aclose()
            raise


def _is_dead(stream: Any) -> bool:
    try:
        # A kept connection can be read from only when it has ended, so that another will take its place.
        return bool(stream.get_extra_info("is_readable"))
    except ValueError:  # what trio says of a socket that is closed already
        return True


class _Watch:
    """Learns, by the trace extension of httpx, of the stream that a handshake begins on."""

    stream: Any = None

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            self.stream = info["return_value"]
