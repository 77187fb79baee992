"""Checks of payloads against the published input schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any, TypeAlias, cast

from jsonschema import Draft7Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT7

from tc_core import parse_json_date

from ._errors import APIError
from ._facts import schemas
from ._json import is_array, is_object

__all__ = ["Validator", "check_payload", "fill_defaults", "problems", "problems_of", "refuse", "validator"]

Validator: TypeAlias = Draft7Validator

# RFC 3986, section 2: the scheme, and the characters that may follow.
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
_formats = FormatChecker(formats=())


@_formats.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    if isinstance(value, str):
        parse_json_date(value)
    return True


@_formats.checks("email")
def _is_email(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", value) is not None


@_formats.checks("uri")
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or _URI.fullmatch(value) is not None


def fill_defaults(path: str, payload: Any) -> Any:
    """`payload` with what it leaves out and the schema has a default for."""
    if not is_object(payload):
        return payload
    properties: dict[str, Any] = schemas()[path].get("properties", {})
    defaults = {name: schema["default"] for name, schema in properties.items() if "default" in schema}
    return deepcopy(defaults) | payload


def check_payload(path: str, payload: Any, root_url: str) -> None:
    """Refuse a payload that does not fit the schema at `path`. Raises APIError 400."""
    refuse(_published(path), path, payload, root_url)


def refuse(check: Validator, path: str, instance: Any, root_url: str) -> None:
    """Refuse what does not pass `check`, in the name of the schema at `path`. Raises APIError 400."""
    found = problems_of(check, instance)
    if found:
        lines = "".join(f"\n  * {problem}" for problem in found)
        raise APIError(
            "InputValidationError",
            f"\nSchema Validation Failed!\nRejecting Schema: {root_url}/schemas/{path}#\nErrors:{lines}",
        )


def problems(path: str, instance: Any) -> list[str]:
    """What of `instance` does not fit the schema at `path`, one text each."""
    return problems_of(_published(path), instance)


def validator(schema: dict[str, Any]) -> Validator:
    """What checks values by a schema that the services do not publish with their methods."""
    return Draft7Validator(schema, registry=_registry(), format_checker=_formats)


def problems_of(check: Validator, instance: Any) -> list[str]:
    """What of `instance` does not pass `check`, one text each."""
    found: Iterator[ValidationError] = cast(Any, check).iter_errors(instance)
    errors = sorted(found, key=_place)
    return list(dict.fromkeys(text for error in errors for text in _describe(error)))


@cache
def _registry() -> Registry[Any]:
    return Registry[Any]().with_resources(
        (f"/schemas/{path}", DRAFT7.create_resource(schema)) for path, schema in schemas().items()
    )


@cache
def _published(path: str) -> Validator:
    resolver = _registry().resolver(f"/schemas/{path}")
    return validator(_without_references(schemas()[path], resolver))


def _without_references(schema: Any, resolver: Any) -> Any:
    """`schema` with what its references lead to in their place: to follow them takes half of the time of a check.

    No schema of the services holds itself.
    """
    if is_array(schema):
        return [_without_references(part, resolver) for part in schema]
    if not is_object(schema):
        return schema
    if "$ref" in schema:
        found = resolver.lookup(schema["$ref"])
        return _without_references(found.contents, found.resolver)
    return {name: _without_references(part, resolver) for name, part in schema.items()}


def _describe(error: ValidationError) -> Iterator[str]:
    place = "/".join(["data", *map(str, error.absolute_path)])
    expected: Any = error.validator_value
    instance: Any = error.instance
    match error.validator:
        case "required":
            for name in expected:
                if name not in instance:
                    yield f"{place} must have required property '{name}'"
        case "type":
            yield f"{place} must be {expected if isinstance(expected, str) else ','.join(expected)}"
        case "pattern":
            yield f'{place} must match pattern "{expected}"'
        case "format":
            yield f'{place} must match format "{expected}"'
        case "enum":
            yield f"{place} must be equal to one of the allowed values"
        case "minimum":
            yield f"{place} must be >= {expected}"
        case "maximum":
            yield f"{place} must be <= {expected}"
        case "maxLength":
            yield f"{place} must NOT have more than {expected} characters"
        case "minLength":
            yield f"{place} must NOT have fewer than {expected} characters"
        case "additionalProperties":
            for name in _unknown(error.schema, instance):
                yield f'{place} must NOT have additional properties: "{name}"'
        case "oneOf" | "anyOf":
            for cause in sorted(error.context or (), key=_branch_and_place):
                yield from _describe(cause)
            one = "exactly one schema in oneOf" if error.validator == "oneOf" else "a schema in anyOf"
            yield f"{place} must match {one}"
        case keyword:
            yield f"{place} does not fit {keyword}: {expected!r:.200}"


def _place(error: ValidationError) -> tuple[list[str], bool]:
    """Where an error belongs in the text: from the outside in, and what is missing before what is there."""
    return list(map(str, error.absolute_path)), error.validator != "required"


def _branch_and_place(error: ValidationError) -> tuple[int, tuple[list[str], bool]]:
    """Where an error under oneOf or anyOf belongs in the text: branch by branch."""
    return int(error.relative_schema_path[0]), _place(error)


def _unknown(schema: Any, instance: dict[str, Any]) -> Iterator[str]:
    patterns = schema.get("patternProperties", {})
    for name in instance:
        if name not in schema.get("properties", {}) and not any(re.search(one, name) for one in patterns):
            yield name
