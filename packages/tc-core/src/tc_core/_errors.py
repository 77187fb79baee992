"""What can go wrong in a call, the same for sync and async clients."""

from __future__ import annotations

import re
from typing import Any

# Quotes may be escaped, as in JSON or HTML that quotes a header.
_QUOTE = r"""(?:"|&quot;|&#34;)"""
# Who has the token at the end of the path of hooks.triggerHookWithToken may trigger the hook.
_TRIGGER = r"""/hooks\\*/[^/\s]+/[^/\s]+/trigger\\*/"""
# Not compiled here, since few programs come by.
_SECRETS = (
    rf"""(bewit=)[^&\s"'<>\\]+|(Hawk )(?:\w+=\\*{_QUOTE}.*?{_QUOTE}(?:,\s*)?)+|({_TRIGGER})[^&?/\s"'<>\\]+"""
)


def redact(text: str) -> str:
    """Return ``text`` with the values of bewits, Hawk headers and trigger tokens taken out."""
    return re.sub(_SECRETS, lambda match: (match[1] or match[2] or match[3]) + "[redacted]", text)


def hide_query(url: str) -> str:
    """Return a URL without what its query says, where storages put their signatures, and without a password."""
    address, mark, _ = url.partition("#")[0].partition("?")
    return re.sub(r"(?<=://)[^/@]*@", "", address) + (mark and "?[redacted]")


class TaskclusterError(Exception):
    """Base of all errors that a call can end with. Bad arguments are ValueError or TypeError instead."""


class APIError(TaskclusterError):
    """The service answered, and the answer is no success.

    Attributes:
        status: HTTP status code.
        code: Taskcluster's error code such as ``ResourceNotFound``, or None where the answer had none.
        message: the human text of the answer, without the block of request details behind ``---``.
        body: the decoded answer (JSON value or text) without ``requestInfo``, which repeats the payload.
        method: API method such as ``queue.createTask``, or verb and path for a low-level request.
        request_id: value of the answer's ``x-for-request-id`` header, to be quoted to operators, or None.
        retry_after: seconds that a ``Retry-After`` header asked to wait, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None = None,
        body: Any = None,
        method: str = "",
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.body = body
        self.method = method
        self.request_id = request_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        where = f"{self.method}: " if self.method else ""
        code = f" {self.code}" if self.code else ""
        trace = f" (request id {self.request_id})" if self.request_id else ""
        return f"{where}{self.status}{code}: {self.message}{trace}"

    def __reduce__(self) -> tuple[Any, ...]:
        fields = ("status", "code", "body", "method", "request_id", "retry_after")
        return _rebuild, (type(self), self.message, {name: getattr(self, name) for name in fields})


class BadRequest(APIError):
    """400: the service could not read the request or refused its content."""


class AuthenticationFailed(APIError):
    """401: the service did not accept the credentials."""


class InsufficientScopes(APIError):
    """403: the credentials are good but lack a scope."""


class NotFound(APIError):
    """404: there is no such thing."""


class NotAcceptable(APIError):
    """406: none of the download methods that were offered fits the object."""


class Conflict(APIError):
    """409: the request contradicts what is there already."""


class Gone(APIError):
    """410: it was there and has expired."""


class FailedDependency(APIError):
    """424: the artifact is of the error kind; ``body`` holds its reason and message."""


class TooManyRequests(APIError):
    """429: slow down; see ``retry_after``."""


class ServerError(APIError):
    """5xx: the service, or a proxy before it, failed."""


class TransportError(TaskclusterError):
    """No answer, or an incomplete one.

    Attributes:
        sent: False if the request certainly did not reach the service with any try, True if it may have.
    """

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self), {"sent": self.sent})


class TimedOut(TransportError):
    """The time given by ``timeout`` or ``deadline`` ran out."""


class VerificationFailed(TaskclusterError):
    """The bytes of a transfer are not what they should be: another hash or length, or another page altogether."""


class CredentialsExpired(TaskclusterError, ValueError):
    """Temporary credentials are past their expiry; nothing was sent."""


_BY_STATUS: dict[int, type[APIError]] = {
    400: BadRequest,
    401: AuthenticationFailed,
    403: InsufficientScopes,
    404: NotFound,
    406: NotAcceptable,
    409: Conflict,
    410: Gone,
    424: FailedDependency,
    429: TooManyRequests,
}


def error_class(status: int) -> type[APIError]:
    """Return the class that stands for an HTTP status of 400 or more."""
    return _BY_STATUS.get(status, ServerError if status >= 500 else APIError)


def _rebuild(cls: type[Exception], message: str, fields: dict[str, Any]) -> Exception:
    return cls(message, **fields)
