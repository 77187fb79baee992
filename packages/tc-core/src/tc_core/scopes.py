"""What scopes allow: matching, sets of scopes, and scope expressions.

A scope is a str of printable ASCII; one that ends in ``*`` stands for all scopes that begin with what is
before the star. A scope set is a list, tuple or set of them.
A scope expression is a scope, ``{"AllOf": [...]}`` or ``{"AnyOf": [...]}`` of scope expressions.

Source: "Scopes" in the Taskcluster manual; the same algebra as ``taskcluster-lib-scopes``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from typing import Any, TypeAlias, TypedDict, TypeGuard, cast

from .types import Array

__all__ = [
    "AllOf",
    "AnyOf",
    "Expression",
    "ScopeSet",
    "compare",
    "intersection",
    "is_valid_expression",
    "is_valid_scope",
    "merge",
    "normalize",
    "pattern_match",
    "remove_given",
    "satisfies",
    "satisfying",
    "simplify",
    "union",
    "validate_expression",
]


class AllOf(TypedDict):
    """Satisfied where every part is; where there is none, always."""

    AllOf: Array[Expression]


class AnyOf(TypedDict):
    """Satisfied where at least one part is; where there is none, never."""

    AnyOf: Array[Expression]


Expression: TypeAlias = str | AllOf | AnyOf
"""A scope expression."""

ScopeSet: TypeAlias = Array[str] | Set[str]
"""A set of scopes, in order or not."""

_SCOPE = "[ -~]*"


def is_valid_scope(scope: object) -> TypeGuard[str]:
    """Say whether ``scope`` is a str of printable ASCII."""
    return isinstance(scope, str) and re.fullmatch(_SCOPE, scope) is not None


def pattern_match(pattern: str, scope: str) -> bool:
    """Say whether ``pattern``, a scope that may end in a star, covers ``scope``."""
    return pattern == scope or (pattern.endswith("*") and scope.startswith(pattern[:-1]))


def compare(first: str, second: str) -> int:
    """Return -1, 0 or 1, as ``first`` comes before ``second``, is the same or comes after it.

    The order of scope sets: by character, but ``ab*`` before ``ab`` and all else that it covers.
    """
    before, after = _order(first), _order(second)
    return (before > after) - (before < after)


def normalize(scopes: ScopeSet) -> list[str]:
    """Leave out of ``scopes``, which are in order, what one of them covers; use `union` for any others.

    Raises:
        TypeError: ``scopes`` is no scope set.
    """
    kept: list[str] = []
    for scope in _scope_list(scopes, "scopes"):
        # In order, what a pattern covers follows right after it.
        if not (kept and pattern_match(kept[-1], scope)):
            kept.append(scope)
    return kept


def merge(first: ScopeSet, second: ScopeSet) -> list[str]:
    """Return the union of two scope sets that are in order; takes linear time.

    Raises:
        TypeError: an argument is no scope set.
    """
    # The sort finds two runs that are in order already and only merges them.
    return normalize(sorted(_scope_list(first, "first") + _scope_list(second, "second"), key=_order))


def union(*scope_sets: ScopeSet) -> list[str]:
    """Return the scopes of all sets, in order, without those that another one covers.

    Raises:
        TypeError: an argument is no scope set.
    """
    lists = (_scope_list(scopes, f"scope_sets[{index}]") for index, scopes in enumerate(scope_sets))
    return normalize(sorted((scope for scopes in lists for scope in scopes), key=_order))


def intersection(first: ScopeSet, second: ScopeSet) -> list[str]:
    """Return the scopes that both sets cover: those of ``first``, then those of ``second``, each once.

    Raises:
        TypeError: an argument is no scope set.
    """
    ones, others = _scope_list(first, "first"), _scope_list(second, "second")
    both = [*filter(_coverage(others), ones), *filter(_coverage(ones), others)]
    return list(dict.fromkeys(both))


def satisfies(scopes: ScopeSet, expression: Expression) -> bool:
    """Say whether who has ``scopes`` has what ``expression`` asks for.

    Raises:
        TypeError, ValueError: ``scopes`` is no scope set or ``expression`` no scope expression.
    """
    return _satisfied(*_checked(scopes, expression))


def satisfying(scopes: ScopeSet, expression: Expression) -> list[str] | None:
    """Return the scopes of ``expression`` that ``scopes`` satisfy it with; None where they do not.

    Raises:
        TypeError, ValueError: ``scopes`` is no scope set or ``expression`` no scope expression.
    """
    found = _satisfying(*_checked(scopes, expression))
    return None if found is None else union(found)


def remove_given(scopes: ScopeSet, expression: Expression) -> Expression | None:
    """Return what is left of ``expression`` for who has ``scopes``; None where they satisfy it.

    Raises:
        TypeError, ValueError: ``scopes`` is no scope set or ``expression`` no scope expression.
    """
    return _remaining(*_checked(scopes, expression))


def simplify(expression: Expression) -> Expression:
    """Return an expression that asks for the same, without needless nesting and repetition, in order.

    Raises:
        TypeError, ValueError: ``expression`` is no scope expression.
    """
    validate_expression(expression)
    return _simplified(expression)


def validate_expression(expression: object) -> None:
    """Do nothing for a scope expression, and say what is wrong with anything else.

    Raises:
        TypeError, ValueError: ``expression`` is no scope expression; the message names the place, such as
            ``expression.AllOf[2]``.
    """
    _validate(expression, "expression")


def is_valid_expression(expression: object) -> TypeGuard[Expression]:
    """Say whether ``expression`` is a scope expression."""
    try:
        validate_expression(expression)
    except (TypeError, ValueError):
        return False
    return True


def _order(scope: str) -> tuple[str, bool]:
    return (scope[:-1], False) if scope.endswith("*") else (scope, True)


def _coverage(scopes: list[str]) -> Callable[[str], bool]:
    """Return a function that says whether ``scopes`` cover a scope; fast however many they are."""
    exact = set(scopes)
    prefixes = {scope[:-1] for scope in exact if scope.endswith("*")}
    lengths = {len(prefix) for prefix in prefixes}
    return lambda scope: scope in exact or any(scope[:length] in prefixes for length in lengths)


def _checked(scopes: ScopeSet, expression: Expression) -> tuple[Callable[[str], bool], Expression]:
    covered = _coverage(_scope_list(scopes, "scopes"))
    validate_expression(expression)
    return covered, expression


def _scope_list(scopes: object, argument: str) -> list[str]:
    # A str has characters where a set has scopes, so it would be taken for scopes of one letter.
    if not isinstance(scopes, (list, tuple, Set)):
        raise TypeError(f"{argument}: {type(scopes).__name__}; pass a list of scopes")
    found = list(cast("list[Any]", scopes))
    for index, scope in enumerate(found):
        if not isinstance(scope, str):
            raise TypeError(f"{argument}[{index}]: {type(scope).__name__}; a scope is a str")
    return found


def _validate(expression: object, path: str) -> None:
    if isinstance(expression, str):
        if not is_valid_scope(expression):
            raise ValueError(f"{path}: is no scope; use printable ASCII only")
        return
    if not isinstance(expression, dict):
        kind = type(expression).__name__
        raise TypeError(f"{path}: {kind}; pass a scope, {{'AllOf': [...]}} or {{'AnyOf': [...]}}")
    if set(cast("dict[str, object]", expression)) not in ({"AllOf"}, {"AnyOf"}):
        raise ValueError(f"{path}: has other keys than AllOf or AnyOf; pass exactly one of the two")
    operator, parts = _taken_apart(cast("AllOf | AnyOf", expression))
    if not isinstance(parts, (list, tuple)):
        raise TypeError(f"{path}.{operator}: {type(parts).__name__}; pass a list of scope expressions")
    for index, part in enumerate(parts):
        _validate(part, f"{path}.{operator}[{index}]")


def _taken_apart(expression: AllOf | AnyOf) -> tuple[str, Array[Expression]]:
    [(operator, parts)] = cast("dict[str, Array[Expression]]", expression).items()
    return operator, parts


def _put_together(operator: str, parts: list[Expression]) -> Expression:
    if len(parts) == 1:
        return parts[0]
    return {"AllOf": parts} if operator == "AllOf" else {"AnyOf": parts}


def _satisfied(covered: Callable[[str], bool], expression: Expression) -> bool:
    if isinstance(expression, str):
        return covered(expression)
    operator, parts = _taken_apart(expression)
    enough = all if operator == "AllOf" else any
    return enough(_satisfied(covered, part) for part in parts)


def _satisfying(covered: Callable[[str], bool], expression: Expression) -> list[str] | None:
    if isinstance(expression, str):
        return [expression] if covered(expression) else None
    operator, parts = _taken_apart(expression)
    found = [scopes for part in parts if (scopes := _satisfying(covered, part)) is not None]
    if len(found) < (len(parts) if operator == "AllOf" else 1):
        return None
    return [scope for scopes in found for scope in scopes]


def _remaining(covered: Callable[[str], bool], expression: Expression) -> Expression | None:
    if isinstance(expression, str):
        return None if covered(expression) else expression
    operator, parts = _taken_apart(expression)
    left = [rest for part in parts if (rest := _remaining(covered, part)) is not None]
    if operator == "AllOf" and not left:
        return None
    if operator == "AnyOf" and len(left) < len(parts):
        return None
    return _put_together(operator, left)


def _simplified(expression: Expression) -> Expression:
    if isinstance(expression, str):
        return expression
    operator, parts = _taken_apart(expression)
    simple: list[Expression] = []
    for part in map(_simplified, parts):
        if isinstance(part, dict) and operator in part:
            simple.extend(_taken_apart(part)[1])
        else:
            simple.append(part)
    distinct = {_rank(part): part for part in simple}
    return _put_together(operator, [distinct[rank] for rank in sorted(distinct)])


def _rank(simple: Expression) -> tuple[bool, str, bool]:
    # Simplified, expressions that ask for the same parts are written the same.
    return (True, repr(simple), False) if isinstance(simple, dict) else (False, *_order(simple))
