"""One set of connections and options for several services."""

from __future__ import annotations

from typing import Any, Unpack, cast

from ._core import AsyncCore, Core
from ._handle import AsyncHandle, Handle
from ._options import AsyncClientOptions, ClientOptions


class Client(Handle):
    """One set of connections and options for the services of a deployment.

    Safe to use from several threads. Services made from it, as in ``Queue(client)``, share it and never close
    it. Leaving the ``with`` block, or `close`, closes its connections.

    Args:
        root_url: the deployment's root URL, such as ``https://tc.example.com``.
        options: see `ClientOptions`.

    Raises:
        ValueError, TypeError: an argument is malformed; the message names it.
    """

    def __init__(self, root_url: str, **options: Unpack[ClientOptions]) -> None:
        self._hold(Core.build(root_url, cast(dict[str, Any], options)), owner=True)


class AsyncClient(AsyncHandle):
    """`Client` for asyncio and trio: the same arguments, errors and behaviour, with calls awaited.

    Args:
        root_url: the deployment's root URL, such as ``https://tc.example.com``.
        options: see `AsyncClientOptions`.

    Raises:
        ValueError, TypeError: an argument is malformed; the message names it.
    """

    def __init__(self, root_url: str, **options: Unpack[AsyncClientOptions]) -> None:
        self._hold(AsyncCore.build(root_url, cast(dict[str, Any], options)), owner=True)
