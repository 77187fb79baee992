"""What types are made of schemas, one oddity at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_up import Json, answer, both, build, method, payload, published, record, types_of

from codegen import files, model, read
from codegen._json import is_object

ROOT = Path(__file__).parents[2]
REAL = {service.name: types_of(service) for service in files.services(ROOT)}

TEXT = {"type": "string"}
DATE = {"type": "string", "format": "date-time"}


@pytest.mark.parametrize(
    ("schema", "read", "written"),
    [
        (TEXT, "str", "str"),
        ({"type": "integer"}, "int", "int"),
        ({"type": "number"}, "float", "float"),
        ({"type": "boolean"}, "bool", "bool"),
        ({"type": "null"}, "None", "None"),
        (DATE, "str", "str | datetime"),
        ({}, "Any", "Any"),
        ({"default": 3}, "Any", "Any"),
        (True, "Any", "Any"),
        ({"type": ["string", "null"]}, "str | None", "str | None"),
        ({"type": "array"}, "list[Any]", "Array[Any]"),
        ({"type": "array", "items": DATE}, "list[str]", "Array[str | datetime]"),
        ({"items": TEXT}, "list[str]", "Array[str]"),
        ({"type": "array", "items": [TEXT, {"type": "null"}]}, "list[str | None]", "Array[str | None]"),
        ({"type": "object"}, "dict[str, Any]", "Mapping[str, Any]"),
        ({"type": "object", "required": ["a"]}, "dict[str, Any]", "Mapping[str, Any]"),
        ({"type": "object", "additionalProperties": TEXT}, "dict[str, str]", "Mapping[str, str]"),
        (
            {"type": "object", "patternProperties": {"^a": TEXT}, "additionalProperties": False},
            "dict[str, str]",
            "Mapping[str, str]",
        ),
        ({"enum": ["a", "b"]}, 'Literal["a", "b"]', 'Literal["a", "b"]'),
        ({"enum": ["a", None]}, 'Literal["a"] | None', 'Literal["a"] | None'),
        ({"enum": [1, True]}, "Literal[1, True]", "Literal[1, True]"),
        ({"enum": [1.5]}, "float", "float"),
        ({"const": True}, "Literal[True]", "Literal[True]"),
        ({"const": ""}, 'Literal[""]', 'Literal[""]'),
        ({"pattern": "^a$"}, "str", "str"),
        ({"minimum": 0}, "float", "float"),
        ({"oneOf": [{"const": ""}, TEXT]}, "str", "str"),
        ({"oneOf": [DATE, {"const": ""}]}, "str", "str | datetime"),
        ({"anyOf": [TEXT, {"type": "integer"}, TEXT]}, "str | int", "str | int"),
        ({"oneOf": [{"const": "a"}, {"const": "b"}]}, 'Literal["a", "b"]', 'Literal["a", "b"]'),
        ({"type": "string", "oneOf": [{"format": "ipv4"}, {"format": "ipv6"}]}, "str", "str"),
        ({"type": "string", "oneOf": [{"pattern": "a"}, {"enum": ["b"]}]}, "str", "str"),
        ({"anyOf": [{"type": "null"}, DATE]}, "str | None", "str | datetime | None"),
        ({"anyOf": [TEXT, {}]}, "Any", "Any"),
        ({"allOf": [{"type": "string"}, {"format": "date-time"}]}, "str", "str | datetime"),
    ],
)
def test_a_value(schema: Any, read: str, written: str) -> None:
    assert answer(record("key", key=schema))["Thing"] == {"key": read}
    assert payload(record("key", key=schema))["Thing"] == {"key": f"ReadOnly[{written}]"}


def test_an_answer_may_be_changed_and_an_input_only_read() -> None:
    schema = record("always", always=TEXT, sometimes=TEXT)
    assert answer(schema)["Thing"] == {"always": "str", "sometimes": "NotRequired[str]"}
    assert payload(schema)["Thing"] == {"always": "ReadOnly[str]", "sometimes": "NotRequired[ReadOnly[str]]"}


def test_what_is_used_both_ways_has_two_forms() -> None:
    types = both(record("inner", inner={"$ref": "inner.json#"}), inner=record("at", at=DATE))
    assert types["Thing"] == {"inner": "Inner"}
    assert types["ThingInput"] == {"inner": "ReadOnly[InnerInput]"}
    assert types["Inner"] == {"at": "str"}
    assert types["InnerInput"] == {"at": "ReadOnly[str | datetime]"}


def test_only_what_differs_has_two_forms() -> None:
    types = both({"type": "string", "enum": ["a", "b"]})
    assert [name for name in types if name.startswith("Thing")] == ["Thing"]


def test_names_follow_file_and_path() -> None:
    schema = record(
        metadata=record(lastChange=record(at=DATE)),
        runs={"type": "array", "items": record(id=TEXT)},
        byName={"type": "object", "additionalProperties": record(id=TEXT)},
    )
    assert answer(schema) == {
        "Thing": {
            "metadata": "NotRequired[ThingMetadata]",
            "runs": "NotRequired[list[ThingRunsItem]]",
            "byName": "NotRequired[dict[str, ThingByNameValue]]",
        },
        "ThingMetadata": {"lastChange": "NotRequired[ThingMetadataLastChange]"},
        "ThingMetadataLastChange": {"at": "NotRequired[str]"},
        "ThingRunsItem": {"id": "NotRequired[str]"},
        "ThingByNameValue": {"id": "NotRequired[str]"},
    }


def test_names_that_meet_are_told_apart() -> None:
    fooled = {"thing-part": record("b", b=TEXT)}
    types = answer(record("part far", part=record("a", a=TEXT), far={"$ref": "thing-part.json#"}), **fooled)
    assert types["Thing"] == {"part": "ThingPart2", "far": "ThingPart"}
    assert types["ThingPart"] == {"b": "str"}


def test_a_schema_called_like_the_input_form_of_another_keeps_its_name() -> None:
    types = both(record("a", a={"$ref": "thingInput.json#"}), thingInput=record("b", b=TEXT))
    assert (types["Thing"], types["ThingInput"]) == ({"a": "ThingInput"}, {"b": "str"})
    assert types["ThingInput2"] == {"a": "ReadOnly[ThingInputInput]"}


def test_a_schema_called_like_a_word_of_the_module_gets_another_name() -> None:
    assert answer(record("any", any={"$ref": "any.json#"}), any=record(a=TEXT))["Thing"] == {"any": "Any2"}


class TestReferences:
    """`$ref` in all its forms."""

    def test_siblings_change_nothing(self) -> None:
        schema = record("one", one={"$ref": "#/definitions/part", "default": "a", "type": "integer"})
        assert answer({**schema, "definitions": {"part": TEXT}})["Thing"] == {"one": "str"}
        assert REAL["queue"]["CreateTaskRequest"]["dependencies"] == "NotRequired[ReadOnly[Array[str]]]"

    def test_into_definitions(self) -> None:
        types = answer(
            {**record("a", a={"$ref": "#/definitions/part"}), "definitions": {"part": record("b", b=TEXT)}}
        )
        assert types["Thing"] == {"a": "ThingPart"}
        assert REAL["object"]["CreateUploadRequest"]["hashes"].startswith("NotRequired[ReadOnly[HashesUpload")

    def test_with_characters_that_are_escaped(self) -> None:
        schema = record("a", a={"$ref": "#/definitions/x~1y~0z%20%25"})
        assert answer({**schema, "definitions": {"x/y~z %": TEXT}})["Thing"] == {"a": "str"}

    def test_into_properties(self) -> None:
        assert answer(record("a b", a={"$ref": "#/properties/b"}, b=TEXT))["Thing"] == {
            "a": "str",
            "b": "str",
        }
        assert answer(record("a", a={"$ref": "other.json#/properties/b"}), other=record(b=DATE)) == {
            "Thing": {"a": "str"}
        }
        assert REAL["queue"]["TaskStatus"]["taskQueueId"] == "str"

    def test_with_a_dot(self) -> None:
        assert answer(record("a", a={"$ref": "./other.json#"}), other=record())["Thing"] == {"a": "Other"}
        assert REAL["queue"]["ListArtifactsResponse"]["artifacts"] == "list[ArtifactResponse]"

    @pytest.mark.parametrize("reference", ["/schemas/far/v1/thing.json#", "../../far/v1/thing.json"])
    def test_across_services(self, reference: str) -> None:
        schemas = {
            "odd/v1/thing.json": record("far", far={"$ref": reference}),
            "far/v1/thing.json": record("near", near={"$ref": "near.json#"}),
            "far/v1/near.json": record("a", a=TEXT),
        }
        types = types_of(build(published(method(output="v1/thing.json#"), schemas=schemas)))
        assert types == {"Thing": {"far": "FarThing"}, "FarThing": {"near": "Near"}, "Near": {"a": "str"}}

    def test_recursive(self) -> None:
        assert answer(record(parts={"type": "array", "items": {"$ref": "#"}})) == {
            "Thing": {"parts": "NotRequired[list[Thing]]"}
        }
        assert payload(record(part={"$ref": "other.json#"}), other=record(back={"$ref": "thing.json#"})) == {
            "Thing": {"part": "NotRequired[ReadOnly[Other]]"},
            "Other": {"back": "NotRequired[ReadOnly[Thing]]"},
        }

    def test_recursive_without_an_object(self) -> None:
        assert answer({"type": "array", "items": {"$ref": "#"}})["Thing"] == '"list[Thing]"'
        tree = {
            "definitions": {
                "tree": {"oneOf": [TEXT, {"type": "array", "items": {"$ref": "#/definitions/tree"}}]}
            }
        }
        types = answer({**record("tree", tree={"$ref": "#/definitions/tree"}), **tree})
        assert types == {"Thing": {"tree": "ThingTree"}, "ThingTree": '"str | list[ThingTree]"'}

    def test_to_a_file_that_only_refers_on(self) -> None:
        assert answer({"$ref": "other.json#"}, other=record("a", a=TEXT)) == {"Other": {"a": "str"}}
        assert answer({"$ref": "#/definitions/a", "definitions": {"a": record("a", a=TEXT)}}) == {
            "Thing": "ThingA",
            "ThingA": {"a": "str"},
        }

    @pytest.mark.parametrize(
        "around", [{"$ref": "#"}, {"oneOf": [{"$ref": "#/definitions/a"}], "properties": {}}]
    )
    def test_that_go_in_circles(self, around: Json) -> None:
        schema = {
            **around,
            "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}},
        }
        with pytest.raises(
            model.UnreadableSchemaError, match=r"^schemas/odd/v1/thing\.json.*: refers to itself"
        ):
            answer(schema)

    def test_that_lead_nowhere(self) -> None:
        with pytest.raises(model.UnreadableSchemaError, match=r"schemas/odd/v1/thing\.json/definitions/gone"):
            answer(record(a={"$ref": "#/definitions/gone"}))


def test_properties_called_like_keywords() -> None:
    schema = record(
        "title", title=TEXT, type={"enum": ["a"]}, dependencies={"items": TEXT}, default={}, properties=TEXT
    )
    assert answer(schema)["Thing"] == {
        "title": "str",
        "type": 'NotRequired[Literal["a"]]',
        "dependencies": "NotRequired[list[str]]",
        "default": "NotRequired[Any]",
        "properties": "NotRequired[str]",
    }
    assert REAL["worker-manager"]["WorkerPoolError"]["title"] == "str"
    assert (
        REAL["github"]["RenderTaskclusterYmlInputFakeEventGithubPush"]["type"]
        == 'ReadOnly[Literal["github-push"]]'
    )


def test_a_schema_that_only_defines() -> None:
    schema = {"definitions": {"request": record("a", a=TEXT), "response": {"const": True}}}
    references = {name: {"$ref": f"methods.json#/definitions/{name}"} for name in ("request", "response")}
    assert answer(record("request response", **references), methods=schema) == {
        "Thing": {"request": "MethodsRequest", "response": "Literal[True]"},
        "MethodsRequest": {"a": "str"},
    }
    assert REAL["object"]["CreateUploadResponseUploadMethod"]["dataInline"] == "NotRequired[Literal[True]]"


def test_a_schema_with_an_array_at_its_root() -> None:
    schema = {"type": "array", "items": record("a", a=TEXT)}
    assert both(schema) == {
        "Thing": "list[ThingItem]",
        "ThingInput": "Array[ThingItemInput]",
        "ThingItem": {"a": "str"},
        "ThingItemInput": {"a": "ReadOnly[str]"},
    }
    assert REAL["auth"]["ListRolesResponse"] == "list[GetRoleResponse]"


@pytest.mark.parametrize("told_by", [{"enum": ["s3"]}, {"const": "s3"}])
def test_alternatives_are_named_by_what_tells_them_apart(told_by: Json) -> None:
    schema = {
        "oneOf": [
            record("kind url", kind=told_by, url=TEXT),
            record("kind name", kind={"const": "of-others"}, name=TEXT),
        ]
    }
    assert answer(schema) == {
        "Thing": "ThingS3 | ThingOfOthers",
        "ThingS3": {"kind": 'Literal["s3"]', "url": "str"},
        "ThingOfOthers": {"kind": 'Literal["of-others"]', "name": "str"},
    }
    assert REAL["queue"]["PostArtifactRequestLink"]["storageType"] == 'ReadOnly[Literal["link"]]'


def test_alternatives_without_a_sign_are_named_by_the_keys_they_need() -> None:
    schema = record(
        "proof", proof={"oneOf": [record("token", token=TEXT), record("id key", id=TEXT, key=TEXT)]}
    )
    types = answer(schema)
    assert types["ThingProof"] == "ThingProofToken | ThingProofIdKey"
    assert "RegisterWorkerRequestWorkerIdentityProofStaticSecret" in REAL["worker-manager"]


def test_alternatives_that_cannot_be_told_apart_are_numbered() -> None:
    types = answer({"anyOf": [record(a=TEXT), record(b=TEXT)]})
    assert types["Thing"] == "Thing1 | Thing2"


def test_alternatives_inherit_what_stands_beside_them() -> None:
    schema = {
        **record("id", id=TEXT),
        "oneOf": [
            {"properties": {"a": {"const": 1}}, "required": ["a"]},
            {"properties": {"b": TEXT}, "required": ["b"]},
        ],
    }
    assert answer(schema) == {
        "Thing": "ThingA | ThingB",
        "ThingA": {"id": "str", "a": "Literal[1]"},
        "ThingB": {"id": "str", "b": "str"},
    }


def test_alternatives_that_only_constrain_add_nothing() -> None:
    owner = {**record(name=TEXT, login=TEXT), "anyOf": [{"required": ["name"]}, {"required": ["login"]}]}
    assert answer(owner) == {"Thing": {"name": "NotRequired[str]", "login": "NotRequired[str]"}}
    assert REAL["queue"]["TaskMetadata"]["source"] == "str"
    assert REAL["auth"]["AuthenticateHawkRequest"]["sourceIp"] == "NotRequired[ReadOnly[str]]"


def test_an_object_or_null_has_one_name() -> None:
    types = answer(record("owner", owner={"oneOf": [{"type": "null"}, record("id", id=TEXT)]}))
    assert types == {"Thing": {"owner": "ThingOwner | None"}, "ThingOwner": {"id": "str"}}


def test_what_may_be_null_may_be_null_wherever_it_is_referred_to() -> None:
    for owner in (
        {"oneOf": [{"type": "null"}, record("id", id=TEXT)]},
        {**record("id", id=TEXT), "type": ["null", "object"]},
    ):
        reference = {"$ref": "#/definitions/owner"}
        types = answer({**record("one two", one=reference, two=reference), "definitions": {"owner": owner}})
        assert types == {
            "Thing": {"one": "ThingOwner | None", "two": "ThingOwner | None"},
            "ThingOwner": {"id": "str"},
        }


def test_a_whole_file_that_may_be_null() -> None:
    for schema in (
        {"oneOf": [{"type": "null"}, record("id", id=TEXT)]},
        {**record("id", id=TEXT), "type": ["null", "object"]},
    ):
        assert answer(schema) == {"Thing": "ThingValue | None", "ThingValue": {"id": "str"}}


def test_an_object_or_an_empty_one_is_one_with_optional_keys() -> None:
    assert answer({"anyOf": [record("taskId", taskId=TEXT), record()]}) == {
        "Thing": {"taskId": "NotRequired[str]"}
    }
    assert answer({"anyOf": [{"$ref": "other.json#"}, record()]}, other=record("a", a=TEXT)) == {
        "Thing": {"a": "NotRequired[str]"}
    }
    assert REAL["hooks"]["TriggerHookResponse"]["taskId"] == "NotRequired[str]"


def test_an_empty_object_is_a_record_without_keys() -> None:
    assert answer(record()) == {"Thing": {}}
    assert answer({"anyOf": [record(), record()]})["Thing"] == "Thing1 | Thing2"


def test_keys_beside_other_keys() -> None:
    schema = record("hashes", hashes=record("", TEXT, sha256=TEXT))
    assert answer(schema)["ThingHashes"] == {"sha256": "NotRequired[str]"}
    assert payload(schema)["Thing"] == {"hashes": "ReadOnly[ThingHashes | Mapping[str, str]]"}
    assert "Mapping[str, Any]" in REAL["object"]["FinishUploadRequest"]["hashes"]


def test_an_input_takes_a_root_with_other_keys() -> None:
    service = build(
        published(
            method("make", "post", input="v1/a.json#"), schemas={"odd/v1/a.json": record("", True, b=TEXT)}
        )
    )
    assert service.methods[0].payload == model.Reference(("odd/v1/a.json",))
    assert types_of(service)["A"] == {"b": "NotRequired[ReadOnly[str]]"}


def test_a_property_that_nothing_can_be_is_left_out() -> None:
    assert answer(record("a", a=TEXT, b=False))["Thing"] == {"a": "str"}


def test_parts_of_a_whole_are_put_together() -> None:
    schema = {"allOf": [record("a", a=TEXT), {"$ref": "other.json#"}], "properties": {"c": TEXT}}
    assert answer(
        schema, other=record("b", b=record("d", d={"$ref": "#/properties/b/properties/e"}, e=TEXT))
    )["Thing"] == {
        "c": "NotRequired[str]",
        "a": "str",
        "b": "ThingB",
    }


OPEN: Json = {"additionalProperties": TEXT}


@pytest.mark.parametrize("part", [OPEN, record("", TEXT, b=TEXT)])
@pytest.mark.parametrize("is_first", [True, False])
def test_keys_that_one_part_forbids_are_not_let_in_by_another(part: Json, is_first: bool) -> None:
    closed = record("a", a=TEXT)
    whole = {"allOf": [closed, part] if is_first else [part, closed]}
    assert payload(record("whole", whole=whole))["Thing"] == {"whole": "ReadOnly[ThingWhole]"}
    assert payload(record("whole", whole={"allOf": [part]}))["Thing"] != {"whole": "ReadOnly[ThingWhole]"}


@pytest.mark.parametrize("name", ["content-type", "class", "$ref", "1st", "__private"])
def test_a_property_that_is_no_name_in_python(name: str) -> None:
    types = both(record(name, **{name: TEXT, "other": {"$ref": "#"}}))
    assert types["Thing"][name].strip('"') == "str"
    assert types["ThingInput"][name] == 'ReadOnly["str"]'
    assert types["ThingInput"]["other"] == 'NotRequired[ReadOnly["ThingInput"]]'


@pytest.mark.parametrize("name", ["str", "list", "dict", "Literal", "Other", "NotRequired"])
def test_a_property_that_would_hide_a_type_from_the_others(name: str) -> None:
    schema = record(
        "",
        **{
            name: TEXT,
            "others": {"items": {"$ref": "other.json#"}},
            "of": {"enum": ["a"]},
            "m": {"type": "object"},
        },
    )
    types = answer(schema, other=record())
    assert types["Thing"]["others"] == 'NotRequired["list[Other]"]'
    assert types["Thing"]["of"] == """NotRequired["Literal["a"]"]"""


def test_a_type_that_json_schema_does_not_know_is_named_with_its_place() -> None:
    with pytest.raises(
        read.UnreadableReferenceError, match=r"schemas/odd/v1/thing\.json/properties/a/type: is 'text'"
    ):
        answer(record(a={"type": "text"}))


def test_any_stands_only_where_the_schema_says_nothing() -> None:
    bare = {
        f"{service}.{name}.{key}"
        for service, types in REAL.items()
        for name, keys in types.items()
        if is_object(keys)
        for key, written in keys.items()
        if written in ("Any", "NotRequired[Any]", "ReadOnly[Any]", "NotRequired[ReadOnly[Any]]")
    }
    assert bare == {
        "auth.AuthenticateHawkResponseAuthSuccess.hash",
        "queue.ActionsItem.title",
        "queue.ActionsItemInput.title",
        "queue.WorkerResponseActionsItem.title",
        "queue.WorkertypeResponseActionsItem.title",
        "worker-manager.WorkerResponseActionsItem.title",
    }
