"""What the operating system knows of a socket."""

from __future__ import annotations

import select
from typing import Any


def is_readable(connected: Any) -> bool:
    """Tell whether the operating system has something that nobody has read yet, be it the end."""
    if connected.fileno() < 0:  # closed
        return True
    if not hasattr(select, "poll"):  # on Windows
        return bool(select.select([connected], [], [], 0)[0])
    poll = select.poll()
    poll.register(connected, select.POLLIN)
    return bool(poll.poll(0))
