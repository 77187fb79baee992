"""What a real Taskcluster answered, and how to tell whether another answer is of the same kind.

Each of `exchanges/*.json` is a list of requests and answers in the order in which they were recorded. Dates in
them are shifted, so that what was an hour away when it was recorded still is.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_DATE = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
# Lists that come in any order, and values that another server must choose anew, by their key.
_IN_NO_ORDER = frozenset({"taskIds"})
_CHOSEN_BY_THE_SERVER = frozenset({"accessToken", "continuationToken", "version", "uptime"})


def load(service: str) -> list[dict[str, Any]]:
    """The exchanges of one service, dated as if the first had just been made."""
    text = Path(__file__).parents[1].joinpath("exchanges", f"{service}.json").read_text("utf-8")
    first = min(_read(date) for exchange in json.loads(text) for date in _dates_of_answers(exchange))
    shift = datetime.now(UTC) - first

    def shifted(match: re.Match[str]) -> str:
        return _write(_read(match[0]) + shift)

    return json.loads(_DATE.sub(shifted, text))


def _dates_of_answers(exchange: dict[str, Any]) -> list[str]:
    body = exchange["response"]["body"]
    return [body["requestInfo"]["time"]] if isinstance(body, dict) and "requestInfo" in body else []


def _read(date: str) -> datetime:
    return datetime.fromisoformat(date)


def _write(date: datetime) -> str:
    return date.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def assert_alike(actual: Any, recorded: Any, where: str = "body", key: str = "") -> None:
    """Fail unless `actual` has the shape, the types and the constant texts of `recorded`."""
    assert _kind(actual) is _kind(recorded), f"{where}: {actual!r} instead of {recorded!r}"
    if isinstance(recorded, dict):
        assert actual.keys() == recorded.keys(), f"{where}: keys {list(actual)} instead of {list(recorded)}"
        for name, value in recorded.items():
            assert_alike(actual[name], value, f"{where}.{name}", name)
    elif key in _IN_NO_ORDER:
        assert sorted(actual) == sorted(recorded), where
    elif isinstance(recorded, list):
        assert len(actual) == len(recorded), f"{where}: {actual} instead of {recorded}"
        for index, value in enumerate(recorded):
            assert_alike(actual[index], value, f"{where}[{index}]")
    elif key in _CHOSEN_BY_THE_SERVER:
        pass
    elif isinstance(recorded, str):
        assert_same_text(actual, recorded, where)
    else:
        assert actual == recorded, f"{where}: {actual!r} instead of {recorded!r}"


def assert_same_text(actual: str, recorded: str, where: str) -> None:
    """Fail unless the texts agree but for dates, and for what was cut out of the recorded one."""
    pattern = re.escape(_DATE.sub("<date>", recorded))
    pattern = (
        pattern.replace(re.escape(" [...]"), ".*")
        .replace(re.escape("[...]"), ".*")
        .replace("<rootUrl>", "http://[^/]*")
    )
    pattern = pattern.replace("<incidentId>", "[0-9a-f-]+")
    # The hint that follows the hash is the service's own way to say it.
    assert re.fullmatch(pattern, _DATE.sub("<date>", actual), re.DOTALL), (
        f"{where}: {actual!r} instead of {recorded!r}"
    )


def _kind(value: Any) -> type:
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)
