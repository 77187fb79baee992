"""What differs among the named types of a service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..model import Alias, Expression, Form, Key, Record, Service, import_name
from ._change import Change
from ._writing import Types, covers, listed


def renamed_types(old: Service, new: Service) -> dict[str, str]:
    """Return the new names of types that are called otherwise and are the same."""
    renamed: dict[str, str] = {}
    while found := _next_renamed(old, new, renamed):
        renamed |= found
    return renamed


def compare_types(old: Service, new: Service, renamed: Mapping[str, str]) -> Iterator[Change]:
    """Give what differs among types, but for their use."""
    befores, afters = _forms(old), _forms(new)
    module = f"{import_name(new.name)}.types"
    for name, other in sorted(renamed.items()):
        yield Change(new.name, True, f"The type `{name}` in `{module}` is called `{other}` now.")
    gone = sorted(befores.keys() - afters.keys() - renamed.keys())
    if gone:
        yield Change(new.name, True, f"Types that are gone from `{module}`: {listed(gone)}.")
    added = sorted(afters.keys() - befores.keys() - set(renamed.values()))
    if added:
        yield Change(new.name, False, f"New types in `{module}`: {listed(added)}.")
    comparison = _Comparison(Types(old, renamed), Types(new, {}))
    for name in sorted(befores.keys() & afters.keys()):
        for breaks, text in comparison.forms(befores[name], afters[name]):
            yield Change(new.name, breaks, text)


class _Comparison:
    """Compares the forms of types. What is sent may take more than before, what is received may hold less."""

    def __init__(self, old: Types, new: Types) -> None:
        self._old = old
        self._new = new

    def forms(self, old: Form, new: Form) -> Iterator[tuple[bool, str]]:
        match old.shape, new.shape:
            case Record(), Record():
                yield from self._records(old.shape, new.shape, new)
            case Alias(before), Alias(after):
                yield from self._expressions(f"The type `{new.name}`", before, after, new.input)
            case _:
                yield True, f"The type `{new.name}` is another one altogether."

    def _records(self, old: Record, new: Record, form: Form) -> Iterator[tuple[bool, str]]:
        befores, afters = {key.name: key for key in old.keys}, {key.name: key for key in new.keys}
        gone, added = befores.keys() - afters.keys(), afters.keys() - befores.keys()
        for name in [key for key in befores if key in gone]:
            yield True, f"`{form.name}` has no key `{name}` any more."
        for name in [key for key in afters if key in added]:
            needed = form.input and afters[name].required
            yield needed, f"`{form.name}` {_has(afters[name], form.input)} the key `{name}`."
        for name in [key for key in afters if key in befores]:
            yield from self._keys(befores[name], afters[name], form)
        if form.input and (old.extra is None) != (new.extra is None):
            takes = "takes no other keys any more" if new.extra is None else "takes other keys, too"
            yield new.extra is None, f"`{form.name}` {takes}."
        elif form.input and old.extra and new.extra:
            yield from self._expressions(f"Each other key of `{form.name}`", old.extra, new.extra, True)

    def _keys(self, old: Key, new: Key, form: Form) -> Iterator[tuple[bool, str]]:
        about = f"The key `{new.name}` of `{form.name}`"
        if old.required != new.required:
            words = {
                (True, True): "must be there now",
                (True, False): "may be left out now",
                (False, True): "is always there now",
                (False, False): "may be absent now",
            }
            yield new.required == form.input, f"{about} {words[form.input, new.required]}."
        yield from self._expressions(about, old.type, new.type, form.input)

    def _expressions(
        self, about: str, old: Expression, new: Expression, input: bool
    ) -> Iterator[tuple[bool, str]]:
        before, after = self._old.write(old, input=input), self._new.write(new, input=input)
        if before != after:
            sides = (self._new, new), (self._old, old)
            fits = covers(*sides, input=True) if input else covers(*sides[::-1], input=False)
            yield not fits, f"{about} is `{after}` now, and was `{before}`."


def _has(key: Key, input: bool) -> str:
    if input:
        return "needs" if key.required else "takes"
    return "has" if key.required else "may have"


def _forms(service: Service) -> dict[str, Form]:
    return {form.name: form for form in service.types.forms}


def _next_renamed(old: Service, new: Service, renamed: Mapping[str, str]) -> dict[str, str]:
    befores, afters = _forms(old), _forms(new)
    gone = befores.keys() - afters.keys() - renamed.keys()
    added = afters.keys() - befores.keys() - set(renamed.values())
    found = {
        name: [
            other
            for other in sorted(added)
            if _written(Types(old, {**renamed, name: other}), befores[name])
            == _written(Types(new, {}), afters[other])
        ]
        for name in sorted(gone)
    }
    # What could be one of several is none of them.
    certain = {name: others[0] for name, others in found.items() if len(others) == 1}
    return {name: other for name, other in certain.items() if list(certain.values()).count(other) == 1}


def _written(types: Types, form: Form) -> object:
    if isinstance(form.shape, Alias):
        return form.input, types.write(form.shape.type, input=form.input)
    keys = [(key.name, key.required, types.write(key.type, input=form.input)) for key in form.shape.keys]
    extra = form.shape.extra
    return form.input, sorted(keys), extra and types.write(extra, input=form.input)
