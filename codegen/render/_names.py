"""Names that a module takes from elsewhere."""

from __future__ import annotations

import builtins
from collections.abc import Iterable


class Names:
    """Gives each name an alias where a member of the module's class is called the same.

    Annotations and decorators in a class look a name up among its members first: after ``def list`` the
    annotation ``list[str]`` would mean the method.
    """

    def __init__(self, members: Iterable[str] = ()) -> None:
        self._members = frozenset(members)
        self._used: set[str] = set()

    def __call__(self, name: str) -> str:
        """Return what a name is called inside the class."""
        self._used.add(name)
        return f"{name}_" if name in self._members else name

    def outside(self, name: str) -> str:
        """Return what a name is called outside of the class."""
        if not hasattr(builtins, name):
            return self(name)
        return name

    @property
    def builtins(self) -> list[str]:
        """The import items for builtins that need an alias."""
        return self.imports(*(name for name in self._used & self._members if hasattr(builtins, name)))

    def imports(self, *names: str) -> list[str]:
        """Return the import items for those of some names that are used."""
        return [
            f"{name} as {name}_" if name in self._members else name
            for name in sorted(self._used.intersection(names))
        ]
