"""Slug ids, the 22 characters that Taskcluster writes a UUID with."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

# Not compiled here, since few programs come by.
_ANY = "[A-Za-z0-9_-]{22}"
_VERSION_4 = "[A-Za-z0-9_-]{8}[Q-T][A-Za-z0-9_-][CGKOSWaeimquy26-][A-Za-z0-9_-]{10}[AQgw]"


def slug_id() -> str:
    """Return a new slug id that begins with a letter, so that a command line cannot take it for an option.

    Source: "slugid" in the Taskcluster manual, the "nice" kind.
    """
    from slugid import nice  # imported here since most who import tc_core never come by

    return nice()


def stable_slug_ids() -> Callable[[str], str]:
    """Return a function from names to slug ids that answers the same name with the same slug id.

    For building task graphs: tasks refer to each other by name, in any order, before they are created.
    Each function returned here has slug ids of its own.
    """
    known: dict[str, str] = {}

    def slug_id_of(name: str) -> str:
        if name in known:
            return known[name]
        return known.setdefault(name, slug_id())  # as one step, for threads that ask at the same time

    return slug_id_of


def is_slug_id(text: object) -> bool:
    """Say whether ``text`` is a slug id that Taskcluster takes as a task id: one of a random UUID."""
    return isinstance(text, str) and re.fullmatch(_VERSION_4, text) is not None


def encode_slug_id(uuid: UUID) -> str:
    """Return the slug id of ``uuid``, of whatever version.

    Raises:
        TypeError: ``uuid`` is no UUID.

    Source: RFC 4648, section 5, without padding.
    """
    from uuid import UUID

    if not isinstance(uuid, UUID):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"uuid: {type(uuid).__name__}; pass a uuid.UUID")
    return urlsafe_b64encode(uuid.bytes).decode().rstrip("=")


def decode_slug_id(text: str) -> UUID:
    """Return the UUID that ``text`` is the slug id of, of whatever version.

    Raises:
        ValueError: ``text`` is no slug id.
        TypeError: ``text`` is no str.

    Source: RFC 4648, section 5, without padding.
    """
    from uuid import UUID

    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"text: {type(text).__name__}; pass a str")
    if not re.fullmatch(_ANY, text):
        raise ValueError("text: is no slug id; pass 22 characters of A-Z, a-z, 0-9, '-' and '_'")
    return UUID(bytes=urlsafe_b64decode(f"{text}=="))
