"""From the path of a request to the API method it calls, and the path arguments it carries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

from ._facts import Method

__all__ = ["MalformedPath", "Match", "Router"]

_PLACEHOLDER = re.compile(r"<(\w+)>")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")

# A path argument ends at a slash, so a slash inside it travels as %2F. The references do not say which
# arguments take the rest of the path as it is; these do, where they come last.
_REST_OF_PATH = frozenset({"name", "prefix"})
_REST_OF_PATH_IN = frozenset({("purge-cache", "workerPoolId")})

# Methods that can be called with the last path argument left out.
_OPTIONAL_ARGUMENT = frozenset({("index", "listNamespaces"), ("index", "listTasks")})


class MalformedPath(Exception):
    """The path is not percent-encoded UTF-8."""


class Match(NamedTuple):
    """The method that a path leads to, with its path arguments decoded."""

    method: Method
    params: dict[str, str]


class Router:
    """Finds methods by verb and raw path; a decoded path would not tell a slash from %2F."""

    def __init__(self, methods: Iterable[Method]) -> None:
        self._routes: dict[tuple[str, str], list[tuple[re.Pattern[str], Method]]] = {}
        for method in methods:
            routes = self._routes.setdefault((method.verb, method.service), [])
            routes.append((_pattern(method), method))

    def match(self, verb: str, raw_path: str) -> Match | None:
        """The first declared method that `raw_path` fits, None if there is none. HEAD goes where GET goes.

        Raises MalformedPath.
        """
        if _BROKEN_ESCAPE.search(raw_path):
            raise MalformedPath
        _, _, service, *_ = [*raw_path.split("/", 3), "", ""]
        for pattern, method in self._routes.get(("GET" if verb == "HEAD" else verb, service), ()):
            if match := pattern.fullmatch(raw_path):
                return Match(method, {name: _decode(value) for name, value in match.groupdict("").items()})
        return None

    def verbs(self, raw_path: str) -> list[str]:
        """The verbs with which `raw_path` can be called."""
        return [
            verb
            for verb in ("GET", "HEAD", "POST", "PUT", "DELETE")
            if self.match(verb, raw_path) is not None
        ]


def _pattern(method: Method) -> re.Pattern[str]:
    literals = _PLACEHOLDER.split(method.route.rstrip("/"))
    pattern = re.escape(f"/api/{method.service}/{method.version}") + re.escape(literals[0])
    for name, literal in zip(literals[1::2], literals[2::2], strict=True):
        pattern += f"(?P<{name}>[^/]+)" + re.escape(literal)
    last = method.args[-1] if method.args else ""
    if last in _REST_OF_PATH or (method.service, last) in _REST_OF_PATH_IN:
        return re.compile(pattern.replace(f"(?P<{last}>[^/]+)", f"(?P<{last}>.*)"))
    if (method.service, method.name) in _OPTIONAL_ARGUMENT:
        pattern = pattern.replace(f"/(?P<{last}>[^/]+)", f"(?:/(?P<{last}>[^/]+))?")
    return re.compile(pattern + "/?")


def _decode(value: str) -> str:
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise MalformedPath from None
