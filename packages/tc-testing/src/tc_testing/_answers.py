"""Answers that are not JSON, the same in several services."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

__all__ = ["ok", "see_other"]

_RESERVED = "!#$%&'()*+,/:;=?@[]~"


def ok() -> Response:
    """What a method answers that has nothing else to say."""
    return Response("OK", media_type="text/plain")


def see_other(url: str) -> Response:
    """A redirect to `url`."""
    url = quote(url, safe=_RESERVED)  # a header takes no other characters
    return Response(f"See Other. Redirecting to {url}", 303, {"location": url}, "text/plain")
