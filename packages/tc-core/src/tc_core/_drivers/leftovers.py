"""What came with an answer and is no part of it: httpcore would take it for the beginning of the next answer."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

import httpx


def give_up_leftovers(answer: httpx.Response) -> None:
    """Hang up if more came with an answer, which has been read to its end: its connection is then replaced."""
    if _leftovers(answer):
        with suppress(OSError), _copy_of_socket(answer) as copy:
            copy.shutdown(socket.SHUT_RDWR)


def _leftovers(answer: httpx.Response) -> bytes:
    # No public interface shows them. Where the private ones that lead there are gone, a test says so.
    try:
        stream: Any = answer.stream
        body = stream._httpcore_stream
        connection = getattr(body, "_stream", body)._connection  # a pool wraps the stream of its connection
        data: bytes = connection._h11_state.trailing_data[0]
    except AttributeError:  # of another transport, or in replay
        return b""
    return data


def _copy_of_socket(answer: httpx.Response) -> socket.socket:
    # Of asyncio, trio or another loop, it can do less than a socket of its own, or nothing without waiting.
    original = answer.extensions["network_stream"].get_extra_info("socket")
    return socket.fromfd(original.fileno(), socket.AF_INET, socket.SOCK_STREAM)
