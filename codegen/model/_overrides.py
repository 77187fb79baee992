"""codegen/overrides.toml: what the references get wrong or do not say, as data with reasons."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from .._json import is_list, is_object

ANSWERS = ("json", "none", "redirect", "text")


@dataclass
class Overrides:
    """Corrections, each with the methods it is for: names such as ``queue.task``, or patterns such as ``*.ping``."""

    answers: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    arguments: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    not_repeatable: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    items: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    corrections: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    schemas: dict[str, Any] = field(default_factory=dict[str, Any])

    def answer(self, method: str) -> tuple[str, str | None] | None:
        """Return how a method without an output schema answers, and the name of a schema of ours for it."""
        for entry in _matching(self.answers, method):
            return entry["answer"], entry.get("schema")
        return None

    def argument(self, method: str, name: str) -> Any:
        """Return the schema of a path or query argument, or of a part of a routing key."""
        for entry in _matching(self.arguments, method):
            if name in entry["names"]:
                return entry["schema"]
        return {"type": "string"}

    def repeatable(self, method: str) -> bool:
        return not any(_matching(self.not_repeatable, method))

    def items_key(self, method: str) -> str | None:
        """Return the key of a page that holds its items."""
        return next((entry["key"] for entry in _matching(self.items, method)), None)

    def corrected(self, schemas: Mapping[str, Any]) -> dict[str, Any]:
        """Return schemas with the corrections made to them."""
        corrected = dict(schemas)
        for entry in self.corrections:
            if entry["schema"] in corrected:
                steps = entry["at"].split("/")[1:]
                corrected[entry["schema"]] = _replaced(corrected[entry["schema"]], steps, entry.get("value"))
        return corrected


def read_overrides(text: str) -> Overrides:
    """Read codegen/overrides.toml.

    Raises:
        ValueError: an entry is malformed or gives no reason; the message names it.
    """
    content = tomllib.loads(text)
    schemas = content.pop("schemas", {})
    unknown = set(content) - set(Overrides.__dataclass_fields__)
    if unknown:
        raise ValueError(f"overrides: {', '.join(sorted(unknown))} is not known")
    for kind, entries in content.items():
        for number, entry in enumerate(entries):
            place = f"overrides: {kind}[{number}]"
            missing = {"reason", *NEEDED[kind]} - set(entry)
            if missing:
                raise ValueError(f"{place} has no {', '.join(sorted(missing))}")
            if kind == "answers" and entry["answer"] not in ANSWERS:
                raise ValueError(f"{place}: answer is {entry['answer']!r}, not one of {', '.join(ANSWERS)}")
            if entry.get("schema", "") and kind == "answers" and entry["schema"] not in schemas:
                raise ValueError(f"{place}: there is no {entry['schema']!r} among the schemas")
    return Overrides(**content, schemas=schemas)


NEEDED = {
    "answers": {"methods", "answer"},
    "arguments": {"methods", "names", "schema"},
    "not_repeatable": {"methods"},
    "items": {"methods", "key"},
    "corrections": {"schema", "at"},
}


def _matching(entries: list[dict[str, Any]], method: str) -> Iterator[dict[str, Any]]:
    for entry in entries:
        if any(fnmatchcase(method, pattern) for pattern in entry["methods"]):
            yield entry


def _replaced(schema: Any, steps: list[str], value: Any) -> Any:
    """Return a copy in which the value at the end of some steps is another one, or gone where it is None."""
    if not steps:
        return value
    if is_list(schema):
        copied = list(schema)
        copied[int(steps[0])] = _replaced(copied[int(steps[0])], steps[1:], value)
        return copied
    keywords = dict(schema) if is_object(schema) else {}
    changed = _replaced(keywords.get(steps[0]), steps[1:], value)
    if changed is None:
        keywords.pop(steps[0], None)
    else:
        keywords[steps[0]] = changed
    return keywords
