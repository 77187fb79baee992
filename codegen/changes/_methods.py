"""What differs among the methods of a service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..model import Anything, Argument, Expression, Method
from ..render import scope_phrase
from ._writing import Types, covers, listed

Found = Iterator[tuple[bool, str]]


def compare_methods(old: Types, new: Types) -> Found:
    """Give what differs, with whether it breaks something."""
    befores = {method.name: method for method in old.service.methods}
    afters = {method.name: method for method in new.service.methods}
    gone, added = befores.keys() - afters.keys(), afters.keys() - befores.keys()
    renamed = {
        name: after.name
        for name in gone
        for after in new.service.methods
        if after.name in added and _same_place(befores[name], after)
    }
    for name in befores:
        if name in renamed:
            yield True, f"{_called(new, name)} is called {_called(new, renamed[name])} now."
        elif name in gone:
            others = listed(befores[name].companions)
            yield True, f"{_called(new, name)} is gone" + (f", and with it {others}." if others else ".")
    for name, after in afters.items():
        if name in added - set(renamed.values()):
            yield False, f"{_called(new, name, _arguments(after))} is new."
    for before, after in [
        *((befores[name], afters[name]) for name in afters if name in befores),
        *((befores[name], afters[other]) for name, other in renamed.items()),
    ]:
        yield from _Comparison(old, new, before, after).all()


class _Comparison:
    def __init__(self, old_types: Types, new_types: Types, old: Method, new: Method) -> None:
        self._types = old_types, new_types
        self._old = old
        self._new = new
        self._name = _called(new_types, new.name)

    def all(self) -> Found:
        yield from self._path_arguments()
        yield from self._query_arguments()
        yield from self._payload()
        yield from self._answer()
        yield from self._companions()
        yield from self._facts()

    def _path_arguments(self) -> Found:
        before, after = ([argument.name for argument in side.args] for side in (self._old, self._new))
        if before != after:
            yield True, f"{self._name} takes {_in_path(after)} now, and took {_in_path(before)}."
        yield from self._argument_types(self._old.args, self._new.args)

    def _query_arguments(self) -> Found:
        before, after = ([argument.name for argument in side.query] for side in (self._old, self._new))
        for name in [name for name in before if name not in after]:
            yield True, f"{self._name} does not take the query argument `{name}` any more."
        for name in [name for name in after if name not in before]:
            yield False, f"{self._name} takes the query argument `{name}`."
        yield from self._argument_types(self._old.query, self._new.query)

    def _argument_types(self, old: tuple[Argument, ...], new: tuple[Argument, ...]) -> Found:
        befores = {argument.name: argument.type for argument in old}
        for argument in new:
            if argument.name in befores:
                about = f"`{argument.name}` of {self._name}"
                yield from self._differing(about, befores[argument.name], argument.type)

    def _payload(self) -> Found:
        match self._old.payload, self._new.payload:
            case None, after if after:
                yield True, f"{self._name} needs a payload now: `{self._types[1].write(after, input=True)}`."
            case before, None if before:
                yield True, f"{self._name} takes no payload any more."
            case before, after if before and after:
                yield from self._differing(f"The payload of {self._name}", before, after)
            case _:
                pass

    def _answer(self) -> Found:
        before, after = self._returned(0, self._old), self._returned(1, self._new)
        if before == after:
            return
        if isinstance(self._new.result, Anything):
            words = "returns `Any` now, as its answer has lost its schema"
        else:
            words = f"returns {after} now"
        breaks = not (
            self._old.result
            and self._new.result
            and covers((self._types[0], self._old.result), (self._types[1], self._new.result), input=False)
        )
        yield breaks, f"{self._name} {words}; it returned {before}."

    def _companions(self) -> Found:
        before, after = (
            [name.removeprefix(side.name) for name in side.companions] for side in (self._old, self._new)
        )
        gone = [f"{self._new.name}{ending}" for ending in before if ending not in after]
        added = [f"{self._new.name}{ending}" for ending in after if ending not in before]
        if gone:
            yield True, f"{self._name} has no {listed(gone, 'or')} any more."
        if added:
            yield False, f"{self._name} comes with {listed(added)} now."

    def _facts(self) -> Found:
        before, after = (f"{side.verb} {side.route}" for side in (self._old, self._new))
        if before != after:
            yield False, f"{self._name} is sent as `{after}` now, and was sent as `{before}`."
        if self._old.scopes != self._new.scopes:
            yield (
                not _asks_for_less(self._old.scopes, self._new.scopes),
                f"{self._name} asks for {scope_phrase(self._new.scopes)} now, "
                f"and asked for {scope_phrase(self._old.scopes)}.",
            )
        if self._old.stability != self._new.stability:
            if self._new.stability == "deprecated":
                yield False, f"{self._name} is deprecated; it still works."
            else:
                yield False, f"{self._name} is {self._new.stability} now, and was {self._old.stability}."

    def _differing(self, about: str, old: Expression, new: Expression) -> Found:
        before, after = self._types[0].write(old, input=True), self._types[1].write(new, input=True)
        if before != after:
            fits = covers((self._types[1], new), (self._types[0], old), input=True)
            yield not fits, f"{about} is `{after}` now, and was `{before}`."

    def _returned(self, side: int, method: Method) -> str:
        match method.answer:
            case "none":
                return "None"
            case "text":
                return "the text of the answer"
            case "redirect":
                return "the URL that it redirects to"
            case _:
                return f"`{self._types[side].write(method.result or Anything(), input=False)}`"


def _called(types: Types, method: str, arguments: str = "") -> str:
    return f"`{types.service.class_name}.{method}{arguments}`"


def _arguments(method: Method) -> str:
    path = [argument.name for argument in method.args] + (["payload"] if method.payload else [])
    query = ["*", *(argument.name for argument in method.query)] if method.query else []
    return f"({', '.join([*path, *query])})"


def _in_path(names: list[str]) -> str:
    return f"the path arguments {listed(names)}" if names else "no path arguments"


def _asks_for_less(old: Any, new: Any) -> bool:
    """Say whether all who have the old scopes surely have the new ones."""
    match old, new:
        case _, None:
            return True
        case _, {"AnyOf": parts} if old in parts:
            return True
        case {"AllOf": parts}, _ if new in parts:
            return True
        case _:
            return False


def _same_place(old: Method, new: Method) -> bool:
    return (old.verb, old.route) == (new.verb, new.route)
