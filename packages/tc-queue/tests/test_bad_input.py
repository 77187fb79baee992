"""Wrong arguments: each an error that names the argument and says what to do, and nothing is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from math import inf, nan
from typing import Any

import pytest
from flavours import Flavour, every_flavour
from wire import Wire

from tc_core import Credentials
from tc_queue import AsyncQueue, Queue

TASK_ID = "fN1SbArXTPSVFNUvaOlinQ"
NAIVE = datetime(2030, 1, 2, 3, 4, 5)

# Any, since a type checker refuses most of these calls.
Call = Callable[[Any], Awaitable[object]]

PATHS: list[tuple[str, Callable[[Any, str], Awaitable[object]]]] = [
    ("taskId", lambda queue, wrong: queue.task(wrong)),
    ("taskId", lambda queue, wrong: queue.createTask(wrong, {})),
    ("name", lambda queue, wrong: queue.getArtifact(TASK_ID, 0, wrong)),
    ("taskGroupId", lambda queue, wrong: queue.listTaskGroup_pages(wrong)),
    ("taskGroupId", lambda queue, wrong: queue.listTaskGroup_items(wrong)),
    ("taskId", lambda queue, wrong: queue.task_url(wrong)),
    ("taskId", lambda queue, wrong: queue.task_signed_url(wrong)),
]

UNKNOWN_KEYWORDS: list[Call] = [
    lambda queue: queue.task(TASK_ID, limt=10),
    lambda queue: queue.createTask(TASK_ID, {}, limt=10),
    lambda queue: queue.listTaskGroup(TASK_ID, limt=10),
    lambda queue: queue.listTaskGroup_items(TASK_ID, limt=10),
    lambda queue: queue.listTaskGroup_url(TASK_ID, limt=10),
    lambda queue: queue.listTaskGroup_signed_url(TASK_ID, limt=10),
]

MISSING_PAYLOADS: list[tuple[Call, str]] = [
    (lambda queue: queue.createTask(TASK_ID), r"missing 1 required positional argument: 'payload'"),
    (lambda queue: queue.createTask(TASK_ID, None), r"^payload: queue\.createTask needs one; pass a dict"),
    (lambda queue: queue.tasks_items(), r"missing 1 required positional argument: 'payload'"),
    (lambda queue: queue.tasks_items(None), r"^payload: queue\.tasks needs one; pass a dict"),
]


async def refused(flavour: Flavour, call: Call, kind: type[Exception], message: str, **options: Any) -> None:
    """Check that a call ends with an error whose message has this regular expression, before anything is sent."""
    with Wire() as wire:
        async with flavour.make(Queue, AsyncQueue, wire.url, **options) as queue:
            with pytest.raises(kind, match=message):
                await call(queue)
    assert wire.accepted == 0


@every_flavour
@pytest.mark.parametrize("wrong", ["", ".", ".."])
@pytest.mark.parametrize(("name", "call"), PATHS)
async def test_an_empty_or_dotted_path_argument(
    flavour: Flavour, name: str, call: Callable[[Any, str], Awaitable[object]], wrong: str
) -> None:
    message = rf"^{name}: is '{wrong}', which cannot stand in a path; pass "
    await refused(flavour, lambda queue: call(queue, wrong), ValueError, message)


@every_flavour
@pytest.mark.parametrize("wrong", [None, True, 1.5, b"id", ["id"], NAIVE])
async def test_a_path_argument_of_a_wrong_type(flavour: Flavour, wrong: object) -> None:
    message = rf"^taskId: {type(wrong).__name__} cannot stand in a path; pass "
    await refused(flavour, lambda queue: queue.task(wrong), TypeError, message)


@every_flavour
@pytest.mark.parametrize(
    ("query", "kind", "message"),
    [
        ({"limit": 1.5}, TypeError, r"^limit: float cannot stand in a query; pass "),
        ({"limit": [10]}, TypeError, r"^limit: list cannot stand in a query; pass "),
        ({"limit": NAIVE}, ValueError, r"^limit: is a naive datetime; give "),
        ({"continuationToken": b"x"}, TypeError, r"^continuationToken: bytes cannot stand in a query; pass "),
        ({"continuationToken": "\ud800"}, ValueError, r"^continuationToken: has a lone surrogate, .*; pass "),
    ],
)
async def test_a_query_argument_that_cannot_be_written(
    flavour: Flavour, query: dict[str, object], kind: type[Exception], message: str
) -> None:
    await refused(flavour, lambda queue: queue.listTaskGroup(TASK_ID, **query), kind, message)
    await refused(flavour, lambda queue: queue.listTaskGroup_items(TASK_ID, **query), kind, message)


@every_flavour
@pytest.mark.parametrize("call", UNKNOWN_KEYWORDS)
async def test_an_unknown_keyword(flavour: Flavour, call: Call) -> None:
    await refused(flavour, call, TypeError, r"unexpected keyword argument 'limt'")


@every_flavour
@pytest.mark.parametrize(("call", "message"), MISSING_PAYLOADS)
async def test_a_missing_payload(flavour: Flavour, call: Call, message: str) -> None:
    await refused(flavour, call, TypeError, message)


@every_flavour
@pytest.mark.parametrize(
    ("payload", "kind", "message"),
    [
        ({"scopes": {"a"}}, TypeError, r"^payload\.scopes: set is not JSON; use a list"),
        ({"tags": [{"a": b"x"}]}, TypeError, r"^payload\.tags\[0\]\.a: bytes is not JSON; use a str"),
        ({"extra": {1: "x"}}, TypeError, r"^payload\.extra: a key is of type int; use a str"),
        ({"extra": {"a b": object()}}, TypeError, r"^payload\.extra\['a b'\]: object is not JSON; use "),
        ({"extra": {"ratio": nan}}, ValueError, r"^payload\.extra\.ratio: float is not finite; use "),
        ({"extra": [0, -inf]}, ValueError, r"^payload\.extra\[1\]: float is not finite; use "),
        ({"created": NAIVE}, ValueError, r"^payload\.created: is a naive datetime; give "),
        ({"created": NAIVE.date()}, TypeError, r"^payload\.created: date is not JSON; use an aware datetime"),
    ],
)
async def test_a_payload_that_is_not_json(
    flavour: Flavour, payload: object, kind: type[Exception], message: str
) -> None:
    await refused(flavour, lambda queue: queue.createTask(TASK_ID, payload), kind, message)
    await refused(flavour, lambda queue: queue.tasks_items(payload), kind, message)


@every_flavour
@pytest.mark.parametrize(
    ("ttl", "kind"), [(0, ValueError), (-1, ValueError), (nan, ValueError), ("60", TypeError)]
)
async def test_a_signed_url_with_a_wrong_life(flavour: Flavour, ttl: object, kind: type[Exception]) -> None:
    credentials = Credentials("project/demo/ci", "an-access-token")
    await refused(
        flavour,
        lambda queue: queue.task_signed_url(TASK_ID, ttl=ttl),
        kind,
        r"^ttl: ",
        credentials=credentials,
    )


@every_flavour
async def test_a_signed_url_without_credentials(flavour: Flavour) -> None:
    await refused(flavour, lambda queue: queue.task_signed_url(TASK_ID), ValueError, r"^credentials: .*pass ")
