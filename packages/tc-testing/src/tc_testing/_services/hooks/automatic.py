"""Hooks that fire without being triggered: by their schedule, and by messages that they are bound to."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from ..._errors import APIError
from ..._state import State
from .firing import fire, trigger_problems
from .schedule import next_date
from .store import Hook

__all__ = ["deliver", "schedule"]

# When the clock has passed more dates of a hook than this, it fires next at one that is to come.
_MOST_LATE_FIRES = 100
# Hooks that fire each other would go on for ever; what is left waits for the next call.
_LONGEST_CHAIN = 10


def schedule(state: State, hook: Hook) -> None:
    """Have a hook fire by its schedule as it is now, until it is changed or removed."""
    _schedule(state, hook, hook.definition, state.clock.now())


def deliver(state: State) -> None:
    """Fire the hooks that there are messages for."""
    for _ in range(_LONGEST_CHAIN):
        deliveries, state.hooks.deliveries = state.hooks.deliveries, []
        if not deliveries:
            return
        for hook, message in deliveries:
            if state.hooks.is_there(hook) and not trigger_problems(hook, message.payload):
                _fire(state, hook, "pulseMessage", {"payload": message.payload})


def _schedule(state: State, hook: Hook, definition: Mapping[str, Any], after: datetime) -> None:
    date = next_date(definition["schedule"], after)
    if date is None:
        return
    if date > state.clock.present():
        hook.late_fires = 0
    state.agenda.at(date, partial(_fire_by_schedule, state, hook, definition))


def _fire_by_schedule(state: State, hook: Hook, definition: Mapping[str, Any], when: datetime) -> None:
    if hook.definition is not definition or not state.hooks.is_there(hook):
        return
    _fire(state, hook, "schedule", {})
    hook.late_fires += 1
    _schedule(state, hook, definition, when if hook.late_fires < _MOST_LATE_FIRES else state.clock.present())


def _fire(state: State, hook: Hook, fired_by: str, context: Mapping[str, Any]) -> None:
    with suppress(APIError):  # the last fires of the hook tell
        fire(state, hook, fired_by, context)
