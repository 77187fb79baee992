"""What is said to users when one version of a made-up service takes the place of another."""

from __future__ import annotations

from typing import Any

import pytest
from made_up import Json, build, exchange, method, published, record

from codegen import changes

TEXT: Json = {"type": "string"}
NUMBER: Json = {"type": "integer"}
THING = record("name", name=TEXT, size=NUMBER)
LISTED = record("things", things={"type": "array", "items": TEXT}, continuationToken=TEXT)
MESSAGE = record("thingId", thingId=TEXT)


def references(
    *methods: Json, thing: Json = THING, exchanges: tuple[Json, ...] = (), **schemas: Json
) -> Json:
    named = {"thing": thing, "listed": LISTED, "message": MESSAGE, **schemas}
    return published(
        *methods,
        exchanges=exchanges,
        schemas={f"odd/v1/{name}.json": schema for name, schema in named.items()},
    )


def told(old: Json, new: Json, overrides: str = "") -> tuple[list[str], list[str]]:
    """Return what breaks, and what does not."""
    found = changes.compare([build(old, overrides)], [build(new, overrides)])
    assert {change.service for change in found} <= {"odd"}
    return [change.text for change in found if change.breaks], [
        change.text for change in found if not change.breaks
    ]


def of_methods(old: Json, new: Json, overrides: str = "") -> tuple[list[str], list[str]]:
    return told(references(old), references(new), overrides)


GET = method(route="/thing/<thingId>", output="v1/thing.json#")
PUT = method("putThing", "put", "/thing/<thingId>", input="v1/thing.json#")


def test_the_same_references_have_no_changes() -> None:
    files = references(GET, PUT, exchanges=(exchange("made", {"name": "thingId"}),))
    assert told(files, files) == ([], [])


def test_a_service_that_comes_or_goes() -> None:
    files = references(GET, exchanges=(exchange("made"),))
    (added,) = changes.compare([], [build(files)])
    assert (added.service, added.breaks) == ("odd", False)
    assert added.text == (
        "The package `tc-odd` is new: `Odd` and `AsyncOdd` for the odd service, with 1 method and 1 exchange in "
        "`OddEvents`."
    )
    (removed,) = changes.compare([build(files)], [])
    assert (removed.service, removed.breaks) == ("odd", True)
    assert removed.text.startswith("The package `tc-odd` is gone")


def test_a_method_that_comes_or_goes() -> None:
    listing = method("listThings", query=["continuationToken", "limit"], output="v1/listed.json#")
    one, two = references(GET), references(GET, listing)
    assert told(one, two) == (
        [],
        ["`Odd.listThings(*, continuationToken, limit)` is new.", "New types in `tc_odd.types`: `Listed`."],
    )
    breaking, others = told(two, one)
    assert breaking[0] == (
        "`Odd.listThings` is gone, and with it `listThings_url`, `listThings_signed_url`, `listThings_pages` and "
        "`listThings_items`."
    )
    assert breaking[1:] == ["Types that are gone from `tc_odd.types`: `Listed`."]
    assert others == []


def test_a_method_with_another_name_in_the_same_place() -> None:
    assert of_methods(GET, {**GET, "name": "object"}) == (
        ["`Odd.thing` is called `Odd.object` now."],
        [],
    )


LIMIT_IS_A_NUMBER = '[[arguments]]\nmethods = ["odd.thing"]\nnames = ["limit"]\nreason = ""\nschema = '


@pytest.mark.parametrize(
    ("old", "new", "breaks", "text"),
    [
        ({}, {"query": ["limit"]}, False, "`Odd.thing` takes the query argument `limit`."),
        ({"query": ["a"]}, {}, True, "`Odd.thing` does not take the query argument `a` any more."),
        (
            {},
            {"output": None},
            True,
            "`Odd.thing` returns `Any` now, as its answer has lost its schema; it returned `Thing`.",
        ),
        ({"output": None}, {}, False, "`Odd.thing` returns `Thing` now; it returned `Any`."),
        (
            {},
            {"stability": "deprecated"},
            False,
            "`Odd.thing` is deprecated; it still works.",
        ),
        (
            {"stability": "experimental"},
            {},
            False,
            "`Odd.thing` is stable now, and was experimental.",
        ),
        (
            {},
            {"scopes": {"AnyOf": ["a", "b"]}},
            True,
            "`Odd.thing` asks for any of (`a`, `b`) now, and asked for no scopes.",
        ),
        (
            {"scopes": "a"},
            {"scopes": {"AnyOf": ["b", {"AllOf": ["a"]}, "a"]}},
            False,
            "`Odd.thing` asks for any of (`b`, `a`, `a`) now, and asked for `a`.",
        ),
        (
            {"scopes": {"AllOf": ["a", {"for": "route", "in": "routes", "each": "b:<route>"}]}},
            {"scopes": "a"},
            False,
            "`Odd.thing` asks for `a` now, and asked for all of (`a`, `b:<route>` for each route of routes).",
        ),
        (
            {"scopes": {"AnyOf": ["a", "b"]}},
            {"scopes": {"if": "late", "then": {"AnyOf": ["a", "b"]}, "else": {"AllOf": ["c", "d"]}}},
            True,
            "`Odd.thing` asks for any of (`a`, `b`) if late, else all of (`c`, `d`) now, "
            "and asked for any of (`a`, `b`).",
        ),
        ({"scopes": "a"}, {}, False, "`Odd.thing` asks for no scopes now, and asked for `a`."),
        (
            {},
            {"route": "/things/<thingId>"},
            False,
            "`Odd.thing` is sent as `GET /things/<thingId>` now, and was sent as `GET /thing/<thingId>`.",
        ),
    ],
)
def test_a_method_that_is_otherwise(old: Json, new: Json, breaks: bool, text: str) -> None:
    sides = [{key: value for key, value in {**GET, **side}.items() if value} for side in (old, new)]
    # So the type stays, whatever the first one answers.
    other = {**GET, "name": "other", "route": "/other/<thingId>"}
    before, after = (references(side, other) for side in sides)
    assert told(before, after) == (([text], []) if breaks else ([], [text]))


def test_a_path_argument_more() -> None:
    new = method(route="/thing/<kind>/<thingId>", output="v1/thing.json#")
    breaking, others = of_methods(GET, new)
    assert breaking == [
        "`Odd.thing` takes the path arguments `kind` and `thingId` now, and took the path arguments `thingId`."
    ]
    assert len(others) == 1


def test_a_verb_that_has_no_url() -> None:
    breaking, others = of_methods(GET, {**GET, "method": "post"})
    assert breaking == ["`Odd.thing` has no `thing_url` or `thing_signed_url` any more."]
    assert others == [
        "`Odd.thing` is sent as `POST /thing/<thingId>` now, and was sent as `GET /thing/<thingId>`."
    ]


def test_a_payload_that_comes_or_goes() -> None:
    bare = method("putThing", "put", "/thing/<thingId>")
    breaking, _ = of_methods(bare, PUT)
    assert breaking == ["`Odd.putThing` needs a payload now: `Thing`."]
    breaking, _ = of_methods(PUT, bare)
    assert breaking == [
        "`Odd.putThing` takes no payload any more.",
        "Types that are gone from `tc_odd.types`: `Thing`.",
    ]


def test_a_type_with_another_name_is_told_once() -> None:
    old = references(GET, PUT)
    renamed = [
        {**GET, "output": "v1/object.json#"},
        {**PUT, "input": "v1/object.json#"},
    ]
    new = references(*renamed, thing=TEXT, object=THING)
    assert told(old, new) == (
        [
            "The type `Thing` in `tc_odd.types` is called `Object` now.",
            "The type `ThingInput` in `tc_odd.types` is called `ObjectInput` now.",
        ],
        [],
    )


def test_types_that_hold_each_other_with_other_names() -> None:
    def side(outer: str, inner: str) -> Json:
        schemas: Any = {outer: record(part={"$ref": f"{inner}.json#"}), inner: record(name=TEXT)}
        return references({**GET, "output": f"v1/{outer}.json#"}, **schemas)

    breaking, others = told(side("box", "part"), side("crate", "piece"))
    assert breaking == [
        "The type `Box` in `tc_odd.types` is called `Crate` now.",
        "The type `Part` in `tc_odd.types` is called `Piece` now.",
    ]
    assert others == []


def test_a_type_that_could_be_any_of_two_is_gone() -> None:
    old = references(GET)
    new = references(
        {**GET, "output": "v1/one.json#"}, {**PUT, "input": "v1/x.json#", "output": "v1/two.json#"},
        one=THING, two=THING, x=TEXT,
    )  # fmt: skip
    breaking, others = told(old, new)
    assert "Types that are gone from `tc_odd.types`: `Thing`." in breaking
    assert "New types in `tc_odd.types`: `One`, `Two` and `X`." in others
    breaking, others = told(new, old)
    assert "Types that are gone from `tc_odd.types`: `One`, `Two` and `X`." in breaking
    assert "New types in `tc_odd.types`: `Thing`." in others


@pytest.mark.parametrize(
    ("old", "new", "received", "sent"),
    [
        (
            THING,
            record("name", name=TEXT, size=NUMBER, colour=TEXT),
            (False, "`Thing` may have the key `colour`."),
            (False, "`ThingInput` takes the key `colour`."),
        ),
        (
            THING,
            record("name colour", name=TEXT, size=NUMBER, colour=TEXT),
            (False, "`Thing` has the key `colour`."),
            (True, "`ThingInput` needs the key `colour`."),
        ),
        (
            THING,
            record("name", name=TEXT),
            (True, "`Thing` has no key `size` any more."),
            (True, "`ThingInput` has no key `size` any more."),
        ),
        (
            THING,
            record("", name=TEXT, size=NUMBER),
            (True, "The key `name` of `Thing` may be absent now."),
            (False, "The key `name` of `ThingInput` may be left out now."),
        ),
        (
            THING,
            record("name size", name=TEXT, size=NUMBER),
            (False, "The key `size` of `Thing` is always there now."),
            (True, "The key `size` of `ThingInput` must be there now."),
        ),
        (
            THING,
            record("name", name=TEXT, size=TEXT),
            (True, "The key `size` of `Thing` is `str` now, and was `int`."),
            (True, "The key `size` of `ThingInput` is `str` now, and was `int`."),
        ),
        (
            THING,
            record("name", name=TEXT, size={"type": ["integer", "string"]}),
            (True, "The key `size` of `Thing` is `int | str` now, and was `int`."),
            (False, "The key `size` of `ThingInput` is `int | str` now, and was `int`."),
        ),
        (
            record("name", name={"enum": ["a", "b"]}, size=NUMBER),
            record("name", name={"enum": ["a"]}, size=NUMBER),
            (False, 'The key `name` of `Thing` is `Literal["a"]` now, and was `Literal["a", "b"]`.'),
            (True, 'The key `name` of `ThingInput` is `Literal["a"]` now, and was `Literal["a", "b"]`.'),
        ),
        (
            record("name", name=TEXT),
            record("name", name={"enum": ["a"]}),
            (False, 'The key `name` of `Thing` is `Literal["a"]` now, and was `str`.'),
            (True, 'The key `name` of `ThingInput` is `Literal["a"]` now, and was `str`.'),
        ),
    ],
)
def test_keys_break_what_reads_them_otherwise_than_what_writes_them(
    old: Json, new: Json, received: tuple[bool, str], sent: tuple[bool, str]
) -> None:
    breaking, others = told(references(GET, PUT, thing=old), references(GET, PUT, thing=new))
    expected = [received, sent]
    assert breaking == [text for breaks, text in expected if breaks]
    assert others == [text for breaks, text in expected if not breaks]


def test_exchanges() -> None:
    kind: Json = {"name": "kind", "constant": "primary"}
    made = exchange("made", kind, {"name": "thingId"})
    one = references(GET, exchanges=(made,))
    assert told(one, references(GET, exchanges=(made, exchange("lost", {"name": "thingId"})))) == (
        [],
        ["`OddEvents.lost(thingId)` is new."],
    )
    assert told(references(GET, exchanges=(made, exchange("lost"))), one) == (
        ["`OddEvents.lost` is gone."],
        [],
    )
    breaking, others = told(one, references(GET, exchanges=(exchange("made", kind, {"name": "id"}),)))
    assert breaking == [
        "`OddEvents.made` does not take `thingId` any more.",
        "Routing keys of `OddEvents.made` have the form `primary.<id>` now, and had `primary.<thingId>`.",
    ]
    assert others == ["`OddEvents.made` takes `id`."]
    moved = references(GET, exchanges=({**made, "exchange": "created"},))
    assert told(one, moved)[0] == [
        "`OddEvents.made` binds to the exchange `exchange/taskcluster-odd/v1/created` now, and bound to "
        "`exchange/taskcluster-odd/v1/made`."
    ]
    breaking, _ = told(one, references(GET))
    assert breaking[0] == "`OddEvents` is gone: the service has no exchanges any more."


def test_fragments_are_one_for_each_service_and_kind() -> None:
    found = [
        changes.Change("odd", True, "A is gone."),
        changes.Change("odd", False, "B is new."),
        changes.Change("odd", True, "C is gone."),
        changes.Change("web-server", False, "D is new."),
    ]
    assert changes.fragments("1.2.3", "1.3.0", found) == {
        "+taskcluster-1.2.3-to-1.3.0-odd.feature.md": "`tc-odd`, from Taskcluster 1.2.3 to 1.3.0:\n\n- B is new.\n",
        "+taskcluster-1.2.3-to-1.3.0-odd.removal.md": (
            "`tc-odd`, from Taskcluster 1.2.3 to 1.3.0:\n\n- A is gone.\n- C is gone.\n"
        ),
        "+taskcluster-1.2.3-to-1.3.0-web-server.feature.md": (
            "`tc-web-server`, from Taskcluster 1.2.3 to 1.3.0:\n\n- D is new.\n"
        ),
        "+taskcluster-1.2.3-to-1.3.0.feature.md": (
            "The packages are for Taskcluster 1.3.0, and carry its version. They were for 1.2.3.\n"
        ),
    }
    assert changes.fragments("1.2.3", "1.2.3", []) == {}
