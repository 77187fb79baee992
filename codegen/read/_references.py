"""From published references and schemas to facts. Pure: a mapping of file names to contents goes in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urldefrag, urljoin

from .._json import is_list, is_object
from ._errors import UnreadableReferenceError
from ._facts import Api, Exchange, Method, RoutingKeyPart, Schema
from ._prose import without_prose
from ._schemas import check_schema

SCHEMAS = "/schemas/"
TAKEN = ("core", "testing")
ROUTE = re.compile(r"/(?:[^<>?#\s]|<[^<>]+>)*")


def take(files: Mapping[str, Any]) -> dict[str, Api]:
    """Return the facts of each service, by its name.

    Args:
        files: contents by name as under a deployment's /references and /schemas, such as
            ``references/queue/v1/api.json`` and ``schemas/queue/v1/task.json``.

    Raises:
        UnreadableReferenceError: something that is needed is missing or malformed.
    """
    schemas = _schemas(files)
    apis = _declared(files)
    if not apis:
        raise UnreadableReferenceError(
            "no reference with entries is there; give a folder with /references and /schemas"
        )
    for api in apis.values():
        api["schemas"] = dict(sorted(_reached(api, schemas).items()))
    return dict(sorted(apis.items()))


def missing_schemas(files: Mapping[str, Any]) -> list[str]:
    """Return the names of the files with schemas that references, and schemas that are there, lead to.

    Raises:
        UnreadableReferenceError: a reference or a schema is malformed.
    """
    schemas, missing = _schemas(files), set[str]()
    for api in _declared(files).values():
        _reached(api, schemas, missing)
    return sorted(f"schemas/{name}" for name in missing)


def _declared(files: Mapping[str, Any]) -> dict[str, Api]:
    """Return what the references say, without the schemas."""
    apis: dict[str, Api] = {}
    for place, content in _references(files):
        service = _service_name(place, content)
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
    return apis


def _service_name(place: str, content: dict[str, Any]) -> str:
    name = _text(place, content, "serviceName")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise UnreadableReferenceError(f"{place}: serviceName is {name!r}, which cannot name a package")
    if name in TAKEN:
        raise UnreadableReferenceError(
            f"{place}: serviceName is {name!r}, but tc-{name} is a package of ours"
        )
    return name


def _schemas(files: Mapping[str, Any]) -> dict[str, Any]:
    paths = {"/" + name.lstrip("/"): content for name, content in files.items()}
    return {
        path.removeprefix(SCHEMAS): content for path, content in paths.items() if path.startswith(SCHEMAS)
    }


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
        category=_text(place, {"category": "", **entry}, "category"),
    )
    if not ROUTE.fullmatch(method["route"]):
        raise UnreadableReferenceError(
            f"{place}: route is {method['route']!r}, which is no path with <arguments>"
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
        routingKey=_parts(place, entry),
        schema=_schema_name(service, _text(place, entry, "schema")),
    )


def _parts(place: str, entry: dict[str, Any]) -> list[RoutingKeyPart]:
    parts = entry.get("routingKey", [])
    if not is_list(parts):
        raise UnreadableReferenceError(f"{place}: routingKey is not a list")
    return [_part(f"{place}: routingKey[{number}]", part) for number, part in enumerate(parts)]


def _part(place: str, part: Any) -> RoutingKeyPart:
    if not is_object(part):
        raise UnreadableReferenceError(f"{place} is not an object")
    kept = RoutingKeyPart(
        name=_text(place, part, "name"),
        multipleWords=_flag(place, part, "multipleWords"),
        required=_flag(place, part, "required"),
    )
    if "constant" in part:
        kept["constant"] = _text(place, part, "constant")
    return kept


def _schema_name(service: str, reference: str) -> str:
    return urljoin(f"{SCHEMAS}{service}/", reference).removesuffix("#").removeprefix(SCHEMAS)


def _reached(api: Api, schemas: Mapping[str, Any], missing: set[str] | None = None) -> dict[str, Schema]:
    """Return the schemas that a service leads to; put those that are not there into ``missing``, if it is given."""
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
        if name not in schemas and missing is not None:
            missing.add(name)
            continue
        if name not in schemas:
            raise UnreadableReferenceError(f"schemas/{name}: is not there, but {wanted_by} needs it")
        check_schema(f"schemas/{name}", schemas[name])
        reached[name] = without_prose(schemas[name])
        waiting += [(f"schemas/{name}", target) for target in _targets(name, reached[name])]
    return reached


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


def _flag(place: str, entry: dict[str, Any], key: str) -> bool:
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise UnreadableReferenceError(f"{place}: {key} is neither true nor false")
    return value


def _texts(place: str, entry: dict[str, Any], key: str) -> list[str]:
    value = entry.get(key, [])
    if not is_list(value) or not all(isinstance(item, str) for item in value):
        raise UnreadableReferenceError(f"{place}: {key} is not a list of texts")
    return value
