"""All handlers, by service and method."""

from __future__ import annotations

from collections.abc import Mapping

from ._calls import Handler
from ._facts import Method
from ._services import common
from ._services.auth import authentication, clients
from ._services.auth import scopes as auth_scopes
from ._services.index import tasks as index_tasks
from ._services.queue import artifacts, task_groups, tasks
from ._services.secrets import secrets

__all__ = ["handler_of"]

_OWN: Mapping[str, Mapping[str, Handler]] = {
    "auth": clients.handlers | auth_scopes.handlers | authentication.handlers,
    "index": index_tasks.handlers,
    "queue": tasks.handlers | task_groups.handlers | artifacts.handlers,
    "secrets": secrets.handlers,
}


def handler_of(method: Method) -> Handler | None:
    """The handler that answers calls of `method`, None if it is not implemented."""
    return _OWN.get(method.service, {}).get(method.name) or common.handlers.get(method.name)
