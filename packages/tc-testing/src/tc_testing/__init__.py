"""A local Taskcluster to develop and test against.

It checks signatures and scopes as the real services do, keeps everything in memory, and forgets it when it stops.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from ._app import ReceivedRequest
    from ._clock import Clock
    from ._configuration import AzureAccount, Configuration, GithubBuild
    from ._faults import Faults
    from ._local import LocalTaskcluster
    from ._messages import Message
    from ._relay import Fault, Relay, random_faults
    from ._services.notify.store import Notification

__all__ = [
    "AzureAccount",
    "Clock",
    "Configuration",
    "Fault",
    "Faults",
    "GithubBuild",
    "LocalTaskcluster",
    "Message",
    "Notification",
    "ReceivedRequest",
    "Relay",
    "__version__",
    "random_faults",
]

# Loaded when it is first used: pytest imports this package in every run, to have its fixtures, and would wait for
# a web server that most runs do not need.
_PLACES = {
    "AzureAccount": "_configuration",
    "Clock": "_clock",
    "Configuration": "_configuration",
    "Fault": "_relay",
    "Faults": "_faults",
    "GithubBuild": "_configuration",
    "LocalTaskcluster": "_local",
    "Message": "_messages",
    "Notification": "_services.notify.store",
    "ReceivedRequest": "_app",
    "Relay": "_relay",
    "random_faults": "_relay",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_PLACES[name]}", __name__), name)
    return value
