"""Names in Python: how they are made, and which cannot be."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Iterable, Sequence

BASE_NAMES = frozenset({"aclose", "close", "from_env", "request", "root_url", "with_options"})
"""What the base classes own."""


class CollisionError(ValueError):
    """A name of the API cannot be a name in Python; the message begins with it."""


def camel(text: str) -> str:
    """Return words as one: ``create-task-request`` becomes ``CreateTaskRequest``."""
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", text))


def class_name(service: str) -> str:
    return camel(service)


def distribution_name(service: str) -> str:
    return f"tc-{service}"


def import_name(service: str) -> str:
    return f"tc_{service.replace('-', '_')}"


def check_methods(service: str, names: Sequence[str], derived: Iterable[tuple[str, str]]) -> None:
    """Refuse names of methods that the class of a service cannot hold.

    Args:
        service: name of the service.
        names: its API methods.
        derived: pairs of a name made from a method, such as ``task_url``, and that method.
    """
    _check(service, names, "methods", BASE_NAMES)
    taken = {*names, *BASE_NAMES}
    for name, source in derived:
        if name in taken:
            raise CollisionError(
                f"{name}: {service}.{source} has a companion of this name, which is taken already"
            )
        taken.add(name)


def check_exchanges(service: str, names: Sequence[str]) -> None:
    """Refuse names of exchanges that the events class of a service cannot hold."""
    _check(service, names, "exchanges", frozenset({"overload", "parse_routing_key", "staticmethod"}))


def check_arguments(method: str, names: Sequence[str], reserved: Iterable[str]) -> None:
    """Refuse names of arguments that a method cannot have beside those it has anyway."""
    _check(method, names, "arguments", frozenset(reserved))


def _check(owner: str, names: Sequence[str], what: str, reserved: frozenset[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise CollisionError(f"{name}: {owner} has {count} {what} of this name")
        if name in reserved:
            raise CollisionError(f"{name}: taken already, so it cannot be among the {what} of {owner}")
        if keyword.iskeyword(name):
            raise CollisionError(f"{name}: a keyword of Python, so it cannot be among the {what} of {owner}")
        if not name.isidentifier() or name.startswith("_"):
            raise CollisionError(
                f"{name}: no public name in Python, so it cannot be among the {what} of {owner}"
            )
