"""What the hooks service remembers."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tc_core import json_date, slug_id

from ..._messages import Message

__all__ = ["Fire", "Hook", "HookStore"]

_MOST_FIRES = 100  # of one hook that are remembered


@dataclass(frozen=True, slots=True)
class Fire:
    """One time that a hook was fired. `error` is None if that made a task."""

    fired_by: str
    task_id: str
    time: datetime
    error: dict[str, Any] | None = None

    def status(self) -> dict[str, Any]:
        """The fire as the status of its hook shows it."""
        time = json_date(self.time)
        if self.error is None:
            return {"result": "success", "taskId": self.task_id, "time": time}
        return {"result": "error", "error": self.error, "time": time}


@dataclass(slots=True)
class Hook:
    """A hook. `definition` is what the caller decides about it, `root_url` where the caller found the services."""

    group_id: str
    hook_id: str
    definition: dict[str, Any]
    root_url: str
    trigger_token: str = field(default_factory=slug_id, repr=False)
    fires: deque[Fire] = field(default_factory=lambda: deque[Fire](maxlen=_MOST_FIRES))
    late_fires: int = 0  # by schedule, since a date was waited for

    @property
    def name(self) -> str:
        return f"{self.group_id}/{self.hook_id}"

    def new_token(self) -> str:
        """Let another token trigger the hook, in place of the one there was. Returns it."""
        self.trigger_token = slug_id()
        return self.trigger_token

    def json(self) -> dict[str, Any]:
        """The hook as the service shows it."""
        return {"hookId": self.hook_id, "hookGroupId": self.group_id, **self.definition}


class HookStore:
    """Hooks by group and id.

    Attributes: deliveries, the messages that hooks are bound to and have not been fired by yet.
    """

    def __init__(self) -> None:
        self._hooks: dict[tuple[str, str], Hook] = {}
        self.deliveries: list[tuple[Hook, Message]] = []

    def get(self, group_id: str, hook_id: str) -> Hook | None:
        return self._hooks.get((group_id, hook_id))

    def put(self, hook: Hook) -> None:
        self._hooks[hook.group_id, hook.hook_id] = hook

    def remove(self, group_id: str, hook_id: str) -> None:
        self._hooks.pop((group_id, hook_id), None)

    def groups(self) -> list[str]:
        """The ids of the groups that have hooks, sorted."""
        return sorted({group_id for group_id, _ in self._hooks})

    def of_group(self, group_id: str) -> list[Hook]:
        """The hooks of one group by id."""
        return [hook for key, hook in sorted(self._hooks.items()) if key[0] == group_id]

    def all(self) -> list[Hook]:
        """The hooks in the order in which they were made."""
        return list(self._hooks.values())

    def is_there(self, hook: Hook) -> bool:
        """Whether the hook was not removed."""
        return self.get(hook.group_id, hook.hook_id) is hook
