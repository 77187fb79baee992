from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

from .cassette import Cassette
from .request import Request

class VCR:
    def __init__(
        self,
        *,
        record_mode: Literal["all", "new_episodes", "none", "once"] = "once",
        match_on: Sequence[str] = ...,
        before_record_request: Callable[[Request], Request | None] | None = None,
        before_record_response: Callable[[dict[str, Any]], dict[str, Any] | None] | None = None,
        decode_compressed_response: bool = False,
        filter_sensitive_data: Mapping[str, str] = ...,
        record_on_exception: bool = True,
    ) -> None: ...
    def use_cassette(self, path: Path) -> AbstractContextManager[Cassette]: ...
