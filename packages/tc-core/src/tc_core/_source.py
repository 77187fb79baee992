"""Where a client's credentials come from, and when they are renewed. No I/O and no locks: drivers have these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._credentials import Credentials

RENEW_BEFORE = 300.0
"""Seconds before expiry at which a provider is asked for new credentials; a quarter of shorter lives."""

PAUSE = 10.0
"""Seconds for which a provider that failed is left alone while the old credentials are still valid."""


class CredentialSource:
    """Fixed credentials, none, or the latest ones of a provider.

    Attributes:
        current: what to sign with now; None for unsigned requests.
        provider: the callable that renews them, or None.
        lock: what a driver holds while it asks the provider; of the kind that the driver needs.
        asking: stands for the one time that an async provider is being asked now, or None.
    """

    __slots__ = ("_renew_at", "asking", "current", "lock", "provider")

    def __init__(self, credentials: object, *, clock: Callable[[], float], lock: Any = None) -> None:
        self.lock = lock
        self.asking: object = None
        self.current: Credentials | None = None
        self.provider: Callable[[], Any] | None = None
        self._renew_at = float("-inf")
        if isinstance(credentials, Credentials):
            credentials.check_expiry(clock())
            self.current = credentials
        elif callable(credentials):
            if lock is not None and _is_async(credentials):
                raise TypeError("credentials: an async provider needs an Async client; pass a plain function")
            self.provider = credentials
        elif credentials is not None:
            raise TypeError(
                f"credentials: {type(credentials).__name__}; pass tc_core.Credentials or a function that returns them"
            )

    def due(self, now: float, rejected: Credentials | None = None) -> bool:
        """Tell whether the provider must be asked: at ``now`` (seconds), or since a service rejected credentials."""
        if self.provider is None:
            return False
        return self.current is None or self.current is rejected or now >= self._renew_at

    def accept(self, value: object, now: float) -> Credentials:
        """Take over what the provider returned.

        Raises:
            TypeError: it returned something else than Credentials.
            CredentialsExpired: they are expired already.
        """
        if not isinstance(value, Credentials):
            raise TypeError(
                f"credentials: the provider returned {type(value).__name__}, not tc_core.Credentials"
            )
        value.check_expiry(now)
        self.current = value
        self._renew_at = _renew_at(value)
        return value

    def keep(self, now: float, rejected: Credentials | None) -> Credentials | None:
        """Return the old credentials if they will do although the provider has just failed."""
        old = self.current
        if old is None or old is rejected or (old.expiry and old.expiry.timestamp() <= now):
            return None
        self._renew_at = now + PAUSE
        return old


def _renew_at(credentials: Credentials) -> float:
    if credentials.expiry is None or credentials.start is None:
        return float("inf")
    start, expiry = credentials.start.timestamp(), credentials.expiry.timestamp()
    return expiry - min(RENEW_BEFORE, (expiry - start) / 4)


def _is_async(function: Callable[..., object]) -> bool:
    # Here, since it takes long to load and few clients have a provider.
    from inspect import iscoroutinefunction

    return iscoroutinefunction(function)
