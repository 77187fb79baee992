from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self, TypeVar

from .record_mode import RecordMode
from .request import Request

T = TypeVar("T")

class Cassette:
    all_played: bool
    data: list[tuple[Request, dict[str, Any]]]
    play_counts: Counter[int]
    requests: list[Request]
    responses: list[dict[str, Any]]
    @classmethod
    def use(
        cls,
        *,
        path: Path,
        persister: object = ...,
        record_mode: RecordMode = ...,
        match_on: Sequence[Callable[[Request, Request], None]] = ...,
        before_record_request: Callable[[Request], Request | None] | None = None,
        before_record_response: Callable[[dict[str, Any]], dict[str, Any] | None] | None = None,
        record_on_exception: bool = True,
    ) -> AbstractContextManager[Self]: ...
    def filter_request(self, request: Request) -> Request: ...
    def get_metadata(self, key: str, default: T) -> T: ...
