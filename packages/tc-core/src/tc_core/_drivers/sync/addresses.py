"""Connecting to a host that may have several addresses."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, TypeVar

import httpcore

T = TypeVar("T")


def at_first_address(host: bytes | str, port: int, connect: Callable[[int, Any], T]) -> T:
    """Return what ``connect``, given a family and an address of the socket module, returns for the first that answers.

    One by one, since each may take as long as it is given.

    Raises:
        httpcore.ConnectError: there is no address.
        httpcore.ConnectTimeout, httpcore.ConnectError: as the last was tried.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    failure: Exception = httpcore.ConnectError("the host has no address")
    for family, _, _, _, address in found:
        try:
            return connect(family, address)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            failure = error
    raise failure
