"""The exchanges of all services against the routing keys of two other clients."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from trees import of_106

from codegen import files, model
from tc_core.events import Binding

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "packages" / "tc-core" / "tests" / "vectors" / "routing-keys.json"
CASES: list[dict[str, Any]] = json.loads(VECTORS.read_text())["cases"]
SERVICES = {service.name: service for service in files.services(ROOT) if service.exchanges}


def events(service: str) -> Any:
    return getattr(importlib.import_module(model.import_name(service)), f"{model.class_name(service)}Events")


def bind(case: dict[str, Any]) -> Callable[[], Binding]:
    return lambda: getattr(events(case["service"]), case["method"])(**case["keys"])


def named(case: dict[str, Any]) -> str:
    return f"{case['service']}.{case['method']}-{case['case']}"


@of_106
def test_there_are_36_exchanges_in_six_services() -> None:
    assert sorted(SERVICES) == ["auth", "github", "hooks", "notify", "queue", "worker-manager"]
    exchanges = {
        (name, exchange.name) for name, service in SERVICES.items() for exchange in service.exchanges
    }
    assert len(exchanges) == 36
    assert {(case["service"], case["method"]) for case in CASES} == exchanges


@pytest.mark.parametrize(
    "case", [case for case in CASES if "exchange" in case and case["case"] != "unknown-key"], ids=named
)
def test_a_binding_is_what_other_clients_make(case: dict[str, Any]) -> None:
    assert bind(case)() == Binding(case["exchange"], case["routingKeyPattern"])


@pytest.mark.parametrize("case", [case for case in CASES if case["case"] == "dot-in-single-word"], ids=named)
def test_a_dot_is_refused_where_others_refuse_it(case: dict[str, Any]) -> None:
    assert "error" in case["PyPI"]
    with pytest.raises(ValueError, match=rf"^{next(iter(case['keys']))}: 'a\.b' has a dot"):
        bind(case)()


@pytest.mark.parametrize("case", [case for case in CASES if case["case"] == "unknown-key"], ids=named)
def test_a_key_that_does_not_exist_is_refused(case: dict[str, Any]) -> None:
    """Others ignore it, and bind to more than was meant."""
    with pytest.raises(TypeError, match="colour"):
        bind(case)()


@pytest.mark.parametrize("case", [case for case in CASES if case["case"] == "all"], ids=named)
def test_a_routing_key_comes_back_in_parts(case: dict[str, Any]) -> None:
    parse = events(case["service"]).parse_routing_key
    parts = parse(case["method"], case["routingKeyPattern"])
    assert parts == parse(case["exchange"], case["routingKeyPattern"])
    constants = {"routingKeyKind": "primary"} if case["routingKeyPattern"].startswith("primary.") else {}
    given = {name: word for name, word in case["keys"].items() if word is not None}
    assert {**parts, **given, **constants} == parts


def test_an_exchange_of_another_service_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^exchange: 'taskCompleted' is unknown; use one of notify"):
        events("notify").parse_routing_key("taskCompleted", "primary.a")
