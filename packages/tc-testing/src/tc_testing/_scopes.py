"""Scope expressions with parameters, and what roles add to scopes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tc_core import scopes

__all__ = ["expand", "missing", "parameters_of", "render"]

_PARAMETER = re.compile(r"<(\w+)>")
_ASSUME = "assume:"


def parameters_of(template: Any) -> set[str]:
    """The names of the parameters that must be known to fill in `template`."""
    match template:
        case str():
            return set(_PARAMETER.findall(template))
        case {"for": variable, "in": source, "each": each}:
            return (parameters_of(each) - {variable}) | {source}
        case {"if": condition, "then": then, "else": otherwise}:
            return {condition} | parameters_of(then) | parameters_of(otherwise)
        case {"AllOf": parts} | {"AnyOf": parts}:
            return set[str]().union(*map(parameters_of, parts))
        case None:
            return set()
        case _:
            raise ValueError(f"not a scope expression template: {template!r}")


def render(template: Any, parameters: Mapping[str, Any]) -> Any:
    """The scope expression that `template` stands for, its `<parameters>`, loops and conditions filled in."""
    match template:
        case str():
            return _PARAMETER.sub(lambda match: str(parameters[match[1]]), template)
        case {"if": condition, "then": then, "else": otherwise}:
            return render(then if parameters[condition] else otherwise, parameters)
        case {"AllOf": parts}:
            return {"AllOf": list(_render_all(parts, parameters))}
        case {"AnyOf": parts}:
            return {"AnyOf": list(_render_all(parts, parameters))}
        case _:
            raise ValueError(f"not a scope expression template: {template!r}")


def _render_all(parts: Sequence[Any], parameters: Mapping[str, Any]) -> Iterable[Any]:
    for part in parts:
        match part:
            case {"for": variable, "in": source, "each": each}:
                for value in parameters[source]:
                    yield render(each, {**parameters, variable: value})
            case _:
                yield render(part, parameters)


def missing(given: Sequence[str], expression: Any) -> Any:
    """What of a scope expression is left for who has the scopes `given`; None where they satisfy it."""
    if isinstance(expression, str):
        return None if any(scopes.pattern_match(scope, expression) for scope in given) else expression
    [(operator, parts)] = expression.items()
    left = [rest for part in parts if (rest := missing(given, part)) is not None]
    if not left if operator == "AllOf" else len(left) < len(parts):
        return None
    return left[0] if len(left) == 1 else {operator: left}


def expand(given: Iterable[str], roles: Mapping[str, Sequence[str]]) -> list[str]:
    """All that `given` amounts to when each role it may assume adds its scopes, in its shortest form.

    `roles` maps role ids to their scopes. A role id ending in `*` is met by everything with that beginning, and
    what the star stands for takes the place of `<..>` in the role's scopes.
    """
    found: dict[str, None] = {}
    waiting = list(given)
    while waiting:
        scope = waiting.pop()
        if scope in found:
            continue
        found[scope] = None
        for role_id, role_scopes in roles.items():
            value = _assumes(scope, role_id)
            if value is not None:
                waiting.extend(_fill(role_scope, value) for role_scope in role_scopes)
    return scopes.union(list(found))


def _assumes(scope: str, role_id: str) -> str | None:
    """What `<..>` is in the scopes of the role, or None if `scope` does not give the role."""
    role = _ASSUME + role_id
    if scope.endswith("*") and role.startswith(scope[:-1]):
        return "*"
    if role_id.endswith("*") and scope.startswith(role[:-1]):
        return scope[len(role) - 1 :]
    return "" if scope == role else None


def _fill(role_scope: str, value: str) -> str:
    before, placeholder, after = role_scope.partition("<..>")
    if not placeholder:
        return role_scope
    return before + value + ("" if value.endswith("*") else after)
