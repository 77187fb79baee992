"""Writes the methods of a service, sync and async."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..model import Anything, Argument, Expression, Method, Scalar, Service, union
from ._layout import Bracket, Piece, lay_out, tuple_of
from ._names import Names
from ._types import Annotations, literal
from ._words import deprecation, docstring, method_words


@dataclass(frozen=True)
class _Member:
    """What differs among a method and its companions: ``helper`` of the base class does the work."""

    name: str
    helper: str
    parameters: list[str]
    result: str
    words: list[str]
    arguments: list[Piece]
    awaited: bool = False


class Client:
    """The text of the two classes of a service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.names = Names(method.name for method in service.methods)
        self._inside = Annotations(service.types, "_t.", self.names)
        self._outside = Annotations(service.types, "_t.", self.names.outside)
        self.endpoints = [self._endpoint(method) for method in service.methods]
        self.sync_methods = list(self._class(asynchronous=False))
        self.async_methods = list(self._class(asynchronous=True))

    def _endpoint(self, method: Method) -> str:
        texts = (self._service.name, self._service.version, method.name, method.verb, method.route)
        items: list[Piece] = [literal(text) for text in texts]
        if method.payload:
            items.append("payload=True")
        if method.answer != "json":
            items.append(f"answer={literal(method.answer)}")
        if method.not_repeatable:
            items.append("repeatable=False")
        if method.may_be_empty:
            items.append(tuple_of([literal(name) for name in method.may_be_empty], "may_be_empty="))
        result = self._outside.write(_result(method), input=False)
        return lay_out(Bracket(f"{_constant(method)}: Endpoint[{result}] = Endpoint(", tuple(items), ")"), 0)

    def _class(self, *, asynchronous: bool) -> Iterator[str]:
        for method in self._service.methods:
            for member in self._members(method, "AsyncIterator" if asynchronous else "Iterator"):
                yield self._text(method, member, asynchronous and member.awaited)

    def _members(self, method: Method, iterator: str) -> Iterator[_Member]:
        result = self._inside.write(_result(method), input=False)
        words = method_words(method, self._service.name)
        parameters, arguments = self._signature(method), _forwarded(method)
        yield _Member(method.name, "_call", parameters, result, words, arguments, awaited=True)
        if method.has_url:
            yield from self._urls(method)
        if method.paginated:
            pages = f"{self.names(iterator)}[{result}]"
            words = [f"Walk over the pages of `{method.name}`, {_beginning(method)}."]
            yield _Member(f"{method.name}_pages", "_pages", parameters, pages, words, arguments)
        if method.items_key and method.item:
            items = f"{self.names(iterator)}[{self._inside.write(method.item, input=False)}]"
            words = [
                f"Walk over the `{method.items_key}` of all pages of `{method.name}`, {_beginning(method)}."
            ]
            arguments = [arguments[0], literal(method.items_key), *arguments[1:]]
            yield _Member(f"{method.name}_items", "_items", parameters, items, words, arguments)

    def _urls(self, method: Method) -> Iterator[_Member]:
        # A URL cannot carry a payload.
        parameters, arguments = self._signature(method, payload=False), _forwarded(method, payload=False)
        text = self.names("str")
        words = [f"Return the URL of `{method.name}`."]
        yield _Member(f"{method.name}_url", "_url", parameters, text, words, arguments)
        star = [] if "*" in parameters else ["*"]
        parameters = [*parameters, *star, f"ttl: {self.names('float')} = 900"]
        words = [f"Return a URL of `{method.name}` that anyone can fetch, for `ttl` seconds."]
        name = f"{method.name}_signed_url"
        yield _Member(name, "_signed_url", parameters, text, words, [*arguments, "ttl=ttl"], awaited=True)

    def _text(self, method: Method, member: _Member, awaited: bool) -> str:
        lines: list[str] = []
        if method.stability == "deprecated":
            lines.append(
                lay_out(Bracket(f"@{self.names('deprecated')}(", (literal(deprecation(method)),), ")"), 4)
            )
        head = f"{'async ' if awaited else ''}def {member.name}("
        lines.append(lay_out(Bracket(head, ("self", *member.parameters), f") -> {member.result}:"), 4))
        lines.append(docstring(member.words, 8))
        statement = ("" if member.result == "None" else "return ") + ("await " if awaited else "")
        lines.append(lay_out(Bracket(f"{statement}self.{member.helper}(", tuple(member.arguments), ")"), 8))
        return "\n".join(lines)

    def _signature(self, method: Method, *, payload: bool = True) -> list[str]:
        parameters = [f"{argument.name}: {self._type(argument)}" for argument in method.args]
        if payload and method.payload:
            parameters.append(f"payload: {self._inside.write(method.payload, input=True)}")
        if method.query:
            optional = [
                f"{argument.name}: {self._type(argument, or_none=True)} = None" for argument in method.query
            ]
            parameters += ["*", *optional]
        return parameters

    def _type(self, argument: Argument, *, or_none: bool = False) -> str:
        kind = union([argument.type, Scalar("None")]) if or_none else argument.type
        return self._inside.write(kind, input=True)


def _result(method: Method) -> Expression:
    match method.answer:
        case "none":
            return Scalar("None")
        case "json":
            return method.result or Anything()
        case _:
            return Scalar("str")


def _forwarded(method: Method, *, payload: bool = True) -> list[Piece]:
    """Return what a method hands on to the base class."""
    arguments: list[Piece] = [_constant(method)]
    if method.args:
        arguments.append(tuple_of([argument.name for argument in method.args]))
    if method.query:
        pairs = tuple(f"{literal(argument.name)}: {argument.name}" for argument in method.query)
        arguments.append(Bracket("{" if method.args else "query={", pairs, "}"))
    if payload and method.payload:
        arguments.append("payload=payload")
    return arguments


def _constant(method: Method) -> str:
    # `_t` is how the module calls that of the types.
    return "_t_" if method.name == "t" else f"_{method.name}"


def _beginning(method: Method) -> str:
    limited = any(argument.name == "limit" for argument in method.query)
    return "from `continuationToken` on" + (", `limit` at a time" if limited else "")
