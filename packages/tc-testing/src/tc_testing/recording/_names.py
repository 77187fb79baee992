"""What stands on a cassette in place of what nobody may see, or what differs from server to server."""

from __future__ import annotations

import re

__all__ = [
    "CLIENT_ID",
    "EMAIL",
    "HOST",
    "PRESIGNED",
    "ROOT_URL",
    "SIGNED_BY",
    "TRIGGER_TOKEN",
    "hidden",
    "is_certificate_key",
    "is_hidden",
    "is_secret_key",
    "may_be_shown",
]

ROOT_URL = "https://tc.example.com"
"""What stands on a cassette in place of the root URL that it was recorded from, and what it is replayed at."""

CLIENT_ID = "project/recording/client"
"""What stands on a cassette in place of the client id that it was recorded with."""

SIGNED_BY = "signed-by"
"""The header in which a cassette keeps who signed a request, in place of the signature."""

HOST = ROOT_URL.removeprefix("https://")

# Of JSON objects in payloads and answers: all that these hold is secret. In small letters, without _ and -.
_SECRET_KEYS = frozenset(
    {
        "accesskeyid",
        "accesstoken",
        "authorization",
        "clientsecret",
        "password",
        "privatekey",
        "refreshtoken",
        "sas",
        "secret",
        "secretaccesskey",
        "sessiontoken",
        "staticsecret",
        "taskclusteraccesstoken",
        "token",
        "workeridentityproof",
    }
)
_CERTIFICATE_KEYS = frozenset({"seed", "signature"})

EMAIL = re.compile(r"[\w.+-]+(?:@|%40)((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})")
"""An e-mail address; its group is the host."""

# Names in the query of a URL that say that having it is enough. Of such a query nothing is kept.
PRESIGNED = re.compile(
    r"[?&](?:X-Amz-[A-Za-z]+|X-Goog-[A-Za-z]+|AWSAccessKeyId|GoogleAccessId|Key-Pair-Id|Signature|sig)=[^&]",
    re.IGNORECASE,
)

TRIGGER_TOKEN = re.compile(r"(/hooks/[^/\s]+/[^/\s]+/trigger/)([^/?#&\s\"'<>\\]+)")
"""The path of hooks.triggerHookWithToken; its second group is the token, with which anybody may trigger the hook."""

_HIDDEN = "REDACTED"
_SEED_LENGTH = 44  # clients refuse a certificate with a seed of another length
_EXAMPLES = re.compile(r"(?:.+\.)?example(?:\.com|\.net|\.org)?|www\.w3\.org")


def hidden(number: int = 0, *, long: bool = False) -> str:
    """What stands for a secret: numbered where a service chose it, so that each is told from the others."""
    text = f"{_HIDDEN}-{number}" if number else _HIDDEN
    return text.ljust(_SEED_LENGTH, "x") if long else text


def is_hidden(text: str) -> bool:
    return re.fullmatch(rf"{_HIDDEN}(?:-\d+)?x*", text) is not None


def is_secret_key(name: str) -> bool:
    return _plain(name) in _SECRET_KEYS


def is_certificate_key(name: str) -> bool:
    return _plain(name) in _CERTIFICATE_KEYS


def may_be_shown(host: str) -> bool:
    """Whether a host name is one of those that are for examples, or names a format."""
    return _EXAMPLES.fullmatch(host.partition(":")[0]) is not None


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
