"""From facts, overrides and our own words to what the packages say. Pure: data goes in, data comes out."""

from __future__ import annotations

from ._docs import Docs, EntryDocs, read_docs
from ._expressions import (
    Anything,
    Array,
    DateTime,
    Expression,
    Literal,
    Map,
    Nothing,
    Reference,
    Scalar,
    Union,
    parts,
    union,
)
from ._names import BASE_NAMES, CollisionError, class_name, distribution_name, import_name
from ._overrides import Overrides, read_overrides
from ._schemas import UnreadableSchemaError
from ._service import Argument, Exchange, Method, RoutingKeyPart, Service, build, unused_overrides
from ._shapes import Alias, Key, Record
from ._types import Form, TypeTable
from ._untyped import Untyped

__all__ = [
    "BASE_NAMES",
    "Alias",
    "Anything",
    "Argument",
    "Array",
    "CollisionError",
    "DateTime",
    "Docs",
    "EntryDocs",
    "Exchange",
    "Expression",
    "Form",
    "Key",
    "Literal",
    "Map",
    "Method",
    "Nothing",
    "Overrides",
    "Record",
    "Reference",
    "RoutingKeyPart",
    "Scalar",
    "Service",
    "TypeTable",
    "Union",
    "UnreadableSchemaError",
    "Untyped",
    "build",
    "class_name",
    "distribution_name",
    "import_name",
    "parts",
    "read_docs",
    "read_overrides",
    "union",
    "unused_overrides",
]
