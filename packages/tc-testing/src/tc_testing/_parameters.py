"""Checks of path arguments and query parameters, before a call reaches its handler."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from ._errors import APIError
from ._facts import Method

__all__ = ["check_params", "read_query"]

_SLUG_ID = r"^[A-Za-z0-9_-]{8}[Q-T][A-Za-z0-9_-][CGKOSWaeimquy26-][A-Za-z0-9_-]{10}[AQgw]$"
_NAMESPACE = r"^([a-zA-Z0-9_!~*'()%-]+\.)*[a-zA-Z0-9_!~*'()%-]+$"
_PRINTABLE = r"^[\x20-\x7e]+$"
_QUEUE_PART = r"^[a-zA-Z0-9-_]{1,38}$"
_WORKER_TYPE = r"^[a-z]([-a-z0-9]{0,36}[a-z0-9])?$"
_TASK_QUEUE = r"^[a-zA-Z0-9-_]{1,38}\/[a-z]([-a-z0-9]{0,36}[a-z0-9])?$"
_NUMBER = r"^[0-9]+$"

# The references do not publish these. They are written as the services show them in their errors.
_PATTERNS = {
    service: {name: re.compile(pattern) for name, pattern in patterns.items()}
    for service, patterns in {
        "auth": {
            "clientId": r"^[A-Za-z0-9!@/:.+|_-]+$",
            "roleId": _PRINTABLE,
            "level": r"^(read-write|read-only)$",
            "appName": r"^[a-zA-Z0-9_-]+$",
            "owner": r"^[A-Za-z0-9._-]+$",
            "wstAudience": r"^[a-zA-Z0-9_-]{1,38}$",
            "wstClient": r"^[a-zA-Z0-9_~.%-]+$",
        },
        "hooks": {"hookGroupId": r"^[a-zA-Z0-9-_]{1,1000}$", "hookId": r"^[a-zA-Z0-9-_\/]{1,1000}$"},
        "index": {"indexPath": _NAMESPACE, "namespace": _NAMESPACE},
        "object": {"name": _PRINTABLE},
        "purge-cache": {"workerPoolId": _TASK_QUEUE},
        "queue": {
            "taskId": _SLUG_ID,
            "taskGroupId": _SLUG_ID,
            "runId": _NUMBER,
            "name": _PRINTABLE,
            "provisionerId": _QUEUE_PART,
            "taskQueueId": _TASK_QUEUE,
            "workerType": _WORKER_TYPE,
            "workerGroup": _QUEUE_PART,
            "workerId": _QUEUE_PART,
        },
        "worker-manager": {
            "workerPoolId": _TASK_QUEUE,
            "provisionerId": _QUEUE_PART,
            "workerType": _WORKER_TYPE,
            "workerGroup": _QUEUE_PART,
            "workerId": _QUEUE_PART,
        },
        "web-server": {"taskId": _SLUG_ID, "taskGroupId": _SLUG_ID},
    }.items()
}


def check_params(method: Method, params: dict[str, str]) -> None:
    """Refuse path arguments that the method does not take. Raises APIError 400.

    An argument left out of a path that allows it arrives as an empty text, and is not checked.
    """
    patterns = _PATTERNS.get(method.service, {})
    problems = [
        f"URL parameter '{name}' given as '{value}' "
        f"must match regular expression: '/{patterns[name].pattern}/'"
        for name, value in params.items()
        if name in patterns and value and not patterns[name].fullmatch(value)
    ]
    if problems:
        raise APIError("InvalidRequestArguments", "\n".join(["Invalid URL patterns:", *problems]))


def read_query(method: Method, raw_query: str) -> dict[str, str]:
    """The query parameters, decoded, without the bewit. Raises APIError 400.

    A parameter that the method does not have is an error, and so is one given twice.
    """
    query: dict[str, str] = {}
    problems: list[str] = []
    for pair in filter(None, raw_query.split("&")):
        name, value = map(unquote_plus, pair.partition("=")[::2])
        if name == "bewit":
            continue
        if name not in method.query:
            problems.append(f"Query-string parameter: {name} is not supported!")
        elif name in query:
            problems.append(f"Query-string parameter: {name} must be a string!")
        elif name == "limit" and not re.fullmatch("[0-9]+", value):
            problems.append(
                f"Query-string parameter: limit given as '{value}' must match regular expression: '/{_NUMBER}/'"
            )
        query[name] = value
    if problems:
        raise APIError("InvalidRequestArguments", "\n".join(problems))
    return query
