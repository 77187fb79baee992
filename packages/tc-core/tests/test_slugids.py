from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tc_core._slugids import decode_slug_id, encode_slug_id, is_slug_id, slug_id, stable_slug_ids

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors/slugids.json").read_text("utf-8"))
PAIRS = [*VECTORS["pairs"], *VECTORS["generated"]]
# Characters more than a slug id has, which one of the two programs cuts off; here none are taken.
NOT_22 = [case for case in VECTORS["decode_odd"] if len(case["slugid"]) != 22]


def by_slug_id(case: dict[str, Any]) -> str:
    return str(case["slugid"])


@pytest.mark.parametrize("case", PAIRS, ids=by_slug_id)
def test_slug_ids_agree_with_the_other_programs(case: dict[str, Any]) -> None:
    assert encode_slug_id(uuid.UUID(case["uuid"])) == case["slugid"]
    assert decode_slug_id(case["slugid"]) == uuid.UUID(case["uuid"])
    assert is_slug_id(case["slugid"]) is ("v4" in case["matches"])


@pytest.mark.parametrize("case", VECTORS["decode_odd"], ids=by_slug_id)
def test_odd_texts_decode_only_where_both_programs_agree(case: dict[str, Any]) -> None:
    if case in NOT_22 or case["PyPI"].startswith("error:"):
        with pytest.raises(ValueError, match=r"^text: is no slug id; pass 22 characters"):
            decode_slug_id(case["slugid"])
    else:
        assert str(decode_slug_id(case["slugid"])) == case["npm"] == case["PyPI"]


@given(st.uuids())
def test_slug_ids_survive_a_round_trip(value: uuid.UUID) -> None:
    assert decode_slug_id(encode_slug_id(value)) == value


@given(st.uuids(version=4))
def test_every_random_uuid_has_a_slug_id_that_taskcluster_takes(value: uuid.UUID) -> None:
    assert is_slug_id(encode_slug_id(value))


@given(st.text("ABab09-_ \n=+/é", min_size=21, max_size=23))
def test_decoding_takes_22_safe_characters_and_nothing_else(text: str) -> None:
    if re.fullmatch(VECTORS["regexes"]["any"].strip("^$"), text):
        assert len(decode_slug_id(text).bytes) == 16
    else:
        with pytest.raises(ValueError, match=r"^text: "):
            decode_slug_id(text)


def test_new_slug_ids_are_nice_and_differ() -> None:
    made = {slug_id() for _ in range(100)}
    assert len(made) == 100
    for text in made:
        assert is_slug_id(text)
        assert re.fullmatch(VECTORS["regexes"]["nice"], text)


def test_stable_slug_ids_belong_to_one_generator() -> None:
    of, other = stable_slug_ids(), stable_slug_ids()
    assert of("build") == of("build")
    assert is_slug_id(of("build"))
    assert len({of("build"), of("test"), other("build"), other("test")}) == 4


@pytest.mark.parametrize("value", [None, 5, b"AAAAAAAAQACAAAAAAAAAAA", "", "AAAAAAAAQACAAAAAAAAAAA\n"])
def test_what_is_no_slug_id(value: object) -> None:
    assert is_slug_id(value) is False


def test_other_types_are_refused() -> None:
    with pytest.raises(TypeError, match=r"^text: bytes"):
        decode_slug_id(b"AAAAAAAAQACAAAAAAAAAAA")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match=r"^uuid: str; pass a uuid\.UUID"):
        encode_slug_id("00000000-0000-4000-8000-000000000000")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
