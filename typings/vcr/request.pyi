class Request:
    method: str
    uri: str
    body: bytes | None
    headers: dict[str, str]
