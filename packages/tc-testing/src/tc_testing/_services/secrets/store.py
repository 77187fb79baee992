"""What the secrets service remembers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tc_core import parse_json_date

from ..._clock import Clock

__all__ = ["Secret", "SecretStore"]


@dataclass(slots=True)
class Secret:
    """A secret with the date from which nobody gets it any more."""

    value: dict[str, Any]
    expires: str

    def __repr__(self) -> str:
        return "<Secret>"


class SecretStore:
    """Secrets by name."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._secrets: dict[str, Secret] = {}

    def put(self, name: str, secret: Secret) -> None:
        self._secrets[name] = secret

    def get(self, name: str) -> Secret | None:
        """The secret, None if there is none that has not expired."""
        secret = self._secrets.get(name)
        return secret if secret and parse_json_date(secret.expires) > self._clock.now() else None

    def remove(self, name: str) -> None:
        self._secrets.pop(name, None)

    def names(self) -> list[str]:
        """The names of the secrets that have not expired, sorted."""
        return [name for name in sorted(self._secrets) if self.get(name)]
