class Request:
    method: str
    uri: str
    body: bytes | None
    headers: dict[str, str]
    path: str
    def __init__(self, method: str, uri: str, body: bytes | None, headers: dict[str, str]) -> None: ...
