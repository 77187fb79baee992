from collections.abc import Callable, Mapping

class Sender:
    request_header: str
    def __init__(
        self,
        credentials: Mapping[str, str],
        url: str,
        method: str,
        content: str | bytes | object = ...,
        content_type: str | object = ...,
        always_hash_content: bool = True,
        nonce: str | None = None,
        ext: str | None = None,
        app: str | None = None,
        dlg: str | None = None,
        seen_nonce: Callable[[str, str, str], bool] | None = None,
        _timestamp: int | str | None = None,
    ) -> None: ...

class Receiver:
    parsed_header: dict[str, str]
    def __init__(
        self,
        credentials_map: Callable[[str], Mapping[str, str]],
        request_header: str,
        url: str,
        method: str,
        content: str | bytes | object = ...,
        content_type: str | object = ...,
        seen_nonce: Callable[[str, str, str], bool] | None = None,
        localtime_offset_in_seconds: float = 0,
        accept_untrusted_content: bool = False,
        timestamp_skew_in_seconds: float = 60,
    ) -> None: ...
