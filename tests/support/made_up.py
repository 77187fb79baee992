"""References of services that do not exist, and what the generator makes of them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from codegen import model, read, render

Json = dict[str, Any]

PACKAGES: Json = {
    "tc-core": {"description": "core", "dependencies": []},
    "tc-testing": {"description": "testing", "dependencies": ["tc-core=={version}"]},
    "service": {"description": "the {service} service", "dependencies": ["tc-core=={version}"]},
}


def method(name: str = "thing", verb: str = "get", route: str | None = None, **fields: Any) -> Json:
    """Return an entry of an API reference. Its args are those in the route."""
    route = f"/{name}" if route is None else route
    args = [piece.partition(">")[0] for piece in route.split("<")[1:]]
    entry = {"type": "function", "method": verb, "name": name, "route": route, "args": args, "query": []}
    return {**entry, "stability": "stable", "category": "Odd", "title": "words", **fields}


def exchange(name: str, *parts: Json, schema: str = "v1/message.json#") -> Json:
    """Return an entry of an exchanges reference."""
    key = [{"multipleWords": False, "required": True, "summary": "words", **part} for part in parts]
    return {"type": "topic-exchange", "name": name, "exchange": name, "routingKey": key, "schema": schema}


def published(
    *methods: Json,
    exchanges: tuple[Json, ...] = (),
    schemas: Mapping[str, Any] | None = None,
    service: str = "odd",
) -> Json:
    """Return files as a deployment publishes them. Schemas are named as in ``odd/v1/thing.json``."""
    about = {"apiVersion": "v1", "serviceName": service, "title": "words"}
    files: Json = {f"references/{service}/v1/api.json": {**about, "entries": list(methods)}}
    if exchanges:
        prefix = f"exchange/taskcluster-{service}/v1/"
        entries = {**about, "exchangePrefix": prefix, "entries": list(exchanges)}
        files[f"references/{service}/v1/exchanges.json"] = entries
    for name, schema in (schemas or {}).items():
        files[f"schemas/{name}"] = {
            "$id": f"/schemas/{name}#",
            "$schema": "/schemas/common/metaschema.json#",
            **schema,
        }
    return files


def build(files: Json, overrides: str = "", docs: str = "", service: str = "odd") -> model.Service:
    """Return the model of one service."""
    return model.build(read.take(files)[service], model.read_overrides(overrides), model.read_docs(docs))


def package(service: model.Service, additions: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the files of the package of a service, by their paths in it."""
    family = render.Family(
        version="1.2.3",
        services=(service,),
        packages=PACKAGES,
        additions={service.name: additions} if additions else {},
        license="MPL",
        facts={},
    )
    prefix = f"{model.distribution_name(service.name)}/"
    files = render.render(family)
    return {path.removeprefix(prefix): text for path, text in files.items() if path.startswith(prefix)}


def types_of(service: model.Service) -> dict[str, Any]:
    """Return the named types of a package: the annotation of an alias, or those of the keys of a TypedDict."""
    text = package(service)[f"src/{model.import_name(service.name)}/_generated/types.py"]
    found: dict[str, Any] = {}
    for node in ast.parse(text).body:
        match node:
            case ast.ClassDef(name=name, body=body):
                fields = [field for field in body if isinstance(field, ast.AnnAssign)]
                found[name] = {ast.unparse(field.target): _text(field.annotation) for field in fields}
            case ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value):
                found[name] = _text(value)
            case ast.Assign(targets=[ast.Name(name)], value=ast.Call(args=[_, ast.Dict(keys, values)])):
                pairs = zip(keys, values, strict=True)
                found[name] = {ast.literal_eval(key): _text(value) for key, value in pairs if key}
            case _:
                pass
    return found


def answer(schema: Json, **others: Json) -> dict[str, Any]:
    """Return the types made for a method that answers with a schema, ``odd/v1/thing.json``."""
    return types_of(build(published(method(output="v1/thing.json#"), schemas=_named(schema, others))))


def payload(schema: Json, **others: Json) -> dict[str, Any]:
    """Return the types made for a method that takes a schema, ``odd/v1/thing.json``."""
    return types_of(
        build(published(method(verb="post", input="v1/thing.json#"), schemas=_named(schema, others)))
    )


def both(schema: Json, **others: Json) -> dict[str, Any]:
    """Return the types made for methods that answer with and take a schema, ``odd/v1/thing.json``."""
    methods = (method(output="v1/thing.json#"), method("set", "put", input="v1/thing.json#"))
    return types_of(build(published(*methods, schemas=_named(schema, others))))


def record(required: str = "", extra: Any = False, /, **properties: Any) -> Json:
    """Return the schema of an object. Required keys are separated by spaces."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": extra,
    }


def _named(schema: Json, others: Mapping[str, Json]) -> Json:
    return {"odd/v1/thing.json": schema, **{f"odd/v1/{name}.json": other for name, other in others.items()}}


def _text(expression: ast.expr) -> str:
    return ast.unparse(expression).replace("'", '"')
