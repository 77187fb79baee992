"""Exchanges with a Taskcluster on vcrpy cassettes: recorded without secrets, replayed by verb, path, query and JSON."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from vcr import VCR
from vcr.cassette import Cassette
from vcr.request import Request

ROOT_URL = "https://tc.example.com"
"""What stands on a cassette in place of the root URL that it was recorded from."""

# Only what a call depends on is kept: a header that is not known here may hold anything.
_HEADERS = frozenset({"accept", "content-type", "location", "retry-after", "x-for-request-id"})

_LEAKS = {
    "a Hawk header": re.compile("hawk ", re.IGNORECASE),
    "a bewit": re.compile("bewit=", re.IGNORECASE),
    "credentials": re.compile("accessToken|access_token|authorization", re.IGNORECASE),
    "a certificate": re.compile("certificate|signature", re.IGNORECASE),
    "an access token": re.compile(r"(?<![\w-])[\w-]{43,44}(?![\w-])"),
    "an address of the recording": re.compile(r"localhost|127\.0\.0\.1"),
}


@contextmanager
def recording(path: Path, root_url: str) -> Generator[Cassette]:
    """Record the calls to ``root_url``. The cassette takes the place of the old one when the block succeeds."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    recorder = VCR(
        before_record_request=_request,
        before_record_response=_response,
        decode_compressed_response=True,
        filter_sensitive_data={ROOT_URL: root_url},
        record_on_exception=False,
    )
    with recorder.use_cassette(fresh) as cassette:
        yield cassette
    fresh.replace(path)


def replaying(path: Path) -> AbstractContextManager[Cassette]:
    """Answer calls from a cassette, each recorded exchange once; a call that is not on it is an error."""
    player = VCR(
        record_mode="none", match_on=("method", "path", "query", "body"), before_record_request=_request
    )
    return player.use_cassette(path)


def leaks(text: str) -> list[str]:
    """Return what kinds of secrets a cassette shows."""
    return [kind for kind, pattern in _LEAKS.items() if pattern.search(text)]


def _request(request: Request) -> Request:
    request.headers = _kept(request.headers.items())
    return request


def _response(response: dict[str, Any]) -> dict[str, Any]:
    return response | {"headers": _kept(response["headers"].items())}


def _kept(headers: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in headers if name.lower() in _HEADERS}
