"""Checks of payloads against the published input schemas."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

from jsonschema import Draft7Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT7

from tc_core import parse_json_date

from ._errors import APIError
from ._facts import schemas
from ._json import is_object

__all__ = ["check_payload", "fill_defaults", "problems"]

_formats = FormatChecker(formats=())


@_formats.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    if isinstance(value, str):
        parse_json_date(value)
    return True


def fill_defaults(path: str, payload: Any) -> Any:
    """`payload` with what it leaves out and the schema has a default for."""
    if not is_object(payload):
        return payload
    properties: dict[str, Any] = schemas()[path].get("properties", {})
    defaults = {name: schema["default"] for name, schema in properties.items() if "default" in schema}
    return deepcopy(defaults) | payload


def check_payload(path: str, payload: Any, root_url: str) -> None:
    """Refuse a payload that does not fit the schema at `path`. Raises APIError 400."""
    found = problems(path, payload)
    if found:
        lines = "".join(f"\n  * {problem}" for problem in found)
        raise APIError(
            "InputValidationError",
            f"\nSchema Validation Failed!\nRejecting Schema: {root_url}/schemas/{path}#\nErrors:{lines}",
        )


def problems(path: str, instance: Any) -> list[str]:
    """What of `instance` does not fit the schema at `path`, one text each."""
    found: Iterator[ValidationError] = _validator(path).iter_errors(instance)
    errors = sorted(found, key=lambda error: list(map(str, error.absolute_path)))
    return list(dict.fromkeys(text for error in errors for text in _describe(error)))


@cache
def _registry() -> Registry[Any]:
    return Registry[Any]().with_resources(
        (f"/schemas/{path}", DRAFT7.create_resource(schema)) for path, schema in schemas().items()
    )


@cache
def _validator(path: str) -> Any:
    return Draft7Validator({"$ref": f"/schemas/{path}"}, registry=_registry(), format_checker=_formats)


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
        case "additionalProperties":
            yield f"{place} must NOT have additional properties"
        case keyword:
            yield f"{place} does not fit {keyword}: {expected!r:.200}"
