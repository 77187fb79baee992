"""Exchanges: what to bind a queue to, and what the routing key of a message says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

__all__ = ["Binding", "Exchange", "RoutingKeyPart"]


class Binding(NamedTuple):
    """What a queue is bound to in order to get messages.

    Attributes:
        exchange: full name of the exchange.
        routing_key_pattern: AMQP topic pattern; ``*`` stands for one word, ``#`` for any number of them.
    """

    exchange: str
    routing_key_pattern: str


class RoutingKeyPart(NamedTuple):
    """A part of a routing key.

    Attributes:
        name: as in the Taskcluster manual.
        constant: the word that always stands here, if it is always the same.
        multiple: whether it may be several words, or none, rather than one.
    """

    name: str
    constant: str | None = None
    multiple: bool = False


class Exchange:
    """A topic exchange of a service.

    Args:
        name: name in the Taskcluster manual, such as ``taskCompleted``.
        exchange: full name, such as ``exchange/taskcluster-queue/v1/task-completed``.
        parts: the parts of its routing keys, in order; at most one of them has several words.
    """

    def __init__(self, name: str, exchange: str, *parts: RoutingKeyPart) -> None:
        self.name = name
        self.exchange = exchange
        self.parts = parts

    @classmethod
    def named(cls, exchanges: Iterable[Exchange], name: str) -> Exchange:
        """Return the exchange with a name, which may be the full one.

        Raises:
            ValueError: there is none.
        """
        known = list(exchanges)
        for exchange in known:
            if name in (exchange.name, exchange.exchange):
                return exchange
        names = ", ".join(exchange.name for exchange in known)
        raise ValueError(f"exchange: {name!r} is unknown; use one of {names}")

    def binding(self, words: Mapping[str, str | int | None]) -> Binding:
        """Return the binding for messages whose routing keys have some words; None matches any.

        Raises:
            TypeError: a name is not that of a part, or a word is neither text nor a number.
            ValueError: a word is empty, or has a dot where one word is expected.
        """
        unknown = words.keys() - {part.name for part in self.parts if part.constant is None}
        if unknown:
            raise TypeError(f"{min(unknown)}: is not chosen by callers of {self.name}; leave it out")
        return Binding(self.exchange, ".".join(_pattern(part, words.get(part.name)) for part in self.parts))

    def parse(self, routing_key: str) -> dict[str, str]:
        """Return the parts of a routing key by their names. Several words stay joined by dots.

        Raises:
            ValueError: it is not a routing key of this exchange, for example that of a message which came by a
                custom route (``route.…``).
        """
        words = routing_key.split(".")
        found: dict[str, str] = {}
        spare = len(words) - len(self.parts) + 1
        several = any(part.multiple for part in self.parts)
        if spare < 0 or (spare != 1 and not several):
            raise ValueError(
                f"routing_key: {routing_key!r} has {len(words)} words, which {self.name} never has"
            )
        for part in self.parts:
            taken = spare if part.multiple else 1
            found[part.name], words = ".".join(words[:taken]), words[taken:]
            if part.constant is not None and found[part.name] != part.constant:
                raise ValueError(
                    f"routing_key: {routing_key!r} has {found[part.name]!r} for {part.name}, "
                    f"where {self.name} has {part.constant!r}"
                )
        return found


def _pattern(part: RoutingKeyPart, word: Any) -> str:
    if part.constant is not None:
        return part.constant
    if word is None:
        return "#" if part.multiple else "*"
    if isinstance(word, bool) or not isinstance(word, (str, int)):
        raise TypeError(f"{part.name}: {type(word).__name__} cannot stand in a routing key; pass a str")
    text = str(word)
    if not text:
        raise ValueError(f"{part.name}: is empty; leave it out to match any")
    if "." in text and not part.multiple:
        raise ValueError(f"{part.name}: {text!r} has a dot, but is one word of a routing key; pass one word")
    return text
