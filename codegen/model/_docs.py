"""codegen/docs: our own words, one file a service."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class EntryDocs:
    """Words about a method, an exchange or a whole service; empty where there are none."""

    summary: str = ""
    details: str = ""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    deprecated: str = ""


@dataclass(frozen=True)
class Docs:
    """The words about one service."""

    service: EntryDocs = EntryDocs()
    types: EntryDocs = EntryDocs()
    methods: Mapping[str, EntryDocs] = field(default_factory=dict[str, EntryDocs])
    exchanges: Mapping[str, EntryDocs] = field(default_factory=dict[str, EntryDocs])


def read_docs(text: str) -> Docs:
    """Read a file of codegen/docs.

    Raises:
        ValueError: it holds something that would not be used.
    """
    content = tomllib.loads(text)
    unknown = content.keys() - Docs.__dataclass_fields__
    if unknown:
        raise ValueError(f"docs: {', '.join(sorted(unknown))} is not known")
    return Docs(
        service=_entry(content.get("service", {})),
        types=_entry(content.get("types", {})),
        methods={name: _entry(entry) for name, entry in content.get("methods", {}).items()},
        exchanges={name: _entry(entry) for name, entry in content.get("exchanges", {}).items()},
    )


def _entry(content: dict[str, Any]) -> EntryDocs:
    unknown = content.keys() - EntryDocs.__dataclass_fields__
    if unknown:
        raise ValueError(f"docs: {', '.join(sorted(unknown))} is not known in {content}")
    return EntryDocs(
        summary=_one_line(content.get("summary", "")),
        details=content.get("details", "").strip(),
        errors={name: _one_line(words) for name, words in sorted(content.get("errors", {}).items())},
        deprecated=_one_line(content.get("deprecated", "")),
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
