"""What differs among the exchanges of a service."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Exchange
from ._writing import Types, covers, listed


def compare_exchanges(old: Types, new: Types) -> Iterator[tuple[bool, str]]:
    """Give what differs, with whether it breaks something."""
    befores = {exchange.name: exchange for exchange in old.service.exchanges}
    afters = {exchange.name: exchange for exchange in new.service.exchanges}
    events = f"{new.service.class_name}Events"
    if befores and not afters:
        yield True, f"`{events}` is gone: the service has no exchanges any more."
        return
    for name in befores:
        if name not in afters:
            yield True, f"`{events}.{name}` is gone."
    for name, after in afters.items():
        if name in befores:
            yield from _compare(f"`{events}.{name}`", old, new, befores[name], after)
        else:
            yield False, f"`{events}.{name}({', '.join(_free(after))})` is new."


def _compare(
    name: str, old_types: Types, new_types: Types, old: Exchange, new: Exchange
) -> Iterator[tuple[bool, str]]:
    if old.exchange != new.exchange:
        yield True, f"{name} binds to the exchange `{new.exchange}` now, and bound to `{old.exchange}`."
    gone = [word for word in _free(old) if word not in _free(new)]
    added = [word for word in _free(new) if word not in _free(old)]
    if gone:
        yield True, f"{name} does not take {listed(gone)} any more."
    if added:
        yield False, f"{name} takes {listed(added)}."
    if _key(old) != _key(new):
        yield True, f"Routing keys of {name} have the form `{_key(new)}` now, and had `{_key(old)}`."
    before = old_types.write(old.message, input=False)
    after = new_types.write(new.message, input=False)
    if before != after:
        fits = covers((old_types, old.message), (new_types, new.message), input=False)
        yield not fits, f"The message of {name} is `{after}` now, and was `{before}`."


def _free(exchange: Exchange) -> list[str]:
    return [part.name for part in exchange.parts if part.constant is None]


def _key(exchange: Exchange) -> str:
    words = [part.constant or f"<{part.name}>" + ("…" if part.multiple else "") for part in exchange.parts]
    return ".".join(words)
