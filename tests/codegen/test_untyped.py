"""Where `Any` stands: only where schemas say nothing more, and all of it in docs/any.md."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from made_up import Json, build, exchange, method, package, published, record
from trees import of_106

from codegen import files, model

ROOT = Path(__file__).parents[2]
SERVICES = {service.name: service for service in files.services(ROOT)}

TELLING = {
    "$ref",
    "allOf",
    "anyOf",
    "const",
    "enum",
    "format",
    "items",
    "oneOf",
    "patternProperties",
    "properties",
    "pattern",
    "minimum",
    "maximum",
    "maxLength",
    "minLength",
}
"""Keywords that say what a value is made of."""


def says_nothing_more(node: Any) -> bool:
    """Say whether a schema allows any value, any object or any list."""
    if node is True:
        return True
    others_allowed = node.get("additionalProperties", True) in (True, {})
    return not TELLING & node.keys() and others_allowed and node.get("type") in (None, "object", "array")


@pytest.mark.parametrize("name", SERVICES)
def test_every_such_node_says_nothing_more(name: str) -> None:
    for entry in SERVICES[name].untyped:
        # Without a schema nothing is said at all.
        assert entry.says is None or says_nothing_more(json.loads(entry.says)), entry


def uses(text: str) -> dict[str, str]:
    """Return the annotations with `Any` of each alias, each key of a class, and each method."""
    found: dict[str, str] = {}
    for node in ast.parse(text).body:
        match node:
            case ast.ClassDef(name=name, body=body):
                for field in body:
                    if isinstance(field, ast.AnnAssign):
                        found[f'{name}["{ast.unparse(field.target)}"]'] = ast.unparse(field.annotation)
                    elif isinstance(field, (ast.FunctionDef, ast.AsyncFunctionDef)):
                        annotations = [field.args, *([field.returns] if field.returns else [])]
                        found[field.name] = " ".join(map(ast.unparse, annotations))
            case ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value):
                found[name] = ast.unparse(value)
            case ast.Assign(targets=[ast.Name(name)], value=ast.Call(args=[_, ast.Dict(keys, values)])):
                pairs = [(key, value) for key, value in zip(keys, values, strict=True) if key]
                found |= {f'{name}["{ast.literal_eval(key)}"]': ast.unparse(value) for key, value in pairs}
            case _:
                pass
    return {place: annotation for place, annotation in found.items() if re.search(r"\bAny\b", annotation)}


@pytest.mark.parametrize("name", SERVICES)
def test_the_types_have_any_where_the_table_says_and_nowhere_else(name: str) -> None:
    service = SERVICES[name]
    source = ROOT / "packages" / f"tc-{name}" / "src" / model.import_name(name) / "_generated"
    stands = {place for entry in service.untyped for place in entry.stands}
    in_types = {place for place in stands if "(" not in place and " " not in place}
    open_types = "|".join(place.removeprefix("other keys of ") for place in stands - in_types) or "none"
    in_keys = {
        place
        for place, annotation in uses((source / "types.py").read_text()).items()
        if re.search(r"\bAny\b", re.sub(rf"\b(?:{open_types}) \| Mapping\[str, Any\]", "", annotation))
    }
    assert in_keys == in_types
    in_methods = {re.split("_|$", use)[0] for use in uses((source / "client.py").read_text())}
    others = {re.split(r"[ _(]", place.removeprefix("what "))[0] for place in stands - in_types}
    assert in_methods == others - {"other"}


def test_the_table_has_all_of_them() -> None:
    text = (ROOT / "docs" / "any.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| `") and not line.startswith("| `Any`")]
    assert len(rows) == sum(len(service.untyped) for service in SERVICES.values())


@of_106
def test_a_row_of_the_table() -> None:
    row = '| `IndexedTaskResponse["data"]` | `index/v1/indexed-task-response.json#/properties/data` |'
    assert row in (ROOT / "docs" / "any.md").read_text()


def test_each_place_is_found() -> None:
    any_object: Json = {"type": "object"}
    page = record("rows", rows={"type": "array", "items": any_object}, continuationToken={"type": "string"})
    files_of_odd = published(
        method("lost"),
        method("walk", query=["continuationToken"], output="v1/page.json#"),
        method("put", "put", input="v1/open.json#"),
        method("alias", output="v1/alias.json#"),
        exchanges=(exchange("made"),),
        schemas={
            "odd/v1/page.json": page,
            "odd/v1/open.json": record("", True, name={"type": "array"}, kind={"enum": [[1], {"a": "b"}]}),
            "odd/v1/alias.json": {"type": ["string", "object"]},
            "odd/v1/message.json": {},
        },
    )
    service = build(files_of_odd)
    assert [
        (entry.node, entry.says and json.loads(entry.says), entry.stands) for entry in service.untyped
    ] == [
        ("schemas/odd.lost()", None, ("what lost returns",)),
        ("schemas/odd/v1/alias.json/type/object", None, ("Alias",)),
        ("schemas/odd/v1/message.json", {}, ("Message",)),
        ("schemas/odd/v1/open.json/additionalProperties", True, ("other keys of Open",)),
        ("schemas/odd/v1/open.json/properties/name", {"type": "array"}, ('Open["name"]',)),
        (
            "schemas/odd/v1/page.json/properties/rows/items",
            any_object,
            ('Page["rows"]', "what walk_items gives"),
        ),
    ]
    types = package(service)["src/tc_odd/_generated/types.py"]
    assert 'kind: NotRequired[ReadOnly[Array[Literal[1]] | Mapping[str, Literal["b"]]]]' in types
