"""What is taken from published references, and what is left behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_up import Json, exchange, method, published, record
from trees import of_106

from codegen import read
from codegen._json import is_object

ROOT = Path(__file__).parents[2]
APIS, TASKCLUSTER = read.stored(ROOT / "codegen" / "api")
METHODS = [method for api in APIS.values() for method in api["methods"]]


def test_a_method_keeps_its_facts() -> None:
    entry = method(
        "createThing",
        "put",
        "/thing/<thingId>",
        query=["limit"],
        scopes={"AllOf": ["a"]},
        input="v1/in.json#",
        output="v1/out.json#",
    )
    schemas = {"odd/v1/in.json": {"type": "object"}, "odd/v1/out.json": {"type": "object"}}
    assert read.take(published(entry, schemas=schemas))["odd"]["methods"] == [
        {
            "name": "createThing",
            "verb": "PUT",
            "route": "/thing/<thingId>",
            "args": ["thingId"],
            "query": ["limit"],
            "stability": "stable",
            "category": "Odd",
            "scopes": {"AllOf": ["a"]},
            "input": "odd/v1/in.json",
            "output": "odd/v1/out.json",
        }
    ]


def test_an_exchange_keeps_its_facts_under_its_full_name() -> None:
    parts = (
        {"name": "kind", "constant": "primary"},
        {"name": "rest", "multipleWords": True, "required": False},
    )
    schemas = {"odd/v1/message.json": {"type": "object"}}
    taken = read.take(published(exchanges=(exchange("made", *parts),), schemas=schemas))
    assert taken["odd"]["exchanges"] == [
        {
            "name": "made",
            "exchange": "exchange/taskcluster-odd/v1/made",
            "routingKey": [
                {"name": "kind", "multipleWords": False, "required": True, "constant": "primary"},
                {"name": "rest", "multipleWords": True, "required": False},
            ],
            "schema": "odd/v1/message.json",
        }
    ]


def test_words_go_and_properties_that_are_called_like_words_stay() -> None:
    schema = {
        "title": "words",
        "description": "words",
        **record(title={"title": "words"}, description={"type": "string", "description": "words"}),
        "default": {"title": "a value", "description": "a value"},
        "anyOf": [{"title": "words", "required": ["title"]}],
        "definitions": {"title": {"title": "words", "enum": ["title"]}},
        "items": [{"title": "words"}],
        "patternProperties": {"^title": {"title": "words"}},
    }
    files = published(method(output="v1/thing.json#"), schemas={"odd/v1/thing.json": schema})
    kept = read.take(files)["odd"]["schemas"]["odd/v1/thing.json"]
    del kept["$id"], kept["$schema"]
    assert kept == {
        **record(title={}, description={"type": "string"}),
        "default": {"title": "a value", "description": "a value"},
        "anyOf": [{"required": ["title"]}],
        "definitions": {"title": {"enum": ["title"]}},
        "items": [{}],
        "patternProperties": {"^title": {}},
    }


def test_only_schemas_that_are_reached_are_kept() -> None:
    schemas: Json = {
        "odd/v1/thing.json": {"items": {"$ref": "./inner.json#/definitions/part"}, "type": "array"},
        "odd/v1/inner.json": {"definitions": {"part": {"$ref": "/schemas/other/v1/far.json#"}}},
        "other/v1/far.json": record(back={"$ref": "../../odd/v1/thing.json"}),
        "odd/v1/unused.json": {"type": "string"},
    }
    taken = read.take(published(method(output="v1/thing.json#"), schemas=schemas))
    assert list(taken["odd"]["schemas"]) == ["odd/v1/inner.json", "odd/v1/thing.json", "other/v1/far.json"]


def test_a_blob_is_no_schema() -> None:
    assert "output" not in read.take(published(method(output="blob")))["odd"]["methods"][0]


def test_logs_metrics_and_manifests_are_passed_over() -> None:
    files = published(method())
    files["references/odd/v1/logs.json"] = {"serviceName": "odd", "types": []}
    files["references/manifest.json"] = {"references": []}
    assert list(read.take(files)) == ["odd"]


def test_a_file_and_a_folder_give_the_same(tmp_path: Path) -> None:
    files = published(method(output="v1/thing.json#"), schemas={"odd/v1/thing.json": {"type": "string"}})
    one = tmp_path / "references.json"
    one.write_text(json.dumps([{"filename": name, "content": content} for name, content in files.items()]))
    for name, content in files.items():
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    (tmp_path / "folder" / "package.json").write_text("not JSON, and not asked for")
    assert read.load(one) == read.load(tmp_path / "folder") == files


def test_a_folder_with_two_sets_of_references_is_refused(tmp_path: Path) -> None:
    for version in ("106", "107"):
        path = tmp_path / version / "references" / "odd" / "v1" / "api.json"
        path.parent.mkdir(parents=True)
        path.write_text("{}")
    with pytest.raises(
        read.UnreadableReferenceError, match=r"^\S+/107/references/odd/v1/api\.json: .* also at \S+/106/"
    ):
        read.load(tmp_path)


def test_what_is_stored_comes_back(tmp_path: Path) -> None:
    apis = read.take(published(method("été")))
    for name, text in read.dump(apis, "1.2.3").items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert read.stored(tmp_path) == (apis, "1.2.3")


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({}, "no reference"),
        ({"references/odd/v1/api.json": []}, "references/odd/v1/api.json: not an object"),
        ({"references/odd/v1/api.json": {"entries": []}}, "references/odd/v1/api.json: serviceName"),
        (published({"name": "a"}), r"references/odd/v1/api.json: entries\[0\] \(a\): method"),
        (published(method(), {**method("b"), "route": 7}), r"api.json: entries\[1\] \(b\): route"),
        (published(method("b", route="thing")), r"entries\[0\] \(b\): route is 'thing', which is no path"),
        (published(method("b", route="/<x", args=["x"])), r"entries\[0\] \(b\): route is '/<x'"),
        (published(method("b", route="/<x>?y=<z>")), r"entries\[0\] \(b\): route is"),
        (published(method("b", route="/<x>", args=["y"])), r"entries\[0\] \(b\): args are \['y'\].*\['x'\]"),
        (published(method(query="limit")), r"entries\[0\] \(thing\): query"),
        (published(method(output="v1/gone.json#")), "schemas/odd/v1/gone.json: .*odd.thing needs it"),
        (
            published(method(output="v1/a.json#"), schemas={"odd/v1/a.json": {"$ref": "b.json#"}}),
            "schemas/odd/v1/b.json: .*schemas/odd/v1/a.json needs it",
        ),
        (
            {
                **published(method()),
                "references/odd/v2/api.json": {"apiVersion": "v2", "serviceName": "odd", "entries": []},
            },
            "references/odd/v2/api.json: odd is there as v1 and v2",
        ),
    ],
)
def test_a_reference_that_cannot_be_read_is_named_with_its_place(files: Json, place: str) -> None:
    with pytest.raises(read.UnreadableReferenceError, match=place):
        read.take(files)


@pytest.mark.parametrize(
    ("text", "problem"), [("{", "not JSON"), ("[1]", "not a list"), ('[{"filename": 1}]', "not a list")]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "references.json"
    path.write_text(text)
    with pytest.raises(read.UnreadableReferenceError, match=rf"references\.json: {problem}"):
        read.load(path)
    with pytest.raises(read.UnreadableReferenceError, match=r"gone\.json: No such file"):
        read.load(tmp_path / "gone.json")


@of_106
def test_taskcluster_106_is_there_as_a_whole() -> None:
    assert TASKCLUSTER == "106.0.0"
    assert len(APIS) == 11
    assert len(METHODS) == 194
    assert sum(method["verb"] == "GET" for method in METHODS) == 125
    paginated = [method for method in METHODS if "continuationToken" in method["query"]]
    assert (len(paginated), sum(method["verb"] == "POST" for method in paginated)) == (35, 3)
    assert sum("output" not in method for method in METHODS) == 68
    assert sum(method["stability"] == "deprecated" for method in METHODS) == 16
    assert [len(api["exchanges"]) for api in APIS.values() if api["exchanges"]] == [6, 5, 3, 1, 11, 10]


def test_no_words_of_others_are_kept() -> None:
    for api in APIS.values():
        for schema in api["schemas"].values():
            assert not [keyword for keyword in keywords(schema) if keyword in ("title", "description")]


def keywords(schema: Any) -> Iterator[str]:
    """Give the keywords of a schema, and of those in it."""
    if not is_object(schema):
        return
    yield from schema
    for name in ("properties", "definitions"):
        for inner in schema.get(name, {}).values():
            yield from keywords(inner)
    for inner in [
        schema.get("items"),
        schema.get("additionalProperties"),
        *schema.get("oneOf", []),
        *schema.get("anyOf", []),
    ]:
        yield from keywords(inner)
