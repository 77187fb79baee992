"""From the references that a Taskcluster deployment publishes to codegen/api: facts only, one file a service."""

from __future__ import annotations

from ._errors import UnreadableReferenceError
from ._facts import Api, Exchange, Method, RoutingKeyPart, Schema
from ._references import missing_schemas, take
from ._sources import load
from ._store import dump, stored

__all__ = [
    "Api",
    "Exchange",
    "Method",
    "RoutingKeyPart",
    "Schema",
    "UnreadableReferenceError",
    "dump",
    "load",
    "missing_schemas",
    "stored",
    "take",
]
