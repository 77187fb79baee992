"""From published references and schemas to facts. Pure: a mapping of file names to contents goes in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urldefrag, urljoin

from .._json import is_list, is_object
from ._facts import Api, Exchange, Method, RoutingKeyPart, Schema
from ._prose import without_prose

SCHEMAS = "/schemas/"


class UnreadableReferenceError(ValueError):
    """A reference cannot be read; the message begins with its place."""


def take(files: Mapping[str, Any]) -> dict[str, Api]:
    """Return the facts of each service, by its name.

    Args:
        files: contents by name as under a deployment's /references and /schemas, such as
            ``references/queue/v1/api.json`` and ``schemas/queue/v1/task.json``.

    Raises:
        UnreadableReferenceError: something that is needed is missing or malformed.
    """
    schemas = dict(_schemas(files))
    apis: dict[str, Api] = {}
    for place, content in _references(files):
        service = _text(place, content, "serviceName")
        version = _text(place, content, "apiVersion")
        api = apis.setdefault(
            service, Api(service=service, version=version, methods=[], exchanges=[], schemas={})
        )
        if api["version"] != version:
            raise UnreadableReferenceError(
                f"{place}: {service} is there as {api['version']} and {version}; give one version of it"
            )
        if "exchangePrefix" in content:
            api["exchanges"] += [_exchange(*entry, service, content) for entry in _entries(place, content)]
        else:
            api["methods"] += [_method(*entry, service) for entry in _entries(place, content)]
    if not apis:
        raise UnreadableReferenceError(
            "no reference with entries is there; give a folder with /references and /schemas"
        )
    for api in apis.values():
        api["schemas"] = _reached(api, schemas)
    return dict(sorted(apis.items()))


def _schemas(files: Mapping[str, Any]) -> Iterator[tuple[str, Schema]]:
    for name, content in files.items():
        path = "/" + name.lstrip("/")
        if path.startswith(SCHEMAS) and is_object(content):
            yield path.removeprefix(SCHEMAS), content


def _references(files: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in sorted(files):
        content = files[name]
        if not ("/" + name.lstrip("/")).startswith("/references/"):
            continue
        if not is_object(content):
            raise UnreadableReferenceError(f"{name}: not an object")
        # Logs, metrics and the manifest are published beside the references and have no entries.
        if "entries" in content:
            yield name, content


def _entries(place: str, content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if not is_list(content["entries"]):
        raise UnreadableReferenceError(f"{place}: entries is not a list")
    for number, entry in enumerate(content["entries"]):
        if not is_object(entry):
            raise UnreadableReferenceError(f"{place}: entries[{number}] is not an object")
        yield f"{place}: entries[{number}] ({entry.get('name', 'without a name')})", entry


def _method(place: str, entry: dict[str, Any], service: str) -> Method:
    method = Method(
        name=_text(place, entry, "name"),
        verb=_text(place, entry, "method").upper(),
        route=_text(place, entry, "route"),
        args=_texts(place, entry, "args"),
        query=_texts(place, entry, "query"),
        stability=_text(place, entry, "stability"),
        category=entry.get("category", ""),
    )
    in_route = [piece.partition(">")[0] for piece in method["route"].split("<")[1:]]
    if in_route != method["args"]:
        raise UnreadableReferenceError(f"{place}: args are {method['args']}, but the route has {in_route}")
    if entry.get("scopes"):
        method["scopes"] = entry["scopes"]
    if "input" in entry:
        method["input"] = _schema_name(service, _text(place, entry, "input"))
    # "blob" is how older references say that an answer is no JSON.
    if entry.get("output", "blob") != "blob":
        method["output"] = _schema_name(service, _text(place, entry, "output"))
    return method


def _exchange(place: str, entry: dict[str, Any], service: str, content: dict[str, Any]) -> Exchange:
    return Exchange(
        name=_text(place, entry, "name"),
        exchange=_text(place, content, "exchangePrefix") + _text(place, entry, "exchange"),
        routingKey=[_part(place, part) for part in entry.get("routingKey", [])],
        schema=_schema_name(service, _text(place, entry, "schema")),
    )


def _part(place: str, part: dict[str, Any]) -> RoutingKeyPart:
    kept = RoutingKeyPart(
        name=_text(place, part, "name"),
        multipleWords=part.get("multipleWords", False),
        required=part.get("required", False),
    )
    if "constant" in part:
        kept["constant"] = part["constant"]
    return kept


def _schema_name(service: str, reference: str) -> str:
    return urljoin(f"{SCHEMAS}{service}/", reference).removesuffix("#").removeprefix(SCHEMAS)


def _reached(api: Api, schemas: Mapping[str, Schema]) -> dict[str, Schema]:
    waiting: list[tuple[str, str]] = []
    for method in api["methods"]:
        schemas_of = (method.get("input"), method.get("output"))
        waiting += [(f"{api['service']}.{method['name']}", name) for name in schemas_of if name]
    waiting += [(f"{api['service']}.{exchange['name']}", exchange["schema"]) for exchange in api["exchanges"]]
    reached: dict[str, Schema] = {}
    while waiting:
        wanted_by, reference = waiting.pop()
        name = urldefrag(reference).url
        if name in reached:
            continue
        if name not in schemas:
            raise UnreadableReferenceError(f"schemas/{name}: is not there, but {wanted_by} needs it")
        reached[name] = without_prose(schemas[name])
        waiting += [(f"schemas/{name}", target) for target in _targets(name, reached[name])]
    return dict(sorted(reached.items()))


def _targets(name: str, value: Any) -> Iterator[str]:
    if is_list(value):
        for item in value:
            yield from _targets(name, item)
    elif is_object(value):
        if isinstance(value.get("$ref"), str):
            yield urljoin(SCHEMAS + name, value["$ref"]).removeprefix(SCHEMAS)
        for item in value.values():
            yield from _targets(name, item)


def _text(place: str, entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str):
        raise UnreadableReferenceError(f"{place}: {key} is missing or is no text")
    return value


def _texts(place: str, entry: dict[str, Any], key: str) -> list[str]:
    value = entry.get(key, [])
    if not is_list(value) or not all(isinstance(item, str) for item in value):
        raise UnreadableReferenceError(f"{place}: {key} is not a list of texts")
    return value
