"""What a real Taskcluster answered, and how to tell whether another answer is of the same kind.

Each of `exchanges/*.json` is a list of requests and answers in the order in which they were recorded. Dates in
them are shifted, so that what was an hour away when it was recorded still is.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeGuard

_DATE = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
# Dates in other forms: that of claims, and within URLs and client ids.
_OTHER_DATE = re.compile(
    r"20[0-9T:.-]{21}(?=\+00:00)|20\d{6}T\d{6}Z|(?<=%2F)20\d{6}(?=%2F)|(?<=/until/)[0-9.]+|(?<= - )[0-9/]+"
)
# What stands in recorded texts for what is secret, another each time, or was cut out.
_PLACEHOLDERS = {
    "<svg>[...]</svg>": "<svg .*</svg>",
    " [...]": ".*",
    "[...]": ".*",
    "<rootUrl>": "http://[^/]*",
    "<s3Url>": "http://[^/]*/s3",
    "<accessKeyId>": "[A-Z0-9]+",
    "<secretAccessKey>": "[0-9a-f]+",
    "<sessionToken>": "[0-9a-f]+",
    "<bewit>": "[A-Za-z0-9_-]+",
    "<jwt>": r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+",
    "<staticSecret>": "[a-z]+",
    "<oldWorkerSecret>": "[A-Za-z0-9_-]{44}",
    "<workerSecret>": "[A-Za-z0-9_-]{44}",
    "<signature>": "[0-9a-f]{64}",
    "<incidentId>": "[0-9a-f-]+",
    "<certificate>": r"\{.*\}",
}
# Lists that come in any order, and values that another server must choose anew, by their key.
_IN_NO_ORDER = frozenset({"taskIds"})
_CHOSEN_BY_THE_SERVER = frozenset(
    {"accessToken", "continuationToken", "errorId", "startTime", "uploadId", "uptime", "version"}
)


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


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether it is a JSON object."""
    return isinstance(value, dict)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def assert_alike(actual: Any, recorded: Any, where: str = "body", key: str = "") -> None:
    """Fail unless `actual` has the shape, the types and the constant texts of `recorded`."""
    if recorded == "[...]":
        return  # cut out, whatever it was
    assert _kind(actual) is _kind(recorded), f"{where}: {actual!r} instead of {recorded!r}"
    if is_object(recorded) and recorded and all(map(_DATE.fullmatch, recorded)):
        # By the hour or by the day, whatever these are.
        assert_alike(list(actual.values()), list(recorded.values()), where)
    elif is_object(recorded):
        assert actual.keys() == recorded.keys(), f"{where}: keys {list(actual)} instead of {list(recorded)}"
        for name, value in recorded.items():
            assert_alike(actual[name], value, f"{where}.{name}", name)
    elif key in _IN_NO_ORDER:
        assert sorted(actual) == sorted(recorded), where
    elif _is_list(recorded):
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
    """Fail unless the texts agree but for dates, for what is chosen anew, and for what was cut out of the
    recorded one."""
    pattern = re.escape(_without_dates(recorded))
    for placeholder, stands_for in _PLACEHOLDERS.items():
        pattern = pattern.replace(re.escape(placeholder), stands_for)
    assert re.fullmatch(pattern, _without_dates(actual), re.DOTALL), (
        f"{where}: {actual!r} instead of {recorded!r}"
    )


def _without_dates(text: str) -> str:
    return _OTHER_DATE.sub("<date>", _DATE.sub("<date>", text))


def _kind(value: object) -> type[object]:
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)
