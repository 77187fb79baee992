"""Cron expressions: when a hook is due."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

__all__ = ["CronError", "next_date"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_ALIASES = {name: str(number) for number, name in enumerate(_MONTHS, 1)} | {
    name: str(number) for number, name in enumerate(_DAYS)
}
# The least and the greatest value of second, minute, hour, day, month and day of the week; 7 is Sunday as well.
_RANGES = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_LEFT_OUT = ("0", "*", "*", "*", "*", "*")
_PART = re.compile(r"(?:(\*)|(\d+)(?:-(\d+))?)(?:/(\d+))?")
_FURTHEST = 366 * 8  # days; by then there was a 29 February, even around a year 2100


class CronError(ValueError):
    """A text is no cron expression; the message says why."""


def next_date(expressions: Iterable[str], after: datetime) -> datetime | None:
    """The first time after `after` that one of the expressions means, in UTC. None if there is none.

    Raises CronError.
    """
    dates = [date for expression in expressions if (date := _next(_read(expression), after))]
    return min(dates, default=None)


def _read(expression: str) -> list[set[int]]:
    """The values that each field allows. Five fields leave out the seconds."""
    fields = expression.lower().split()
    if not 1 <= len(fields) <= len(_RANGES):
        raise CronError("Invalid cron expression")
    filled = [*_LEFT_OUT[: len(_RANGES) - len(fields)], *fields]
    seconds, minutes, hours, days, months, week_days = map(_read_field, filled, _RANGES)
    return [seconds, minutes, hours, days, months, {day % 7 for day in week_days}]


def _read_field(text: str, allowed: tuple[int, int]) -> set[int]:
    return {value for part in _without_aliases(text).split(",") for value in _read_part(part, *allowed)}


def _without_aliases(text: str) -> str:
    def number(match: re.Match[str]) -> str:
        if match[0] not in _ALIASES:
            raise CronError(f'Validation error, cannot resolve alias "{match[0]}"')
        return _ALIASES[match[0]]

    return re.sub("[a-z]{3}", number, text.replace("?", "*"))


def _read_part(text: str, least: int, greatest: int) -> range:
    match = _PART.fullmatch(text)
    if match is None:
        raise CronError(f"Invalid characters, got value: {text}")
    star, first, last, step = match.groups()
    start = least if star else int(first)
    # A step after one value goes on from there.
    stop = int(last) if last else start if first and not step else greatest
    for value in (start, stop):
        if not least <= value <= greatest:
            raise CronError(f"Constraint error, got value {value} expected range {least}-{greatest}")
    if stop < start or step == "0":
        raise CronError(f"Invalid range: {text}")
    return range(start, stop + 1, int(step or 1))


def _next(fields: list[set[int]], after: datetime) -> datetime | None:
    seconds, minutes, hours, days, months, week_days = fields
    for day in _days_from(after):
        if day.month not in months or not _is_day(day, days, week_days):
            continue
        for hour in sorted(hours):
            if day.replace(hour=hour, minute=59, second=59) <= after:
                continue
            for minute in sorted(minutes):
                if day.replace(hour=hour, minute=minute, second=59) <= after:
                    continue
                for second in sorted(seconds):
                    date = day.replace(hour=hour, minute=minute, second=second)
                    if date > after:
                        return date
    return None


def _days_from(after: datetime) -> Iterator[datetime]:
    midnight = after.replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight + timedelta(days=number) for number in range(_FURTHEST))


def _is_day(day: datetime, days: set[int], week_days: set[int]) -> bool:
    in_month, in_week = day.day in days, day.isoweekday() % 7 in week_days
    # Where cron is told of both, either will do.
    if len(days) < 31 and len(week_days) < 7:
        return in_month or in_week
    return in_month and in_week
