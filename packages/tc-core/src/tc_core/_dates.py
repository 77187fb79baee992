"""Dates as Taskcluster writes them, and points in time given as an expression such as "2 days"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache

# Taskcluster counts 365 days to a year and 30 to a month, whatever the calendar says.
_UNITS = (
    ("years", "y(?:ears?|r)?", timedelta(days=365)),
    ("months", "mo(?:nths?)?", timedelta(days=30)),
    ("weeks", "w(?:eeks?|k)?", timedelta(weeks=1)),
    ("days", "d(?:ays?)?", timedelta(days=1)),
    ("hours", "h(?:ours?|r)?", timedelta(hours=1)),
    ("minutes", "m(?:in(?:utes?)?)?", timedelta(minutes=1)),
    ("seconds", "s(?:ec(?:onds?)?)?", timedelta(seconds=1)),
)

# What JavaScript counts as white space. Possessive, so that a long run of it is read only once.
_SPACE = r"[ \t\n\v\f\r\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]*+"

# Not compiled here, since few programs come by.
_JSON_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})"


def from_now(expression: str, *, now: datetime | None = None) -> datetime:
    """Return the point in time that lies ``expression`` after now, in UTC.

    Args:
        expression: such as ``2 days 3 hours``, ``1y2mo`` or ``-5 minutes``; units from years down to seconds,
            each at most once and in this order. A year is 365 days, a month 30.
        now: the datetime to count from, with a time zone; default the current time.

    Raises:
        ValueError: ``expression`` is malformed or leads outside the years 1 to 9999, or ``now`` is naive.
        TypeError: an argument is of another type.

    Source: ``fromNow`` of the Taskcluster clients.
    """
    _require_str(expression, "expression")
    start = datetime.now(UTC) if now is None else _utc(now, "now")
    match = _expression().fullmatch(expression)
    if match is None or not expression.strip():
        raise ValueError(
            f"expression: {expression[:40]!r} is not a time expression; write it like '2 days 3 hours', "
            "units from years down to seconds"
        )
    try:
        span = sum((int(match[name] or 0) * unit for name, _, unit in _UNITS), timedelta())
        return start - span if match["sign"] == "-" else start + span
    except (OverflowError, ValueError):  # ValueError: more digits than int() reads
        raise ValueError(f"expression: {expression[:40]!r} leads outside the years 1 to 9999") from None


def json_date(value: datetime) -> str:
    """Return ``value`` as Taskcluster writes dates, such as ``2030-01-31T12:34:56.789Z``.

    Args:
        value: a datetime with a time zone; what is finer than a millisecond is cut off.

    Raises:
        ValueError: ``value`` is naive, or outside the years 1 to 9999 in UTC.
        TypeError: ``value`` is no datetime.

    Source: ``Date.prototype.toJSON`` of ECMAScript.
    """
    return write_date(value, "value")


def write_date(value: object, argument: str) -> str:
    """Do what `json_date` does, with errors that call the value by the caller's name for it."""
    return _utc(value, argument).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_json_date(text: str) -> datetime:
    """Return the date that Taskcluster wrote as ``text``, in UTC.

    Args:
        text: such as ``2030-01-31T12:34:56.789Z``; for the ``Z`` there may be an offset such as ``+00:00``.

    Raises:
        ValueError: ``text`` is no such date.
        TypeError: ``text`` is no str.

    Source: RFC 3339, section 5.6.
    """
    _require_str(text, "text")
    problem = f"text: {text[:40]!r} is not a date such as '2030-01-31T12:34:56.789Z'"
    if not re.fullmatch(_JSON_DATE, text):
        raise ValueError(problem)
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{problem}: {error}") from None
    return _utc(value, "text")


@cache
def _expression() -> re.Pattern[str]:
    # Not at import: it takes 2 ms, and most programs never need it.
    units = (f"(?:{_SPACE}(?P<{name}>[0-9]+){_SPACE}{spelling})?" for name, spelling, _ in _UNITS)
    return re.compile(f"{_SPACE}(?P<sign>[-+])?{''.join(units)}{_SPACE}", re.ASCII | re.IGNORECASE)


def _require_str(value: object, argument: str) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{argument}: {type(value).__name__}; pass a str")


def _utc(value: object, argument: str) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError(f"{argument}: {type(value).__name__}; pass a datetime")
    if value.utcoffset() is None:
        raise ValueError(f"{argument}: is a naive datetime; give it a time zone, such as datetime.UTC")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{argument}: is outside the years 1 to 9999 in UTC") from None
