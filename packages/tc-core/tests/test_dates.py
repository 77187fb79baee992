from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tc_core._dates import from_now, json_date, parse_json_date

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors/from-now.json").read_text("utf-8"))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_10000 = 253_402_300_800_000  # the first millisecond that no datetime holds
IN_RANGE = [case for case in VECTORS["iso"] if case["ms"] < YEAR_10000]
OFFSETS = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone)
# A day from either end, so that no offset leads out of the years that a datetime holds.
AWARE = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=OFFSETS)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: repr(case["expression"]))
def test_from_now_agrees_with_the_javascript_client(case: dict[str, Any]) -> None:
    now = parse_json_date(case.get("base", VECTORS["base"]))
    if "error" in case or case["from_now"].startswith("+"):  # a year that no datetime holds
        with pytest.raises(ValueError, match=r"^expression: "):
            from_now(case["expression"], now=now)
    else:
        result = from_now(case["expression"], now=now)
        assert json_date(result) == case["from_now"]
        assert result.tzinfo is UTC


def test_from_now_counts_from_the_current_time() -> None:
    before = datetime.now(UTC)
    result = from_now("1 day")
    assert before + timedelta(days=1) <= result <= datetime.now(UTC) + timedelta(days=1)


def test_from_now_gives_utc_for_a_now_elsewhere() -> None:
    now = datetime(2030, 1, 31, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    assert from_now("1 hour", now=now).isoformat() == "2030-01-31T11:00:00+00:00"


@pytest.mark.parametrize(
    "expression", ["", " \n", "1 dáy", "1 \x85day", "9" * 5000 + " s", "-9999999 years", "\u0663 days"]
)
def test_from_now_names_the_bad_expression(expression: str) -> None:
    with pytest.raises(ValueError, match=r"^expression: "):
        from_now(expression)


def test_from_now_refuses_other_types() -> None:
    with pytest.raises(TypeError, match=r"^expression: .*timedelta"):
        from_now(timedelta(days=1))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"^now: .*naive"):
        from_now("1 day", now=datetime(2030, 1, 1))


@given(st.lists(st.integers(0, 500), min_size=7, max_size=7), st.sampled_from(["", "+", "-"]))
def test_from_now_adds_what_is_written(counts: list[int], sign: str) -> None:
    units = {"y": 365 * 86400, "mo": 30 * 86400, "w": 7 * 86400, "d": 86400, "h": 3600, "m": 60, "s": 1}
    expression = sign + " ".join(f"{count}{unit}" for count, unit in zip(counts, units, strict=True))
    seconds = sum(count * length for count, length in zip(counts, units.values(), strict=True))
    now = datetime(2030, 1, 1, tzinfo=UTC)
    assert (from_now(expression, now=now) - now).total_seconds() == (-seconds if sign == "-" else seconds)


@pytest.mark.parametrize("case", IN_RANGE, ids=lambda case: str(case["ms"]))
def test_json_date_agrees_with_javascript(case: dict[str, Any]) -> None:
    value = EPOCH + timedelta(milliseconds=case["ms"])
    assert json_date(value) == case["json"]
    assert parse_json_date(case["json"]) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2030, 1, 31, 12, 34, 56, 789_999, UTC), "2030-01-31T12:34:56.789Z"),
        (datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC), "1969-12-31T23:59:59.999Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000Z"),
        (datetime(2030, 1, 1, tzinfo=timezone(timedelta(hours=5, minutes=30))), "2029-12-31T18:30:00.000Z"),
        (datetime(2030, 1, 1, tzinfo=timezone(timedelta(seconds=1))), "2029-12-31T23:59:59.000Z"),
    ],
)
def test_json_date_cuts_to_milliseconds_in_utc(value: datetime, text: str) -> None:
    assert json_date(value) == text


@pytest.mark.parametrize(
    "value", [datetime(2030, 1, 1), datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))]
)
def test_json_date_refuses_what_has_no_place_in_utc(value: datetime) -> None:
    with pytest.raises(ValueError, match=r"^value: "):
        json_date(value)


def test_json_date_refuses_other_types() -> None:
    with pytest.raises(TypeError, match=r"^value: .*str"):
        json_date("2030-01-01")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@given(AWARE)
def test_dates_survive_a_round_trip_to_the_millisecond(value: datetime) -> None:
    result = parse_json_date(json_date(value))
    assert result.tzinfo is UTC
    assert timedelta(0) <= value - result < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2030-01-31T12:34:56.789Z", "2030-01-31T12:34:56.789000+00:00"),
        ("2030-01-31T12:34:56.789+00:00", "2030-01-31T12:34:56.789000+00:00"),
        ("2030-01-31T12:34:56Z", "2030-01-31T12:34:56+00:00"),
        ("2030-01-31T12:34:56.123456789Z", "2030-01-31T12:34:56.123456+00:00"),
        ("2030-01-31T12:34:56-01:30", "2030-01-31T14:04:56+00:00"),
    ],
)
def test_parse_json_date_reads_what_taskcluster_writes(text: str, iso: str) -> None:
    result = parse_json_date(text)
    assert result.isoformat() == iso
    assert result.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2030-01-31",
        "2030-01-31T12:34:56",
        "2030-01-31 12:34:56Z",
        "2030-02-30T00:00:00Z",
        "2030-01-31T12:34:60Z",
        "2030-W05-4T00:00:00Z",
        "+010000-01-01T00:00:00.000Z",
        "0001-01-01T00:00:00+01:00",
        "2030-01-31T12:34:56.789Z\n",
        "\uff12030-01-31T12:34:56Z",
    ],
)
def test_parse_json_date_names_the_bad_text(text: str) -> None:
    with pytest.raises(ValueError, match=r"^text: "):
        parse_json_date(text)


def test_parse_json_date_refuses_other_types() -> None:
    with pytest.raises(TypeError, match=r"^text: .*NoneType"):
        parse_json_date(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
