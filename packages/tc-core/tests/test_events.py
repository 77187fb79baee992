"""Bindings and routing keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tc_core.events import Binding, Exchange, RoutingKeyPart

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "vectors" / "routing-keys.json").read_text()
)["cases"]

TASK_COMPLETED = Exchange(
    "taskCompleted",
    "exchange/taskcluster-queue/v1/task-completed",
    RoutingKeyPart("routingKeyKind", constant="primary"),
    RoutingKeyPart("taskId"),
    RoutingKeyPart("runId"),
    RoutingKeyPart("workerGroup"),
    RoutingKeyPart("workerId"),
    RoutingKeyPart("provisionerId"),
    RoutingKeyPart("workerType"),
    RoutingKeyPart("schedulerId"),
    RoutingKeyPart("taskGroupId"),
    RoutingKeyPart("reserved", multiple=True),
)
PUSH = Exchange(
    "push",
    "exchange/taskcluster-github/v1/push",
    RoutingKeyPart("routingKeyKind", constant="primary"),
    RoutingKeyPart("organization"),
    RoutingKeyPart("repository"),
)
NOTIFY = Exchange(
    "notify",
    "exchange/taskcluster-notify/v1/notification",
    RoutingKeyPart("routingKeyKind", constant="primary"),
    RoutingKeyPart("topic", multiple=True),
)
HOOK_CREATED = Exchange(
    "hookCreated", "exchange/taskcluster-hooks/v1/hook-created", RoutingKeyPart("reserved", multiple=True)
)
MIDDLE = Exchange("middle", "m", RoutingKeyPart("a"), RoutingKeyPart("b", multiple=True), RoutingKeyPart("c"))

OF_OTHERS = [
    pytest.param(exchange, case, id=f"{exchange.name}-{case['case']}")
    for exchange in (TASK_COMPLETED, PUSH, NOTIFY, HOOK_CREATED)
    for case in CASES
    if case.get("exchange") == exchange.exchange
]


@pytest.mark.parametrize(("exchange", "case"), OF_OTHERS)
def test_a_binding_is_what_other_clients_make(exchange: Exchange, case: dict[str, Any]) -> None:
    if case["case"] == "unknown-key":  # which others ignore, and so bind to more than was meant
        with pytest.raises(TypeError, match=r"^colour: "):
            exchange.binding(case["keys"])
    else:
        assert exchange.binding(case["keys"]) == Binding(case["exchange"], case["routingKeyPattern"])


def test_a_binding_is_a_pair_with_names() -> None:
    exchange, pattern = binding = HOOK_CREATED.binding({})
    assert (binding.exchange, binding.routing_key_pattern) == (exchange, pattern)
    assert pattern == "#"


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ({"taskId": "a.b"}, ValueError, r"^taskId: 'a\.b' has a dot"),
        ({"taskId": ""}, ValueError, "^taskId: is empty"),
        ({"reserved": ""}, ValueError, "^reserved: is empty"),
        ({"taskId": True}, TypeError, "^taskId: bool cannot stand"),
        ({"runId": 0.5}, TypeError, "^runId: float cannot stand"),
        ({"routingKeyKind": "route"}, TypeError, "^routingKeyKind: .*taskCompleted"),
        ({"colour": None}, TypeError, "^colour: "),
    ],
)
def test_a_word_that_cannot_be_is_refused(words: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        TASK_COMPLETED.binding(words)


def test_a_routing_key_comes_back_in_parts() -> None:
    key = "primary.fN1SbArXTPSVFNUvaOlinQ.0.g.w.prov.type.-.Tw8L0L5RSKKyGlCUEk4LQA._"
    assert TASK_COMPLETED.parse(key) == {
        "routingKeyKind": "primary",
        "taskId": "fN1SbArXTPSVFNUvaOlinQ",
        "runId": "0",
        "workerGroup": "g",
        "workerId": "w",
        "provisionerId": "prov",
        "workerType": "type",
        "schedulerId": "-",
        "taskGroupId": "Tw8L0L5RSKKyGlCUEk4LQA",
        "reserved": "_",
    }


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("x.z", {"a": "x", "b": "", "c": "z"}),
        ("x.y.z", {"a": "x", "b": "y", "c": "z"}),
        ("x.1.2.3.z", {"a": "x", "b": "1.2.3", "c": "z"}),
    ],
)
def test_several_words_may_be_none_one_or_more_and_stand_anywhere(key: str, parts: dict[str, str]) -> None:
    assert MIDDLE.parse(key) == parts


@pytest.mark.parametrize(
    ("exchange", "key", "message"),
    [
        (PUSH, "route.org.repo", "'route' for routingKeyKind, where push has 'primary'"),
        (PUSH, "primary.org", "has 2 words, which push never has"),
        (PUSH, "primary.org.repo.more", "has 4 words, which push never has"),
        (MIDDLE, "x", "has 1 words, which middle never has"),
        (TASK_COMPLETED, "", "has 1 words"),
    ],
)
def test_a_routing_key_of_something_else_is_refused(exchange: Exchange, key: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^routing_key: {key!r} has .*{message.removeprefix('has ')}"):
        exchange.parse(key)


word = st.text(st.characters(codec="utf-8", exclude_characters="."), min_size=1)


@given(word, st.lists(word, min_size=1), word)
def test_what_a_binding_without_wildcards_says_is_parsed_back(a: str, b: list[str], c: str) -> None:
    words = {"a": a, "b": ".".join(b), "c": c}
    assert MIDDLE.parse(MIDDLE.binding(words).routing_key_pattern) == words


def test_an_exchange_is_found_by_either_name() -> None:
    known = (PUSH, NOTIFY)
    assert Exchange.named(known, "notify") is NOTIFY
    assert Exchange.named(known, "exchange/taskcluster-github/v1/push") is PUSH
    with pytest.raises(ValueError, match=r"^exchange: 'pull' is unknown; use one of push, notify"):
        Exchange.named(known, "pull")
