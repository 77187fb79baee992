"""What happens between calls."""

from __future__ import annotations

from ._services.hooks import automatic
from ._state import State

__all__ = ["settle"]


def settle(state: State) -> None:
    """Let happen what was due by the clock, and what messages bring about."""
    state.agenda.settle()
    automatic.deliver(state)
