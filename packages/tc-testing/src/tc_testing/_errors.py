"""Errors as the services answer them."""

from __future__ import annotations

import uuid
from typing import Any

__all__ = ["APIError", "internal_error"]

_STATUSES = {
    "DenylistedAddress": 400,
    "InputError": 400,
    "InputValidationError": 400,
    "InvalidRequestArguments": 400,
    "MalformedPayload": 400,
    "AuthenticationFailed": 401,
    "InsufficientScopes": 403,
    "ResourceNotFound": 404,
    "NoMatchingMethod": 406,
    "RequestConflict": 409,
    "ResourceExpired": 410,
    "InternalServerError": 500,
    "NotImplemented": 501,
}


class APIError(Exception):
    """An error that a call is answered with. Handlers raise it.

    Arguments: code, one of the codes of the services; message, the text for the reader.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = _STATUSES[code]

    def body(self, method: str, params: dict[str, str], payload: Any, time: str) -> dict[str, Any]:
        """The JSON of the answer. `time` is the date of the answer as text; no payload if that is None."""
        facts = {"method": method, "errorCode": self.code, "statusCode": str(self.status), "time": time}
        lines = "\n".join(f"* {label + ':':<11} {value}" for label, value in facts.items())
        request_info: dict[str, Any] = {"method": method, "params": params, "payload": payload, "time": time}
        if payload is None:
            del request_info["payload"]
        return {
            "code": self.code,
            "message": f"{self.message}\n\n---\n\n{lines}",
            "requestInfo": request_info,
        }


def internal_error() -> APIError:
    """What a client sees when something went wrong inside a service."""
    return APIError("InternalServerError", f"Internal Server Error, incidentId {uuid.uuid4()}.")
