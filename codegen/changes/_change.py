"""One difference that a user may notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """A difference.

    Args:
        service: the service it is in; empty for the family as a whole.
        breaks: whether programs that were right before may have to change.
        text: what differs, as a sentence in Markdown.
    """

    service: str
    breaks: bool
    text: str
