from typing import Any, TypeVar

from .request import Request

T = TypeVar("T")

class Cassette:
    all_played: bool
    requests: list[Request]
    responses: list[dict[str, Any]]
    def get_metadata(self, key: str, default: T) -> T: ...
