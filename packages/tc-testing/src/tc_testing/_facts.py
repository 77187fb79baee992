"""What is known of the API methods: the generated files, one a service, as objects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from tc_core.events import Exchange, RoutingKeyPart

__all__ = ["ExchangeFacts", "Method", "exchanges", "methods", "schemas"]


@dataclass(frozen=True, slots=True)
class Method:
    """One API method as its service publishes it."""

    service: str
    version: str
    name: str
    verb: str
    route: str
    args: tuple[str, ...]
    query: frozenset[str]
    scopes: Any  # a scope expression with <parameters>, or None where none is asked for
    input: str | None  # path of the schema of the payload
    output: str | None  # path of the schema of the answer


@dataclass(frozen=True, slots=True)
class ExchangeFacts:
    """One exchange as its service publishes it."""

    service: str
    topic: Exchange
    required: frozenset[str]  # parts of the routing key that every message has
    schema: str  # path of the schema of its messages


@cache
def _files() -> tuple[dict[str, Any], ...]:
    folder = resources.files("tc_testing") / "_generated"
    return tuple(
        json.loads(file.read_text("utf-8"))
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".json")
    )


@cache
def methods() -> tuple[Method, ...]:
    """All methods of all services, in the order in which each service declares them."""
    return tuple(
        Method(
            service=file["service"],
            version=file["version"],
            name=method["name"],
            verb=method["verb"],
            route=method["route"],
            args=tuple(method["args"]),
            query=frozenset(method["query"]),
            scopes=method.get("scopes"),
            input=method.get("input"),
            output=method.get("output"),
        )
        for file in _files()
        for method in file["methods"]
    )


@cache
def exchanges() -> dict[tuple[str, str], ExchangeFacts]:
    """All exchanges by the service and their name, such as `("queue", "taskCompleted")`."""
    return {
        (file["service"], exchange["name"]): _exchange(file["service"], exchange)
        for file in _files()
        for exchange in file["exchanges"]
    }


def _exchange(service: str, exchange: dict[str, Any]) -> ExchangeFacts:
    key = exchange["routingKey"]
    parts = [RoutingKeyPart(part["name"], part.get("constant"), part["multipleWords"]) for part in key]
    return ExchangeFacts(
        service,
        Exchange(exchange["name"], exchange["exchange"], *parts),
        frozenset(part["name"] for part in key if part["required"] and "constant" not in part),
        exchange["schema"],
    )


@cache
def schemas() -> dict[str, Any]:
    """All schemas by their path, such as `queue/v1/task.json`."""
    return {path: schema for file in _files() for path, schema in file["schemas"].items()}
