"""Scope expressions with parameters, and what roles add to scopes."""

from __future__ import annotations

from typing import Any

import pytest

from tc_testing._facts import methods
from tc_testing._scopes import expand, missing, parameters_of, render


@pytest.mark.parametrize(
    ("template", "parameters", "expression"),
    [
        ("a:<x>/<y>", {"x": "1", "y": "2"}, "a:1/2"),
        ({"AllOf": ["a", {"for": "s", "in": "list", "each": "b:<s>:<x>"}]}, {"list": ["1", "2"], "x": "3"},
         {"AllOf": ["a", "b:1:3", "b:2:3"]}),
        ({"AnyOf": [{"for": "s", "in": "list", "each": "<s>"}]}, {"list": []}, {"AnyOf": []}),
        ({"if": "yes", "then": "a:<x>", "else": "b:<x>"}, {"yes": True, "x": "1"}, "a:1"),
        ({"if": "yes", "then": "a:<x>", "else": "b:<x>"}, {"yes": False, "x": "1"}, "b:1"),
        ("a:<x>", {"x": "<y>"}, "a:<y>"),
    ],
)  # fmt: skip
def test_templates_are_filled_in(template: Any, parameters: dict[str, Any], expression: Any) -> None:
    assert parameters_of(template) <= parameters.keys()
    assert render(template, parameters) == expression


@pytest.mark.parametrize(
    "method", [method for method in methods() if method.scopes], ids=lambda method: method.name
)
def test_every_method_can_be_filled_in(method: Any) -> None:
    parameters = {name: ["x"] if name.endswith("s") else "x" for name in parameters_of(method.scopes)}
    assert "<" not in repr(render(method.scopes, parameters))


@pytest.mark.parametrize(
    ("given", "expression", "rest"),
    [
        (["a:*"], "a:b", None),
        (["a"], "a:b", "a:b"),
        (["*"], {"AllOf": ["a", {"AnyOf": ["b", "c"]}]}, None),
        (["a"], {"AllOf": ["a", "b"]}, "b"),
        (["a"], {"AllOf": ["a", "b", "c"]}, {"AllOf": ["b", "c"]}),
        (["a"], {"AnyOf": ["a", "b"]}, None),
        ([], {"AnyOf": ["a", "b"]}, {"AnyOf": ["a", "b"]}),
        ([], {"AllOf": []}, None),
        ([], {"AnyOf": []}, {"AnyOf": []}),
        (["secrets:get:*"], "secrets:get:é", None),
    ],
)
def test_what_is_missing(given: list[str], expression: Any, rest: Any) -> None:
    assert missing(given, expression) == rest


# As recorded: roles "demo-param:*", "project:demo" and "repo:example.com/org/repo:*".
ROLES = {
    "demo-param:*": ("secrets:get:demo/<..>", "queue:route:index.<..>.*"),
    "project:demo": ("secrets:get:demo/*", "assume:demo-param:abc"),
    "repo:example.com/org/repo:*": ("index:insert-task:demo.*",),
    "loop": ("assume:loop", "assume:loop*", "x"),
}


@pytest.mark.parametrize(
    ("given", "expanded"),
    [
        ([], []),
        (["b", "a", "b"], ["a", "b"]),
        (["assume:project:demo"],
         ["assume:demo-param:abc", "assume:project:demo", "queue:route:index.abc.*", "secrets:get:demo/*"]),
        (["assume:demo-param:*"], ["assume:demo-param:*", "queue:route:index.*", "secrets:get:demo/*"]),
        (["assume:demo-param:"], ["assume:demo-param:", "queue:route:index..*", "secrets:get:demo/"]),
        (["assume:repo:example.com/org/repo:branch:main"],
         ["assume:repo:example.com/org/repo:branch:main", "index:insert-task:demo.*"]),
        (["assume:repo:*"], ["assume:repo:*", "index:insert-task:demo.*"]),
        (["assume:loop"], ["assume:loop*", "x"]),
        (["assume:none"], ["assume:none"]),
        (["*"], ["*"]),
    ],
)  # fmt: skip
def test_roles_add_their_scopes(given: list[str], expanded: list[str]) -> None:
    assert expand(given, ROLES) == expanded
