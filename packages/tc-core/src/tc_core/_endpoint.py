"""What generated code says about one API method, compiled once into what a call needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar, cast
from urllib.parse import quote

from . import _json
from ._dates import write_date
from ._errors import APIError
from ._response import Response

T = TypeVar("T")

PathArgument = str | int
QueryArgument = str | int | bool | datetime | None
Answer = Literal["json", "none", "text", "redirect"]


class _Nothing:
    """Marks the absence of a payload, since None is JSON."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING = _Nothing()


class Call:
    """One request as data: all of it that stays the same from attempt to attempt."""

    __slots__ = ("body", "content_type", "method", "repeatable", "resource", "verb")

    def __init__(
        self,
        *,
        method: str,
        verb: str,
        resource: str,
        body: bytes | None = None,
        content_type: str | None = None,
        repeatable: bool = True,
    ) -> None:
        self.method = method
        self.verb = verb
        self.resource = resource
        self.body = body
        self.content_type = content_type
        self.repeatable = repeatable


class Endpoint(Generic[T]):
    """An API method.

    Args:
        service: service name such as ``queue``.
        version: API version such as ``v1``.
        name: method name as in the Taskcluster manual.
        verb: HTTP verb in upper case.
        route: path below the API's own, with ``<parameter>`` for each path argument.
        payload: whether the method takes one.
        answer: what a success carries: a JSON value, nothing worth reading, text, or a Location.
        repeatable: False if a second request acts a second time.
        may_be_empty: names of the path arguments for which the empty text has a meaning of its own.
    """

    __slots__ = (
        "answer",
        "may_be_empty",
        "method",
        "names",
        "payload",
        "pieces",
        "repeatable",
        "verb",
    )

    def __init__(
        self,
        service: str,
        version: str,
        name: str,
        verb: str,
        route: str,
        *,
        payload: bool = False,
        answer: Answer = "json",
        repeatable: bool = True,
        may_be_empty: tuple[str, ...] = (),
    ) -> None:
        self.method = f"{service}.{name}"
        self.may_be_empty = may_be_empty
        self.verb = verb
        self.payload = payload
        self.answer = answer
        self.repeatable = repeatable
        head, *rest = route.split("<")
        pairs = [piece.split(">", 1) for piece in rest]
        self.names = tuple(pair[0] for pair in pairs)
        self.pieces = (f"/api/{service}/{version}{head}", *(pair[1] for pair in pairs))

    def resource(
        self, args: tuple[PathArgument, ...], query: Mapping[str, QueryArgument] | None = None
    ) -> str:
        """Return path and query below the root URL, encoded as they are sent.

        Raises:
            ValueError: a path argument is empty, "." or "..", or cannot be encoded.
            TypeError: an argument has a type that cannot travel in a URL.
        """
        path = self.pieces[0]
        for name, value, piece in zip(self.names, args, self.pieces[1:], strict=True):
            empty = value == "" and name in self.may_be_empty
            path += piece if empty else _path_segment(name, value) + piece
        encoded = encode_query(query) if query else ""
        return f"{path}?{encoded}" if encoded else path

    def call(
        self,
        args: tuple[PathArgument, ...],
        query: Mapping[str, QueryArgument] | None,
        payload: object,
    ) -> Call:
        """Check the arguments of one call and encode them."""
        body = content_type = None
        if self.payload:
            if payload is None or payload is NOTHING:
                raise TypeError(f"payload: {self.method} needs one; pass a dict")
            body, content_type = _json.encode(payload), "application/json"
        return Call(
            method=self.method,
            verb=self.verb,
            resource=self.resource(args, query),
            body=body,
            content_type=content_type,
            repeatable=self.repeatable,
        )

    def read(self, response: Response) -> T:
        """Return what a successful answer carries.

        Raises:
            APIError: the body is not what the API declares.
        """
        if self.answer == "none":
            return cast(T, None)
        if self.answer == "redirect":
            return cast(T, self._location(response))
        if self.answer == "text":
            return cast(T, response.text)
        try:
            return cast(T, response.json())
        except ValueError as error:
            raise self._malformed(response, "is not JSON") from error

    def _location(self, response: Response) -> str:
        location = response.headers.get("location")
        if location is None:
            raise self._malformed(response, "has no Location header")
        return location

    def _malformed(self, response: Response, problem: str) -> APIError:
        return APIError(
            f"the answer {problem}",
            status=response.status,
            body=None,
            method=self.method,
            request_id=response.request_id,
        )


def encode_query(query: Mapping[str, QueryArgument]) -> str:
    """Encode what is not None, in the order given."""
    pairs = (
        f"{quote(name, safe='')}={_quoted(name, _query_text(name, value))}"
        for name, value in query.items()
        if value is not None
    )
    return "&".join(pairs)


def _path_segment(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise TypeError(f"{name}: {type(value).__name__} cannot stand in a path; pass a str or int")
    text = str(value)
    if text in ("", ".", ".."):
        raise ValueError(f"{name}: is {text!r}, which cannot stand in a path; pass the identifier itself")
    return _quoted(name, text)


def _query_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, datetime):
        return write_date(value, name)
    raise TypeError(
        f"{name}: {type(value).__name__} cannot stand in a query; pass str, int, bool or datetime"
    )


def _quoted(name: str, text: str) -> str:
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise ValueError(
            f"{name}: has a lone surrogate, which cannot be encoded; pass well-formed text"
        ) from None
