"""Which test shows that a method behaves: noted while the tests run, and written down as a table."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tc_testing import ReceivedRequest
from tc_testing._facts import methods
from tc_testing._handlers import handler_of
from tc_testing._routing import MalformedPath, Router

__all__ = ["TEST_FILE", "lines", "note"]

TEST_FILE = "test_methods_table.py"

# What they call is chosen at random.
_SHOW_NOTHING = ("test_queue_machine.py", "test_random_requests.py")

# What behaves only in part, and why.
_REMARKS = {
    (
        "github",
        "renderTaskclusterYml",
    ): "behaves for version 1 of the file; version 0, in another template language, answers 501"
}

_router = Router(methods())
_shown: dict[tuple[str, str], set[str]] = {}


def note(node: pytest.Item, requests: Iterable[ReceivedRequest]) -> None:
    """Note which methods answered a test with success."""
    if node.path.name in _SHOW_NOTHING:
        return
    function = getattr(node, "originalname", node.name)
    owner = f"{node.parent.name}." if isinstance(node.parent, pytest.Class) else ""
    for request in requests:
        if request.status < 400 and (name := _method_of(request)):
            _shown.setdefault(name, set()).add(f"{node.path.name} {owner}{function}")


def lines() -> list[str]:
    """The rows of the table: a method, what it does, and which test shows it."""
    return [_row(method.service, method.name, handler_of(method) is not None) for method in methods()]


def _row(service: str, name: str, behaves: bool) -> str:
    tests = sorted(_shown.get((service, name), ()), key=lambda test: ("exchanges" not in test, test))
    shown = f"`{tests[0].replace(' ', ' · ')}`" if tests else ""
    here = _REMARKS.get((service, name), "behaves" if behaves else "answers 501")
    return f"| {service}.{name} | {here} | {shown} |"


def _method_of(request: ReceivedRequest) -> tuple[str, str] | None:
    try:
        match = _router.match(request.verb, request.path.partition("?")[0])
    except MalformedPath:
        return None
    return match and (match.method.service, match.method.name)
