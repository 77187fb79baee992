"""Which hooks are bound to a message."""

from __future__ import annotations

from ..._messages import Message, Messages
from .store import Hook, HookStore

__all__ = ["announce"]


def announce(hooks: HookStore, messages: Messages) -> None:
    """Keep the last message for the hooks that are bound to it."""
    bound = [hook for hook in hooks.all() if hook.definition["bindings"]]
    if bound:
        message = messages.last()
        hooks.deliveries += [(hook, message) for hook in bound if _is_bound(hook, message)]


def _is_bound(hook: Hook, message: Message) -> bool:
    return any(
        binding["exchange"] == message.exchange
        and _matches(binding["routingKeyPattern"].split("."), key.split("."))
        for binding in hook.definition["bindings"]
        for key in (message.routing_key, *message.routes)
    )


def _matches(pattern: list[str], words: list[str]) -> bool:
    """Whether the words of a routing key fit a pattern: `*` is one word, `#` any number of them, as in AMQP."""
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(_matches(pattern[1:], words[count:]) for count in range(len(words) + 1))
    return bool(words) and pattern[0] in ("*", words[0]) and _matches(pattern[1:], words[1:])
