"""All that one local Taskcluster remembers."""

from __future__ import annotations

import time

from ._clock import Clock
from ._hawk import Authenticator
from ._services.auth.store import AuthStore
from ._services.index.store import IndexStore
from ._services.queue.store import QueueStore
from ._services.secrets.store import SecretStore

__all__ = ["State"]


class State:
    """The memory of the services, each with a store of its own, and the clock that they share.

    Arguments: root_token, the access token of the client that may do everything.
    """

    def __init__(self, root_token: str) -> None:
        self._started = time.monotonic()
        self.clock = Clock()
        self.auth = AuthStore(self.clock, root_token)
        self.index = IndexStore(self.clock)
        self.queue = QueueStore(self.clock)
        self.secrets = SecretStore(self.clock)
        self.authenticator = Authenticator(
            self.auth.issuer, self.auth.expand, wall_time=time.time, time=self.clock.time
        )

    @property
    def uptime(self) -> float:
        """Seconds since this memory began."""
        return time.monotonic() - self._started
