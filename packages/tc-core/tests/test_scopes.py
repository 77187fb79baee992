from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tc_core import scopes
from tc_core.scopes import Expression

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors/scopes.json").read_text("utf-8"))

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "mergeScopeSets": scopes.merge,
    "normalizeScopeSet": scopes.normalize,
    "patternMatch": scopes.pattern_match,
    "removeGivenScopes": scopes.remove_given,
    "satisfiesExpression": scopes.satisfies,
    "scopeCompare": scopes.compare,
    "scopeIntersection": scopes.intersection,
    "scopeUnion": scopes.union,
    "scopesSatisfying": scopes.satisfying,
    "simplifyScopeExpression": scopes.simplify,
    "validExpression": scopes.is_valid_expression,
    "validScope": scopes.is_valid_scope,
}

# The JavaScript library fails on this one by mistake: the same with AllOf it can simplify.
THRICE_NESTED = {"AnyOf": ["a", {"AnyOf": ["b", {"AnyOf": ["c"]}]}]}

# Few letters, so that what is drawn matches often.
SCOPES = st.text("ab:*", max_size=4)
SCOPE_SETS = st.lists(SCOPES, max_size=6)
EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    SCOPES,
    lambda inner: st.lists(inner, max_size=3).flatmap(
        lambda parts: st.sampled_from([{"AllOf": parts}, {"AnyOf": parts}])
    ),
    max_leaves=6,
)


def covers(scope_set: list[str], scope: str) -> bool:
    return any(scopes.pattern_match(pattern, scope) for pattern in scope_set)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_scopes_agree_with_the_javascript_library(function: str) -> None:
    cases = [case for case in VECTORS["cases"] if case["function"] == function]
    assert cases
    for case in cases:
        if case["args"] == [THRICE_NESTED] and "error" in case:
            assert scopes.simplify(*case["args"]) == {"AnyOf": ["a", "b", "c"]}
        elif function == "validExpression":
            assert scopes.is_valid_expression(*case["args"]) is ("error" not in case), case
        elif "error" in case:
            with pytest.raises((TypeError, ValueError), match=r"^(expression|scopes)\b"):
                FUNCTIONS[function](*case["args"])
        else:
            assert FUNCTIONS[function](*case["args"]) == case["result"], case


def test_every_vector_is_used() -> None:
    assert {case["function"] for case in VECTORS["cases"]} == set(FUNCTIONS)


@given(SCOPE_SETS, SCOPES)
def test_a_set_covers_what_one_of_its_scopes_matches(scope_set: list[str], scope: str) -> None:
    assert scopes.satisfies(scope_set, scope) is covers(scope_set, scope)


@given(SCOPES, SCOPES, SCOPES)
def test_compare_is_an_order_in_which_patterns_come_first(a: str, b: str, c: str) -> None:
    assert scopes.compare(a, b) == -scopes.compare(b, a)
    assert (scopes.compare(a, b) == 0) is (a == b)
    if scopes.compare(a, b) <= 0 and scopes.compare(b, c) <= 0:
        assert scopes.compare(a, c) <= 0
    if not a.endswith("*"):
        assert scopes.compare(a + "*", a) == -1
        assert scopes.compare(a + "*", a + b) <= 0


@given(SCOPE_SETS)
def test_normalize_keeps_what_a_sorted_set_covers(scope_set: list[str]) -> None:
    ordered = sorted(scope_set, key=functools.cmp_to_key(scopes.compare))
    result = scopes.normalize(ordered)
    assert scopes.normalize(result) == result
    assert set(result) <= set(scope_set)
    assert all(covers(result, scope) for scope in scope_set)
    for index, scope in enumerate(result):
        assert not covers(result[:index], scope)


@given(SCOPE_SETS, SCOPE_SETS, SCOPES)
def test_union_covers_what_one_of_the_sets_covers(a: list[str], b: list[str], scope: str) -> None:
    result = scopes.union(a, b)
    assert covers(result, scope) is (covers(a, scope) or covers(b, scope))
    assert result == scopes.union(b, a) == scopes.merge(scopes.union(a), scopes.union(b))
    assert result == sorted(result, key=functools.cmp_to_key(scopes.compare))


@given(SCOPE_SETS, SCOPE_SETS, SCOPES)
def test_intersection_covers_what_both_sets_cover(a: list[str], b: list[str], scope: str) -> None:
    # As elsewhere, "**" takes the pattern "*" for one of the scopes that begin with a star.
    assume(not any(each.endswith("**") for each in a + b))
    result = scopes.intersection(a, b)
    assert covers(result, scope) is (covers(a, scope) and covers(b, scope))
    assert len(result) == len(set(result))


@given(SCOPE_SETS, SCOPE_SETS, EXPRESSIONS)
def test_more_scopes_satisfy_no_less(a: list[str], b: list[str], expression: Expression) -> None:
    if scopes.satisfies(a, expression):
        assert scopes.satisfies(a + b, expression)
        assert scopes.satisfies(scopes.union(a, b), expression)


@given(SCOPE_SETS, EXPRESSIONS)
def test_satisfying_scopes_satisfy_and_are_had(scope_set: list[str], expression: Expression) -> None:
    found = scopes.satisfying(scope_set, expression)
    assert (found is not None) is scopes.satisfies(scope_set, expression)
    if found is not None:
        assert all(covers(scope_set, scope) for scope in found)
        assert scopes.satisfies(found, expression)


@given(SCOPE_SETS, SCOPE_SETS, EXPRESSIONS)
def test_what_is_left_is_what_more_scopes_must_satisfy(
    had: list[str], more: list[str], expression: Expression
) -> None:
    rest = scopes.remove_given(had, expression)
    assert (rest is None) is scopes.satisfies(had, expression)
    if rest is not None and scopes.satisfies(more, rest):
        assert scopes.satisfies(had + more, expression)


@given(SCOPE_SETS, EXPRESSIONS)
def test_simplify_changes_the_writing_only(scope_set: list[str], expression: Expression) -> None:
    simple = scopes.simplify(expression)
    assert scopes.satisfies(scope_set, simple) is scopes.satisfies(scope_set, expression)
    assert scopes.simplify(simple) == simple


@given(EXPRESSIONS)
def test_tuples_and_sets_do_as_well_as_lists(expression: Expression) -> None:
    def as_tuples(part: Any) -> Any:
        return part if isinstance(part, str) else {key: tuple(map(as_tuples, part[key])) for key in part}

    expected = scopes.satisfies(["a*", "b"], expression)
    for scope_set in (("a*", "b"), {"a*", "b"}, frozenset({"a*", "b"})):
        assert scopes.satisfies(scope_set, as_tuples(expression)) is expected


SET_ARGUMENTS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda bad: scopes.normalize(bad), "scopes"),
    (lambda bad: scopes.merge(bad, []), "first"),
    (lambda bad: scopes.merge([], bad), "second"),
    (lambda bad: scopes.union(["a"], bad), r"scope_sets\[1\]"),
    (lambda bad: scopes.intersection(bad, []), "first"),
    (lambda bad: scopes.intersection([], bad), "second"),
    (lambda bad: scopes.satisfies(bad, "a"), "scopes"),
    (lambda bad: scopes.satisfying(bad, "a"), "scopes"),
    (lambda bad: scopes.remove_given(bad, "a"), "scopes"),
]


@pytest.mark.parametrize("bad", ["a:b", b"a:b", None, 5, {"a": "b"}])
@pytest.mark.parametrize(("call", "argument"), SET_ARGUMENTS)
def test_what_is_no_scope_set_is_refused(call: Callable[[Any], Any], argument: str, bad: object) -> None:
    with pytest.raises(TypeError, match=rf"^{argument}: {type(bad).__name__}; pass a list of scopes"):
        call(bad)


@pytest.mark.parametrize(("call", "argument"), SET_ARGUMENTS)
def test_what_is_no_scope_is_refused_by_place(call: Callable[[Any], Any], argument: str) -> None:
    with pytest.raises(TypeError, match=rf"^{argument}\[1\]: NoneType; a scope is a str"):
        call(["a", None])


@pytest.mark.parametrize(
    ("expression", "error", "message"),
    [
        (None, TypeError, r"^expression: NoneType; pass a scope, "),
        ({}, ValueError, r"^expression: .* exactly one"),
        ({"allOf": []}, ValueError, r"^expression: .* exactly one"),
        ({"AllOf": [], "AnyOf": []}, ValueError, r"^expression: .* exactly one"),
        ({"AllOf": "abc"}, TypeError, r"^expression\.AllOf: str; pass a list"),
        ({"AllOf": ["a", {"AnyOf": ["b", 5]}]}, TypeError, r"^expression\.AllOf\[1\]\.AnyOf\[1\]: int"),
        ({"AnyOf": ["caf\u00e9"]}, ValueError, r"^expression\.AnyOf\[0\]: is no scope; use printable ASCII"),
    ],
)
def test_a_bad_expression_is_refused_by_place(expression: Any, error: type[Exception], message: str) -> None:
    assert not scopes.is_valid_expression(expression)
    calls: list[Callable[[Any], Any]] = [
        scopes.validate_expression,
        scopes.simplify,
        lambda bad: scopes.satisfies(["*"], bad),
        lambda bad: scopes.satisfying(["*"], bad),
        lambda bad: scopes.remove_given(["*"], bad),
    ]
    for call in calls:
        with pytest.raises(error, match=message):
            call(expression)
