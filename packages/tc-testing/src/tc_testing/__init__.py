"""A local Taskcluster to develop and test against.

It checks signatures and scopes as the real services do, keeps everything in memory, and forgets it when it stops.
"""

from __future__ import annotations

from ._app import ReceivedRequest
from ._clock import Clock
from ._faults import Faults
from ._server import LocalTaskcluster
from ._version import __version__

__all__ = ["Clock", "Faults", "LocalTaskcluster", "ReceivedRequest", "__version__"]
