"""The form of the files in codegen/api."""

from __future__ import annotations

from typing import Any, NotRequired, TypeAlias, TypedDict

Schema: TypeAlias = dict[str, Any]


class Method(TypedDict):
    """An API method. ``input`` and ``output`` are keys of ``Api.schemas``, absent where there is none."""

    name: str
    verb: str
    route: str
    args: list[str]
    query: list[str]
    scopes: NotRequired[Any]
    input: NotRequired[str]
    output: NotRequired[str]
    stability: str
    category: str


class RoutingKeyPart(TypedDict):
    """One part of a routing key; one word unless ``multipleWords``."""

    name: str
    constant: NotRequired[str]
    multipleWords: bool
    required: bool


class Exchange(TypedDict):
    """A topic exchange; ``exchange`` is its full name and ``schema`` a key of ``Api.schemas``."""

    name: str
    exchange: str
    routingKey: list[RoutingKeyPart]
    schema: str


class Api(TypedDict):
    """One service, with the schemas that its methods and exchanges reach, wherever they come from."""

    service: str
    version: str
    methods: list[Method]
    exchanges: list[Exchange]
    schemas: dict[str, Schema]
