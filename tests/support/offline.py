"""Proof that code runs without a network: the interpreter itself reports each socket."""

from __future__ import annotations

import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any

_attempts: list[str] | None = None


@contextmanager
def offline() -> Generator[list[str]]:
    """Fail each attempt to make an internet socket or to look up a name, with OSError; give the list of them.

    To be entered inside an event loop, which has sockets of its own for waking up.
    """
    global _attempts
    _install()
    _attempts = []
    try:
        yield _attempts
    finally:
        _attempts = None


@cache
def _install() -> None:
    # An audit hook, so that whatever library reaches for the network is seen. It stays for good.
    sys.addaudithook(_watch)


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if _attempts is None or not event.startswith("socket."):
        return
    made = event == "socket.__new__" and args[1] in (socket.AF_INET, socket.AF_INET6)
    if made or event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        _attempts.append(event)
        raise OSError(f"{event} while offline")
