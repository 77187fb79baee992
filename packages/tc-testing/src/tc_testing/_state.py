"""All that one local Taskcluster remembers."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ._agenda import Agenda
from ._certificates import Issuer
from ._clock import Clock
from ._configuration import Configuration
from ._hawk import Authenticator
from ._messages import Messages
from ._service_clients import ServiceClients
from ._services.auth.store import AuthStore
from ._services.github.store import GithubStore
from ._services.hooks import bindings
from ._services.hooks.store import HookStore
from ._services.index.store import IndexStore
from ._services.notify.store import NotifyStore
from ._services.object.buckets import Buckets
from ._services.object.store import ObjectStore
from ._services.purge_cache.store import PurgeCacheStore
from ._services.queue.routes import index_routes
from ._services.queue.store import QueueStore
from ._services.secrets.store import SecretStore
from ._services.worker_manager.store import WorkerManagerStore

__all__ = ["State"]


class State:
    """The memory of the services, each with a store of its own, and what they share.

    Arguments: root_token, the access token of the client that may do everything.

    Attributes: clock, the time of all services; agenda, what will happen by itself; configuration, the outside
    services they are set up for; messages, what they published; service_clients, the clients as which they act
    themselves.
    """

    def __init__(self, root_token: str) -> None:
        self._started = time.monotonic()
        self.clock = Clock()
        self.agenda = Agenda(self.clock)
        self.configuration = Configuration()
        self.messages = Messages()
        self.auth = AuthStore(self.clock, self.agenda, root_token)
        self.service_clients = ServiceClients(self.clock)
        self.github = GithubStore()
        self.hooks = HookStore()
        self.index = IndexStore(self.clock)
        self.notify = NotifyStore()
        self.object = ObjectStore(self.clock)
        self.buckets = Buckets(self.clock, self.agenda)
        self.purge_cache = PurgeCacheStore(self.clock)
        self.queue = QueueStore(
            self.clock,
            self.agenda,
            partial(self.publish, "queue"),
            on_completed=partial(index_routes, self.index),
        )
        self.secrets = SecretStore(self.clock)
        self.worker_manager = WorkerManagerStore(
            self.clock, partial(self.publish, "worker-manager"), self.queue.remove_worker
        )
        self.authenticator = Authenticator(
            self._issuer, self.auth.expand, wall_time=self.clock.signing_time, time=self.clock.time
        )

    @property
    def uptime(self) -> float:
        """Seconds since this memory began."""
        return time.monotonic() - self._started

    def publish(
        self, service: str, name: str, parts: Mapping[str, str], payload: Any, routes: Sequence[str] = ()
    ) -> None:
        """Tell the world something; arguments as in `Messages.publish`."""
        self.messages.publish(service, name, parts, payload, routes)
        bindings.announce(self.hooks, self.messages)

    def open(self) -> None:
        """Let calls wait again, once the server runs."""
        self.queue.is_closed = False

    def close(self) -> None:
        """Let no call wait for anything any more: the server stops, or forgets everything."""
        self.queue.close()

    def _issuer(self, client_id: str) -> Issuer:
        return self.service_clients.issuer(client_id) or self.auth.issuer(client_id)
