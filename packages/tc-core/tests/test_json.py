from __future__ import annotations

import collections
import decimal
import enum
import json
import math
import types
import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tc_core._json import decode, encode

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20)
NOT_JSON = st.sampled_from(
    [{1, 2}, b"x", math.nan, math.inf, object(), {None: 1}, {1: 1}, "\ud800", datetime(2030, 1, 1)]
)


class Priority(enum.StrEnum):
    LOW = "low"


class Level(enum.IntEnum):
    THREE = 3


class Colour(enum.Enum):
    RED = "red"


def cyclic() -> dict[str, Any]:
    tags: list[Any] = [1]
    tags.append(tags)
    return {"tags": tags}


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@given(VALUES)
def test_encode_writes_what_any_json_reader_reads(value: Any) -> None:
    assert json.loads(encode(value)) == value
    assert decode(encode(value)) == value


WRITTEN: list[tuple[Any, str]] = [
    ({"a": [1, 2.5, None, True, "é\n"], "b": {}}, '{"a":[1,2.5,null,true,"é\\n"],"b":{}}'),
    (("a", ("b",), []), '["a",["b"],[]]'),
    ("text", '"text"'),
    (None, "null"),
    (datetime(2030, 1, 31, 12, 34, 56, 789_999, UTC), '"2030-01-31T12:34:56.789Z"'),
    ([{"expires": datetime(2030, 1, 1, tzinfo=UTC)}], '[{"expires":"2030-01-01T00:00:00.000Z"}]'),
    ({Priority.LOW: Priority.LOW, "level": Level.THREE}, '{"low":"low","level":3}'),
    (collections.OrderedDict(b=1, a=2), '{"b":1,"a":2}'),
    ({"1": 1, "null": 2, "true": 3}, '{"1":1,"null":2,"true":3}'),
    ("\U0001f600", '"\U0001f600"'),
]


@pytest.mark.parametrize(("value", "text"), WRITTEN)
def test_encode_is_compact_utf8(value: Any, text: str) -> None:
    assert encode(value) == text.encode()


REFUSED: list[tuple[Any, type[Exception], str]] = [
    ({"metadata": {"tags": [1, 2, 3, {4}]}}, TypeError, r"^payload\.metadata\.tags\[3\]: set .* list$"),
    ({"a": range(3)}, TypeError, r"^payload\.a: range .* list$"),
    ({"a": (i for i in range(3))}, TypeError, r"^payload\.a: generator .* list$"),
    ([b"secret"], TypeError, r"^payload\[0\]: bytes .* str"),
    ({"a": date(2030, 1, 1)}, TypeError, r"^payload\.a: date .* aware datetime$"),
    ({"a": types.MappingProxyType({})}, TypeError, r"^payload\.a: mappingproxy .* dict$"),
    ({"a": uuid.UUID(int=0)}, TypeError, r"^payload\.a: UUID is not JSON; use "),
    ({"a": decimal.Decimal(1)}, TypeError, r"^payload\.a: Decimal is not JSON; use "),
    ({"a": Colour.RED}, TypeError, r"^payload\.a: Colour is not JSON; use "),
    (object(), TypeError, r"^payload: object is not JSON; use "),
    ({"a": math.nan}, ValueError, r"^payload\.a: float is not finite"),
    ([0.0, -math.inf], ValueError, r"^payload\[1\]: float is not finite"),
    ({"a": datetime(2030, 1, 1)}, ValueError, r"^payload\.a: is a naive datetime; give it a time zone"),
    ({"a": [{1: "x"}]}, TypeError, r"^payload\.a\[0\]: a key is of type int; use a str$"),
    ({"a": {None: "x"}}, TypeError, r"^payload\.a: a key is of type NoneType"),
    ({True: "x"}, TypeError, r"^payload: a key is of type bool"),
    ({1.5: "x"}, TypeError, r"^payload: a key is of type float"),
    ({("a", "b"): "x"}, TypeError, r"^payload: a key is of type tuple"),
    (({"a": {1: 2}},), TypeError, r"^payload\[0\]\.a: a key is of type int"),
    ({"a": "x\ud800"}, ValueError, r"^payload\.a: str holds half a surrogate pair"),
    ({"a": {"\udc80": 1}}, ValueError, r"^payload\.a\['\\udc80'\], the key: str holds half"),
    ({"a-b": {"": {1}}}, TypeError, r"^payload\['a-b'\]\[''\]: set"),
    ({"k" * 40 + "-secret": {1}}, TypeError, r"^payload\['k{40}'\]: set"),
    ({"n": 10**5000}, ValueError, r"^payload\.n: int has too many digits"),
    (cyclic(), ValueError, r"^payload\.tags\[1\]: list contains itself"),
    (nested(100_000), ValueError, r"^payload: is nested too deeply"),
]


@pytest.mark.parametrize(("value", "error", "message"), REFUSED)
def test_encode_names_the_path_of_what_is_not_json(value: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        encode(value)


def test_encode_names_the_argument_it_was_given() -> None:
    with pytest.raises(TypeError, match=r"^extra\.a: set"):
        encode({"a": {1}}, argument="extra")


@pytest.mark.parametrize("value", [b"hush", "hush\ud800", {"hush"}, bytearray(b"hush")])
def test_encode_shows_nothing_of_the_value(value: object) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        encode({"secret": value})
    assert "hush" not in repr(caught.value)
    assert caught.value.__context__ is None


def test_the_same_list_twice_is_not_a_cycle() -> None:
    shared = [1]
    assert encode({"a": shared, "b": [shared, shared]}) == b'{"a":[1],"b":[[1],[1]]}'


@given(st.lists(st.integers(0, 3) | st.sampled_from(["a", "b_c", "d"]), max_size=5), VALUES, NOT_JSON)
def test_encode_finds_the_one_thing_that_is_not_json(places: list[int | str], value: Any, bad: Any) -> None:
    path, payload = "payload", bad
    for place in reversed(places):
        if isinstance(place, int):
            payload = [value] * place + [payload, value]
        else:
            payload = {"first": value, place: payload, "last": value}
    for place in places:
        path += f"[{place}]" if isinstance(place, int) else f".{place}"
    with pytest.raises((TypeError, ValueError)) as caught:
        encode(payload)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("text", [b"", b"{", b"<html>", b"\xff\xfe\xfd", b"[" * 100_000, b"{} x"])
def test_decode_refuses_what_is_not_json(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"^not JSON: ") as caught:
        decode(text)
    assert caught.value.__context__ is None
    assert "html" not in str(caught.value)
