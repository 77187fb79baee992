"""What the notify service remembers."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

__all__ = ["Address", "Notification", "NotifyStore"]

_MOST_NOTIFICATIONS = 10_000  # that are remembered
_MOST_RECENT = 1000  # among which a repeated one is found out


class Address(NamedTuple):
    """Where a notification goes: a kind such as `email`, and what is an address of this kind."""

    kind: str
    address: str

    def json(self) -> dict[str, str]:
        """The address as the denylist shows it."""
        return {"notificationType": self.kind, "notificationAddress": self.address}


class Notification(NamedTuple):
    """A notification that would have been sent.

    Attributes: kind, such as `email`; address, of this kind; content, the payload of the call that sent it.
    """

    kind: str
    address: str
    content: dict[str, Any]


class NotifyStore:
    """The last 10,000 notifications in the order in which they were sent, and the addresses that want none."""

    def __init__(self) -> None:
        self.notifications: deque[Notification] = deque(maxlen=_MOST_NOTIFICATIONS)
        self.denylist: set[Address] = set()
        self._recent: deque[Notification] = deque(maxlen=_MOST_RECENT)

    def send(self, notification: Notification) -> bool:
        """Keep a notification. Returns whether it is new; one that repeats a recent one is not sent again."""
        if notification in self._recent:
            return False
        self._recent.append(notification)
        self.notifications.append(notification)
        return True
