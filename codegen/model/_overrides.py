"""codegen/overrides.toml: what the references get wrong or do not say, as data with reasons."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Set
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
    may_be_empty: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
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

    def not_repeatable_because(self, method: str) -> str:
        """Return why a method should not be called a second time for one purpose, or nothing if it may."""
        return next((entry["reason"] for entry in _matching(self.not_repeatable, method)), "")

    def may_be_empty_in(self, method: str) -> set[str]:
        """Return the path arguments for which the empty text means something."""
        return {name for entry in _matching(self.may_be_empty, method) for name in entry["names"]}

    def items_key(self, method: str) -> str | None:
        """Return the key of a page that holds its items."""
        return next((entry["key"] for entry in _matching(self.items, method)), None)

    def corrected(self, schemas: Mapping[str, Any]) -> dict[str, Any]:
        """Return schemas with the corrections made to them, but for those of places that are not there."""
        corrected = dict(schemas)
        for entry in self.corrections:
            if _fits(entry, corrected):
                steps = entry["at"].split("/")[1:]
                corrected[entry["schema"]] = _replaced(corrected[entry["schema"]], steps, entry.get("value"))
        return corrected

    def unused(self, arguments: Mapping[str, Set[str]], schemas: Mapping[str, Any]) -> Iterator[str]:
        """Give a note for each entry, or name in one, that is for nothing that is there.

        Args:
            arguments: for each method or exchange, such as ``queue.task``, the names of its arguments.
            schemas: all schemas, by their names.
        """
        for kind in ("answers", "arguments", "not_repeatable", "may_be_empty", "items"):
            for number, entry in enumerate(getattr(self, kind)):
                names = set(entry.get("names", ()))
                for pattern in entry["methods"]:
                    of_methods = [arguments[name] for name in arguments if fnmatchcase(name, pattern)]
                    if not any(not names or names & found for found in of_methods):
                        yield f"overrides: {kind}[{number}] is for {pattern}, and nothing like it is there"
        for number, entry in enumerate(self.corrections):
            if not _fits(entry, schemas):
                yield f"overrides: corrections[{number}] is for {entry['schema']}#{entry['at']}, which is not there"


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
    "may_be_empty": {"methods", "names"},
    "items": {"methods", "key"},
    "corrections": {"schema", "at"},
}


def _matching(entries: list[dict[str, Any]], method: str) -> Iterator[dict[str, Any]]:
    for entry in entries:
        if any(fnmatchcase(method, pattern) for pattern in entry["methods"]):
            yield entry


def _fits(correction: dict[str, Any], schemas: Mapping[str, Any]) -> bool:
    """Say whether the place of a correction is there: what holds it, that is, as it may add a keyword."""
    found = schemas.get(correction["schema"])
    for step in correction["at"].split("/")[1:-1]:
        if is_list(found):
            found = found[int(step)] if step.isdecimal() and int(step) < len(found) else None
        else:
            found = found.get(step) if is_object(found) else None
    last = correction["at"].rpartition("/")[2]
    return is_object(found) or (is_list(found) and last.isdecimal() and int(last) < len(found))


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
