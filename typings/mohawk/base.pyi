from collections.abc import Mapping

class Resource:
    host: str
    port: str
    def __init__(
        self,
        *,
        credentials: Mapping[str, str],
        url: str,
        method: str,
        content: str | bytes | object = ...,
        content_type: str | object = ...,
        always_hash_content: bool = True,
        nonce: str | None = None,
        ext: str | None = None,
        timestamp: int | str | None = None,
    ) -> None: ...
