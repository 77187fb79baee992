"""Cassettes of calls to Taskcluster: recorded without secrets, replayed without a network. Needs vcrpy.

Install `tc-testing[recording]` for it. A recording is replayed by any client that sends through httpx.
"""

from __future__ import annotations

from ._leaks import leaks
from ._names import CLIENT_ID, ROOT_URL
from ._recording import Recorded, Recording, record, replay

__all__ = ["CLIENT_ID", "ROOT_URL", "Recorded", "Recording", "leaks", "record", "replay"]
