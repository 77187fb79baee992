"""Low-level requests: any verb and path of a deployment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import _json
from ._endpoint import NOTHING, Call, QueryArgument, encode_query

# Not compiled here, since few programs come by.
_VERB = r"[A-Z]+"
_ABSOLUTE = r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//"
_RESOURCE = r"/?[A-Za-z0-9._~!$&'()*+,;=:@%/-]+(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"


def request_call(verb: Any, path: Any, query: Mapping[str, QueryArgument] | None, payload: object) -> Call:
    """Check and encode the arguments of a low-level request."""
    if not isinstance(verb, str) or not re.fullmatch(_VERB, verb.upper()):
        raise ValueError("verb: must be an HTTP verb such as 'GET'")
    resource = _resource(path)
    encoded = encode_query(query) if query else ""
    if encoded:
        resource += ("&" if "?" in resource else "?") + encoded
    body = None if payload is NOTHING else _json.encode(payload)
    return Call(
        method=f"{verb.upper()} {resource.split('?', 1)[0]}",
        verb=verb.upper(),
        resource=resource,
        body=body,
        content_type=None if body is None else "application/json",
    )


def _resource(path: Any) -> str:
    if not isinstance(path, str):
        raise TypeError(f"path: {type(path).__name__}; pass a str such as 'api/queue/v1/ping'")
    if not re.fullmatch(_RESOURCE, path) or re.match(_ABSOLUTE, path):
        raise ValueError(
            "path: must be relative to the root URL, not empty, and percent-encoded as it is to be sent"
        )
    if {".", ".."} & set(path.split("?", 1)[0].split("/")):
        raise ValueError("path: has '.' or '..' as a segment; name the resource itself")
    return path if path.startswith("/") else f"/{path}"
