"""What is said of references that cannot be read."""

from __future__ import annotations


class UnreadableReferenceError(ValueError):
    """A reference cannot be read; the message begins with its place: its file or URL, and the way to it inside."""
