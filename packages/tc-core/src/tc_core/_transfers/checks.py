"""Checks of arguments that transfers share, before anything is sent."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from .._dates import parse_json_date, write_date


def check_text(argument: str, value: Any) -> None:
    """Raise an error that names the argument unless it is printable ASCII, and not empty."""
    if not isinstance(value, str):
        raise TypeError(f"{argument}: {type(value).__name__}; pass a str")
    if not value:
        raise ValueError(f"{argument}: is empty; pass some text")
    if not re.fullmatch(r"[ -~]+", value):
        raise ValueError(f"{argument}: has characters other than printable ASCII; leave them out")


def check_project(value: Any) -> None:
    """Raise an error unless the value can be a project id."""
    check_text("project_id", value)
    if not re.fullmatch(r"[A-Za-z0-9._/-]{1,500}", value):
        raise ValueError("project_id: must be at most 500 letters, digits, '.', '_', '/' or '-'")


def check_expires(value: Any, now: float) -> str:
    """Return the date as the services take it.

    Raises:
        ValueError: it is malformed, or not after ``now`` (seconds since 1970).
        TypeError: it is neither datetime nor str.
    """
    if not isinstance(value, (str, datetime)):
        raise TypeError(f"expires: {type(value).__name__}; pass a datetime, such as from_now('1 day')")
    try:
        date = parse_json_date(value) if isinstance(value, str) else value
        text = value if isinstance(value, str) else write_date(value, "expires")
    except ValueError as error:
        problem = str(error).partition(": ")[2]
        raise ValueError(f"expires: {problem}") from None
    if date.timestamp() <= now:
        raise ValueError(
            f"expires: is {text}, which has passed; pass a later date, such as from_now('1 day')"
        )
    return text


def check_on_progress(value: Any) -> None:
    """Raise TypeError unless the value can be called, or is None."""
    if value is not None and not callable(value):
        raise TypeError(f"on_progress: {type(value).__name__}; pass a function")
