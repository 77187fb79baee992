"""All handlers, by service and method."""

from __future__ import annotations

from collections.abc import Mapping

from ._calls import Handler
from ._facts import Method
from ._services import common
from ._services.auth import audit, authentication, clients, credentials, roles
from ._services.auth import scopes as auth_scopes
from ._services.github import builds, repositories, taskcluster_yml
from ._services.hooks import hooks, triggers
from ._services.index import artifacts as index_artifacts
from ._services.index import tasks as index_tasks
from ._services.notify import denylist, notifications
from ._services.object import downloads as object_downloads
from ._services.object import uploads as object_uploads
from ._services.purge_cache import requests as purge_requests
from ._services.queue import artifacts, claims, downloads, task_groups, task_queues, tasks, workers
from ._services.secrets import secrets
from ._services.web_server import profiles
from ._services.worker_manager import errors, pools, queue_workers, registration
from ._services.worker_manager import workers as managed_workers

__all__ = ["handler_of"]

_OWN: Mapping[str, Mapping[str, Handler]] = {
    "auth": clients.handlers
    | roles.handlers
    | auth_scopes.handlers
    | authentication.handlers
    | credentials.handlers
    | audit.handlers,
    "github": builds.handlers | repositories.handlers | taskcluster_yml.handlers,
    "hooks": hooks.handlers | triggers.handlers,
    "index": index_tasks.handlers | index_artifacts.handlers,
    "notify": notifications.handlers | denylist.handlers,
    "object": object_uploads.handlers | object_downloads.handlers,
    "purge-cache": purge_requests.handlers,
    "queue": tasks.handlers
    | task_groups.handlers
    | claims.handlers
    | artifacts.handlers
    | downloads.handlers
    | task_queues.handlers
    | workers.handlers,
    "secrets": secrets.handlers,
    "web-server": profiles.handlers,
    "worker-manager": pools.handlers
    | managed_workers.handlers
    | registration.handlers
    | errors.handlers
    | queue_workers.handlers,
}


def handler_of(method: Method) -> Handler | None:
    """The handler that answers calls of `method`, None if it is not implemented."""
    return _OWN.get(method.service, {}).get(method.name) or common.handlers.get(method.name)
