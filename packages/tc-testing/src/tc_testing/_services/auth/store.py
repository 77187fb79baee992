"""What the auth service remembers."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Any

from tc_core import json_date, parse_json_date

from ..._agenda import Agenda
from ..._certificates import Issuer
from ..._clock import Clock
from ..._errors import APIError
from ..._scopes import expand
from .audit_log import AuditLog

__all__ = ["ROOT_CLIENT_ID", "AuthStore", "Client", "Role"]

ROOT_CLIENT_ID = "static/taskcluster/root"

# What a caller without credentials may do, and everyone else too. The usual choice of a deployment.
_ANONYMOUS_SCOPES = (
    "auth:current-scopes",
    "auth:expand-scopes",
    "auth:get-client:*",
    "auth:get-role:*",
    "auth:list-clients",
    "auth:list-roles",
    "github:get-badge:*",
    "github:get-repository:*",
    "github:latest-status:*",
    "github:list-builds",
    "hooks:get:*",
    "hooks:list-hooks:*",
    "hooks:list-last-fires:*",
    "hooks:status:*",
    "index:find-task:*",
    "index:list-namespaces:*",
    "index:list-tasks:*",
    "purge-cache:all-purge-requests",
    "purge-cache:purge-requests:*",
    "queue:get-artifact:public/*",
    "queue:get-provisioner:*",
    "queue:get-task:*",
    "queue:get-worker-type:*",
    "queue:get-worker:*",
    "queue:list-artifacts:*",
    "queue:list-dependent-tasks:*",
    "queue:list-provisioners",
    "queue:list-task-group:*",
    "queue:list-worker-types:*",
    "queue:list-workers:*",
    "queue:pending-count:*",
    "queue:status:*",
    "secrets:list-secrets",
    "worker-manager:get-worker-pool:*",
    "worker-manager:get-worker:*",
    "worker-manager:list-providers",
    "worker-manager:list-worker-pool-errors:*",
    "worker-manager:list-worker-pools",
    "worker-manager:list-workers:*",
)


_MOST_EXPANDED = 256  # sets of scopes of which it is remembered what they amount to


@dataclass(slots=True)
class Client:
    """A client with its access token. Dates are as Taskcluster writes them."""

    client_id: str
    access_token: str
    description: str
    expires: str
    scopes: list[str]
    delete_on_expiration: bool
    created: str
    last_modified: str
    last_rotated: str
    disabled: bool = False

    def __repr__(self) -> str:
        return f"<Client {self.client_id!r}>"  # without the access token

    def json(self, expanded_scopes: list[str]) -> dict[str, Any]:
        """The client as the service shows it."""
        return {
            "clientId": self.client_id,
            "description": self.description,
            "expires": self.expires,
            "created": self.created,
            "lastModified": self.last_modified,
            "lastDateUsed": self.created,  # the service keeps it to the day, and only now and then
            "lastRotated": self.last_rotated,
            "deleteOnExpiration": self.delete_on_expiration,
            "scopes": self.scopes,
            "expandedScopes": expanded_scopes,
            "disabled": self.disabled,
        }


@dataclass(frozen=True, slots=True)
class Role:
    """A role. Dates are as Taskcluster writes them."""

    role_id: str
    description: str
    scopes: list[str]
    created: str
    last_modified: str

    def json(self, expanded_scopes: list[str]) -> dict[str, Any]:
        """The role as the service shows it."""
        return {
            "roleId": self.role_id,
            "scopes": self.scopes,
            "expandedScopes": expanded_scopes,
            "description": self.description,
            "lastModified": self.last_modified,
            "created": self.created,
        }


class AuthStore:
    """Clients and roles.

    Attributes: audit, the changes that were made in all services.
    """

    def __init__(self, clock: Clock, agenda: Agenda, root_token: str) -> None:
        self._clock = clock
        self._agenda = agenda
        self.audit = AuditLog(clock)
        self.clients: dict[str, Client] = {}
        self.roles: dict[str, Role] = {}
        self._scopes_of_roles: dict[str, list[str]] = {}
        self._expanded = lru_cache(_MOST_EXPANDED)(self._expand)
        now = json_date(clock.now())
        self.put_role(Role("anonymous", "the anonymous role", list(_ANONYMOUS_SCOPES), now, now))
        expires = json_date(clock.now() + timedelta(days=365_000))
        self.add_client(ROOT_CLIENT_ID, ["*"], "The client that may do everything", expires, token=root_token)

    def add_client(
        self,
        client_id: str,
        scopes: Iterable[str],
        description: str,
        expires: str,
        *,
        delete_on_expiration: bool = False,
        token: str | None = None,
    ) -> Client:
        """Make a client, in place of any that has this id."""
        now = json_date(self._clock.now())
        client = Client(
            client_id,
            token or self.new_token(),
            description,
            expires,
            sorted(set(scopes)),
            delete_on_expiration,
            created=now,
            last_modified=now,
            last_rotated=now,
        )
        self.clients[client_id] = client
        self.expect_end(client)
        return client

    def expect_end(self, client: Client) -> None:
        """Have a client removed when it expires, if it wants that."""
        if client.delete_on_expiration:
            self._agenda.at(parse_json_date(client.expires), partial(self._expire, client))

    def put_role(self, role: Role) -> None:
        """Have `role`, in place of any with this id."""
        self.roles[role.role_id] = role
        self._scopes_of_roles[role.role_id] = role.scopes
        self._expanded.cache_clear()

    def remove_role(self, role_id: str) -> None:
        """Have no role of this id."""
        self.roles.pop(role_id, None)
        self._scopes_of_roles.pop(role_id, None)
        self._expanded.cache_clear()

    def new_token(self) -> str:
        """An access token that nobody has yet."""
        return secrets.token_urlsafe(33)

    def expand(self, scopes: Iterable[str]) -> list[str]:
        """All that `scopes` amounts to with the roles there are."""
        return list(self._expanded(tuple(scopes)))

    def issuer(self, client_id: str) -> Issuer:
        """The client as one that signs. Raises APIError 401 if it may not."""
        client = self.clients.get(client_id)
        if client is None:
            raise APIError("AuthenticationFailed", f"Client with clientId '{client_id}' not found")
        if client.disabled:
            raise APIError("AuthenticationFailed", f"Client with clientId '{client_id}' is disabled")
        if parse_json_date(client.expires) < self._clock.now():
            raise APIError("AuthenticationFailed", f"Client with clientId: '{client_id}' has expired")
        return Issuer(client_id, client.access_token, self.expand(client.scopes))

    def _expire(self, client: Client, when: datetime) -> None:
        is_over = client.delete_on_expiration and parse_json_date(client.expires) <= when
        if is_over and self.clients.get(client.client_id) is client:
            del self.clients[client.client_id]

    def _expand(self, scopes: tuple[str, ...]) -> list[str]:
        return expand(scopes, self._scopes_of_roles)
