"""What the services would have told the world: their messages, kept instead of being sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ._facts import ExchangeFacts, exchanges
from ._json import read, write

__all__ = ["Message", "Messages"]

_MOST_MESSAGES = 10_000  # that are remembered
_NO_WORD = "_"  # what stands for a part of a routing key that does not apply


class Message(NamedTuple):
    """A message that a service would have published.

    Attributes:
        service: its name, such as `queue`.
        name: of the exchange in the Taskcluster manual, such as `taskCompleted`.
        exchange: its full name, such as `exchange/taskcluster-queue/v1/task-completed`.
        routing_key: the routing key.
        payload: the JSON of the message; valid against the schema of its exchange.
        routes: further routing keys by which the message would have been delivered, such as `route.index.demo`.
    """

    service: str
    name: str
    exchange: str
    routing_key: str
    payload: Any
    routes: tuple[str, ...] = ()

    @property
    def key(self) -> dict[str, str]:
        """The parts of the routing key by their names; `_` stands for one that does not apply."""
        return exchanges()[self.service, self.name].topic.parse(self.routing_key)


class Messages:
    """The last 10,000 messages, in the order in which they were published."""

    def __init__(self) -> None:
        # A message is kept as the bytes that would have been sent: what it speaks of goes on changing.
        self._kept: deque[tuple[ExchangeFacts, str, bytes, tuple[str, ...]]] = deque(maxlen=_MOST_MESSAGES)

    def publish(
        self, service: str, name: str, parts: Mapping[str, str], payload: Any, routes: Sequence[str] = ()
    ) -> None:
        """Keep a message.

        Arguments: name, of the exchange, such as `taskCompleted`; parts, the words of the routing key by name,
        without what is always the same and what does not apply; routes, those of the task that it is about.
        Raises KeyError and ValueError if the service cannot publish such a message.
        """
        facts = exchanges()[service, name]
        cc = tuple(f"route.{route}" for route in routes)
        self._kept.append((facts, _routing_key(facts, parts), write(payload), cc))

    def all(self) -> list[Message]:
        """The messages, those published first at the front."""
        return [_message(*kept) for kept in list(self._kept)]

    def last(self) -> Message:
        """The message that was published last."""
        return _message(*self._kept[-1])


def _message(facts: ExchangeFacts, key: str, payload: bytes, routes: tuple[str, ...]) -> Message:
    return Message(facts.service, facts.topic.name, facts.topic.exchange, key, read(payload), routes)


def _routing_key(facts: ExchangeFacts, parts: Mapping[str, str]) -> str:
    known = {part.name for part in facts.topic.parts if part.constant is None}
    if unknown := parts.keys() - known:
        raise ValueError(f"parts: {facts.topic.name} has no {min(unknown)} in its routing key")
    if missing := facts.required - parts.keys():
        raise ValueError(f"parts: {facts.topic.name} needs {min(missing)} in its routing key")
    words: list[str] = []
    for part in facts.topic.parts:
        word = part.constant or parts.get(part.name, _NO_WORD)
        if not word or ("." in word and not part.multiple):
            raise ValueError(f"parts: {part.name} of {facts.topic.name} must be one word, not {word!r}")
        words.append(word)
    return ".".join(words)
