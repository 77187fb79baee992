"""What stands on a cassette in place of what nobody may see, or what differs from server to server."""

from __future__ import annotations

import re

__all__ = [
    "CERTIFICATE_KEYS",
    "CLIENT_ID",
    "HOST",
    "PRESIGNED",
    "ROOT_URL",
    "SECRET_KEYS",
    "SIGNED_BY",
    "hidden",
    "is_hidden",
    "may_be_shown",
]

ROOT_URL = "https://tc.example.com"
"""What stands on a cassette in place of the root URL that it was recorded from, and what it is replayed at."""

CLIENT_ID = "project/recording/client"
"""What stands on a cassette in place of the client id that it was recorded with."""

SIGNED_BY = "signed-by"
"""The header in which a cassette keeps who signed a request, in place of the signature."""

HOST = ROOT_URL.removeprefix("https://")

# Of JSON objects in payloads and answers: all that these hold is secret.
SECRET_KEYS = frozenset(
    {
        "AccessKeyId",
        "SecretAccessKey",
        "Token",
        "accessKeyId",
        "accessToken",
        "authorization",
        "sas",
        "secret",
        "secretAccessKey",
        "sessionToken",
        "staticSecret",
        "token",
        "workerIdentityProof",
    }
)
CERTIFICATE_KEYS = frozenset({"seed", "signature"})

# Names in the query of a URL that say that having it is enough. Of such a query nothing is kept.
PRESIGNED = re.compile(
    r"[?&](?:X-Amz-[A-Za-z]+|X-Goog-[A-Za-z]+|AWSAccessKeyId|GoogleAccessId|Key-Pair-Id|Signature|sig)=[^&]",
    re.IGNORECASE,
)

_HIDDEN = "REDACTED"
_SEED_LENGTH = 44  # clients refuse a certificate with a seed of another length
_EXAMPLES = re.compile(r"(?:.+\.)?example(?:\.com|\.net|\.org)?|www\.w3\.org")


def hidden(number: int = 0, *, long: bool = False) -> str:
    """What stands for a secret: numbered where a service chose it, so that each is told from the others."""
    text = f"{_HIDDEN}-{number}" if number else _HIDDEN
    return text.ljust(_SEED_LENGTH, "x") if long else text


def is_hidden(text: str) -> bool:
    return text.startswith(_HIDDEN)


def may_be_shown(host: str) -> bool:
    """Whether a host name is one of those that are for examples, or names a format."""
    return _EXAMPLES.fullmatch(host.partition(":")[0]) is not None
