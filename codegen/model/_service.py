"""What the package of one service says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .. import read
from ._docs import Docs, EntryDocs
from ._expressions import Anything, Array, Expression, Reference
from ._names import camel, check_arguments, check_exchanges, check_methods, class_name
from ._overrides import Overrides
from ._schemas import UnreadableSchemaError
from ._shapes import Alias, Record, Shapes
from ._types import TypeTable
from ._untyped import Untyped, untyped

OURS = "overrides.toml/"
"""Where the schemas that overrides.toml brings stand among the others."""


@dataclass(frozen=True)
class Argument:
    """A path or query argument, or a part of a routing key."""

    name: str
    type: Expression


@dataclass(frozen=True)
class Method:
    """An API method.

    ``answer`` is "json", "none", "text" or "redirect", and ``result`` the type of a JSON answer. Where a page
    has an ``items_key``, ``item`` is the type of what it holds. ``not_repeatable`` is the reason why it should
    not be called twice, empty where it may.
    """

    name: str
    verb: str
    route: str
    args: tuple[Argument, ...]
    query: tuple[Argument, ...]
    payload: Expression | None
    answer: str
    result: Expression | None
    not_repeatable: str
    may_be_empty: tuple[str, ...]
    paginated: bool
    items_key: str | None
    item: Expression | None
    scopes: Any
    stability: str
    docs: EntryDocs

    @property
    def has_url(self) -> bool:
        return self.verb == "GET"

    @property
    def companions(self) -> tuple[str, ...]:
        """The names of the methods that are made from it besides itself."""
        endings = ["_url", "_signed_url"] if self.has_url else []
        endings += ["_pages"] if self.paginated else []
        endings += ["_items"] if self.items_key else []
        return tuple(self.name + ending for ending in endings)


@dataclass(frozen=True)
class RoutingKeyPart:
    """A part of a routing key. Callers give no word for one that is constant."""

    name: str
    type: Expression
    constant: str | None
    multiple: bool


@dataclass(frozen=True)
class Exchange:
    """An exchange; ``key_name`` is the type of its parsed routing keys."""

    name: str
    exchange: str
    parts: tuple[RoutingKeyPart, ...]
    message: Expression
    key_name: str
    docs: EntryDocs


@dataclass(frozen=True)
class Service:
    """One service package. ``untyped`` says where types are `Any`; ``notes`` are for a person to look into."""

    name: str
    version: str
    class_name: str
    methods: tuple[Method, ...]
    exchanges: tuple[Exchange, ...]
    types: TypeTable
    docs: Docs
    untyped: tuple[Untyped, ...]
    notes: tuple[str, ...]


def build(api: read.Api, overrides: Overrides, docs: Docs) -> Service:
    """Work out the package of a service.

    Raises:
        CollisionError: a name of the API cannot be one in Python.
        UnreadableSchemaError: a schema cannot be understood.
    """
    ours = {f"{OURS}{name}": schema for name, schema in overrides.schemas.items()}
    shapes = Shapes({**overrides.corrected(api["schemas"]), **ours})
    methods = tuple(_method(api["service"], method, shapes, overrides, docs) for method in api["methods"])
    messages = {exchange["name"]: shapes.use(exchange["schema"]) for exchange in api["exchanges"]}
    derived = [(companion, method.name) for method in methods for companion in method.companions]
    check_methods(api["service"], [method.name for method in methods], derived)
    check_exchanges(api["service"], [entry["name"] for entry in api["exchanges"]])
    types = TypeTable(
        shapes,
        api["service"],
        answers=[*messages.values(), *(method.result for method in methods if method.result)],
        inputs=[method.payload for method in methods if method.payload],
    )
    names = types.reserve(f"{camel(exchange['name'])}RoutingKey" for exchange in api["exchanges"])
    return Service(
        name=api["service"],
        version=api["version"],
        class_name=class_name(api["service"]),
        methods=methods,
        exchanges=tuple(
            _exchange(api["service"], exchange, messages[exchange["name"]], name, shapes, overrides, docs)
            for exchange, name in zip(api["exchanges"], names, strict=True)
        ),
        types=types,
        docs=docs,
        untyped=untyped(shapes.schemas, types, _unnamed(methods, messages)),
        notes=tuple(_notes(api, methods, overrides, docs)),
    )


def unused_overrides(overrides: Overrides, apis: Mapping[str, read.Api]) -> Iterator[str]:
    """Give a note for each override that is for nothing that is there."""
    arguments = {
        f"{service}.{method['name']}": {*method["args"], *method["query"]}
        for service, api in apis.items()
        for method in api["methods"]
    }
    arguments |= {
        f"{service}.{exchange['name']}": {part["name"] for part in exchange["routingKey"]}
        for service, api in apis.items()
        for exchange in api["exchanges"]
    }
    schemas = {name: schema for api in apis.values() for name, schema in api["schemas"].items()}
    return overrides.unused(arguments, schemas)


def _method(service: str, facts: read.Method, shapes: Shapes, overrides: Overrides, docs: Docs) -> Method:
    full_name = f"{service}.{facts['name']}"
    answer, result = _answer(full_name, facts, shapes, overrides)
    paginated = (
        "continuationToken" in facts["query"] and result is not None and _keys(result, shapes) is not None
    )
    items_key, item = _items(full_name, result, shapes, overrides) if result and paginated else (None, None)
    method = Method(
        name=facts["name"],
        verb=facts["verb"],
        route=facts["route"],
        args=tuple(_argument(full_name, name, shapes, overrides) for name in facts["args"]),
        query=tuple(_argument(full_name, name, shapes, overrides) for name in facts["query"]),
        payload=shapes.use(facts["input"]) if "input" in facts else None,
        answer=answer,
        result=result,
        not_repeatable=overrides.not_repeatable_because(full_name),
        may_be_empty=tuple(name for name in facts["args"] if name in overrides.may_be_empty_in(full_name)),
        paginated=paginated,
        items_key=items_key,
        item=item,
        scopes=facts.get("scopes"),
        stability=facts["stability"],
        docs=docs.methods.get(facts["name"], EntryDocs()),
    )
    reserved = ["self", *(["payload"] if method.payload else []), *(["ttl"] if method.has_url else [])]
    check_arguments(full_name, [*facts["args"], *facts["query"]], reserved)
    return method


def _answer(
    full_name: str, facts: read.Method, shapes: Shapes, overrides: Overrides
) -> tuple[str, Expression | None]:
    if "output" in facts:
        return "json", shapes.use(facts["output"])
    # Nothing is known of a method that is new: a GET is there for what it answers, others for what they do.
    answer, schema = overrides.answer(full_name) or ("json" if facts["verb"] == "GET" else "none", None)
    if answer != "json":
        return answer, None
    return answer, shapes.use(OURS + schema) if schema else Anything((f"{full_name}()",))


def _items(
    full_name: str, page: Expression, shapes: Shapes, overrides: Overrides
) -> tuple[str, Expression] | tuple[None, None]:
    """Return the key of a page that holds its items, and their type, if they can be told from the rest."""
    arrays = {key: held.item for key, held in (_keys(page, shapes) or {}).items() if isinstance(held, Array)}
    key = overrides.items_key(full_name) or (next(iter(arrays)) if len(arrays) == 1 else None)
    return (key, arrays[key]) if key in arrays else (None, None)


def _keys(page: Expression, shapes: Shapes) -> dict[str, Expression | Record] | None:
    """Return what the keys of a page hold; None if it is not known to be an object."""
    shape = _followed(page, shapes)
    return (
        {key.name: _followed(key.type, shapes) for key in shape.keys} if isinstance(shape, Record) else None
    )


def _followed(expression: Expression, shapes: Shapes) -> Expression | Record:
    while isinstance(expression, Reference):
        shape = shapes.named[expression.location]
        if not isinstance(shape, Alias):
            return shape
        expression = shape.type
    return expression


def _argument(full_name: str, name: str, shapes: Shapes, overrides: Overrides) -> Argument:
    return Argument(name, shapes.expression((f"{full_name}({name})",), overrides.argument(full_name, name)))


def _exchange(
    service: str,
    facts: read.Exchange,
    message: Expression,
    key_name: str,
    shapes: Shapes,
    overrides: Overrides,
    docs: Docs,
) -> Exchange:
    full_name = f"{service}.{facts['name']}"
    check_arguments(full_name, [part["name"] for part in facts["routingKey"]], ())
    if sum(part["multipleWords"] for part in facts["routingKey"]) > 1:
        raise UnreadableSchemaError(f"{full_name}: two parts of its routing key may be of several words")
    return Exchange(
        name=facts["name"],
        exchange=facts["exchange"],
        parts=tuple(
            RoutingKeyPart(
                name=part["name"],
                type=_argument(full_name, part["name"], shapes, overrides).type,
                constant=part.get("constant"),
                multiple=part["multipleWords"],
            )
            for part in facts["routingKey"]
        ),
        message=message,
        key_name=key_name,
        docs=docs.exchanges.get(facts["name"], EntryDocs()),
    )


def _unnamed(
    methods: tuple[Method, ...], messages: dict[str, Expression]
) -> Iterator[tuple[str, Expression | None]]:
    """Give the expressions of arguments, answers and messages, with what they are the types of."""
    for method in methods:
        yield from (
            (f"{method.name}({argument.name})", argument.type) for argument in (*method.args, *method.query)
        )
        yield f"{method.name}(payload)", method.payload
        yield f"what {method.name} returns", method.result
        yield f"what {method.name}_items gives", method.item
    yield from ((f"the message of {name}", message) for name, message in messages.items())


def _notes(api: read.Api, methods: tuple[Method, ...], overrides: Overrides, docs: Docs) -> Iterator[str]:
    """Give what neither references nor overrides say, and words about what is not there."""
    for facts, method in zip(api["methods"], methods, strict=True):
        full_name = f"{api['service']}.{method.name}"
        if "output" not in facts and not overrides.answer(full_name):
            yield f"{full_name}: nothing says how it answers; taken as {method.answer}"
        if "continuationToken" in facts["query"] and not method.items_key:
            yield f"{full_name}: nothing says which key of a page holds its items; it has no {method.name}_items"
    exchanges = {exchange["name"] for exchange in api["exchanges"]}
    for name in [
        *(docs.methods.keys() - {method.name for method in methods}),
        *(docs.exchanges.keys() - exchanges),
    ]:
        yield f"{api['service']}.{name}: is in codegen/docs and nowhere else"
