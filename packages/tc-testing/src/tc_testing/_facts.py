"""What is known of the API methods: the generated files, one a service, as objects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["Method", "methods", "schemas"]


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
def schemas() -> dict[str, Any]:
    """All schemas by their path, such as `queue/v1/task.json`."""
    return {path: schema for file in _files() for path, schema in file["schemas"].items()}
