"""The shared core of the Taskcluster clients: credentials, signing, retries, errors and helpers.

Importing it neither connects nor reads the environment, and does not load httpx.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._client import AsyncClient, Client
from ._credentials import Credentials
from ._dates import from_now, json_date, parse_json_date
from ._errors import (
    APIError,
    AuthenticationFailed,
    BadRequest,
    Conflict,
    CredentialsExpired,
    FailedDependency,
    Gone,
    InsufficientScopes,
    NotAcceptable,
    NotFound,
    ServerError,
    TaskclusterError,
    TimedOut,
    TooManyRequests,
    TransportError,
    VerificationFailed,
)
from ._later import later as _later
from ._options import AsyncClientOptions, AsyncProvider, ClientOptions, Provider
from ._response import Response
from ._retry import Retry
from ._version import __version__

if TYPE_CHECKING:
    from . import scopes, urls
    from ._slugids import decode_slug_id, encode_slug_id, is_slug_id, slug_id, stable_slug_ids
else:
    _SLUG_IDS = ("decode_slug_id", "encode_slug_id", "is_slug_id", "slug_id", "stable_slug_ids")
    __getattr__, __dir__ = _later(__name__, "scopes", "urls", **dict.fromkeys(_SLUG_IDS, "._slugids"))

__all__ = [
    "APIError",
    "AsyncClient",
    "AsyncClientOptions",
    "AsyncProvider",
    "AuthenticationFailed",
    "BadRequest",
    "Client",
    "ClientOptions",
    "Conflict",
    "Credentials",
    "CredentialsExpired",
    "FailedDependency",
    "Gone",
    "InsufficientScopes",
    "NotAcceptable",
    "NotFound",
    "Provider",
    "Response",
    "Retry",
    "ServerError",
    "TaskclusterError",
    "TimedOut",
    "TooManyRequests",
    "TransportError",
    "VerificationFailed",
    "__version__",
    "decode_slug_id",
    "encode_slug_id",
    "from_now",
    "is_slug_id",
    "json_date",
    "parse_json_date",
    "scopes",
    "slug_id",
    "stable_slug_ids",
    "urls",
]
