"""Names of a package that are loaded with their first use (PEP 562), for what few programs need."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module


def later(
    package: str, *submodules: str, **sources: str
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` for a package.

    Args:
        package: its ``__name__``.
        submodules: names of those that are loaded later.
        sources: other names, and the module of the package that each is in, such as ``._slugids``.
    """

    def load(name: str) -> object:
        if name in submodules:
            return import_module(f".{name}", package)
        if name not in sources:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(sources[name], package), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *submodules, *sources})

    return load, names
