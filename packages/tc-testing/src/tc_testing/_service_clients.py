"""The clients as which the services themselves act, and the temporary credentials that these issue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from tc_core import Credentials, slug_id

from ._certificates import Issuer
from ._clock import Clock

__all__ = ["ServiceClients"]

_NO_CLIENT_ID = re.compile(r"[^!-~]|[\"\\]")
_SHORTEST_LIFE = timedelta(seconds=1)


class ServiceClients:
    """Clients such as `static/taskcluster/queue`, which may do everything and are in no list of clients."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._clients: dict[str, Credentials] = {}

    def issuer(self, client_id: str) -> Issuer | None:
        """The service's client as one that signs, None if no service has acted as this client."""
        client = self._clients.get(client_id)
        return Issuer(client_id, client.access_token, ["*"]) if client else None

    def client(self, service: str) -> Issuer:
        """The client as which `service` acts."""
        client_id = f"static/taskcluster/{service}"
        client = self._clients.setdefault(client_id, Credentials(client_id, slug_id() + slug_id()))
        return Issuer(client.client_id, client.access_token, ["*"])

    def issue(self, service: str, name: str, scopes: Sequence[str], expires: datetime) -> dict[str, str]:
        """Temporary credentials from the service for the client id `name`, as answers show them."""
        client_id, now = f"static/taskcluster/{service}", self._clock.now()
        if client_id not in self._clients:
            self._clients[client_id] = Credentials(client_id, slug_id() + slug_id())
        life = max(expires - now, _SHORTEST_LIFE)
        issuer = self._clients[client_id]
        # An artifact may have a name with characters that a client id cannot have.
        name = _NO_CLIENT_ID.sub("_", name)
        return issuer.create_named_temp_creds(name, ttl=life, scopes=list(scopes), start=now).to_json()
