"""Writes docstrings: our words, wrapped, and then the facts."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from .._json import is_object
from ..model import EntryDocs, Exchange, Method
from ._layout import WIDTH


def docstring(paragraphs: Iterable[str], indent: int) -> str:
    """Return paragraphs as a docstring; each keeps its own lines, wrapped where they are too long."""
    blocks = ["\n".join(_wrapped(paragraph, WIDTH - indent - 3)) for paragraph in paragraphs if paragraph]
    if len(blocks) == 1:
        blocks = ["\n".join(_wrapped(blocks[0].replace("\n", " "), WIDTH - indent - 6))]
    text = "\n\n".join(blocks).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    closing = '\n"""' if "\n" in text else ' """' if text.endswith('"') else '"""'
    return textwrap.indent(f'"""{text}{closing}', " " * indent, lambda line: bool(line.strip()))


def prose(words: str) -> list[str]:
    """Return a text of ours as paragraphs, each of them one line."""
    return [" ".join(paragraph.split()) for paragraph in words.split("\n\n")]


def method_words(method: Method, service: str) -> list[str]:
    """Return the docstring of an API method as paragraphs."""
    docs = method.docs
    return [
        docs.summary or f"Call `{method.name}` of the {service} service.",
        *prose(docs.details),
        _not_retried(method),
        _raises(docs),
        "\n".join(_method_facts(method)),
    ]


def exchange_words(exchange: Exchange, message: str) -> list[str]:
    """Return the docstring of an exchange as paragraphs."""
    docs = exchange.docs
    return [
        docs.summary or f"Bind to the messages of `{exchange.name}`.",
        *prose(docs.details),
        "What is None matches any word.",
        f"Exchange: `{exchange.exchange}`\nMessage: `{message}`",
    ]


def deprecation(method: Method) -> str:
    """Return what is said to those who use a deprecated method."""
    return f"{method.name} is deprecated: {method.docs.deprecated or 'see the Taskcluster manual'}"


def scope_phrase(scopes: Any) -> str:
    """Return a scope expression as a part of a sentence."""
    if isinstance(scopes, str):
        return f"`{scopes}`"
    match scopes if is_object(scopes) else {}:
        case {"AllOf": [part]} | {"AnyOf": [part]}:
            return scope_phrase(part)
        case {"AllOf": parts}:
            return f"all of ({', '.join(map(scope_phrase, parts))})"
        case {"AnyOf": parts}:
            return f"any of ({', '.join(map(scope_phrase, parts))})"
        case {"for": name, "in": names, "each": each}:
            return f"`{each}` for each {name} of {names}"
        case {"if": condition, "then": then, **rest}:
            otherwise = f", else {scope_phrase(rest['else'])}" if "else" in rest else ""
            return f"{scope_phrase(then)} if {condition}{otherwise}"
        case _:
            return json.dumps(scopes) if scopes else "no scopes"


def scope_lines(scopes: Any) -> Iterator[str]:
    """Give a scope expression as the lines of a list."""
    if isinstance(scopes, str):
        yield f"- `{scopes}`"
        return
    match scopes if is_object(scopes) else {}:
        case {"AllOf": [part]} | {"AnyOf": [part]}:
            yield from scope_lines(part)
        case {"AllOf": parts}:
            yield from _group("all of", parts)
        case {"AnyOf": parts}:
            yield from _group("any of", parts)
        case {"for": name, "in": names, "each": each}:
            yield f"- `{each}` for each {name} of {names}"
        case {"if": condition, "then": then, **rest}:
            yield from _group(f"if {condition}", [then])
            if "else" in rest:
                yield from _group("else", [rest["else"]])
        case _:
            yield f"- {json.dumps(scopes)}"


def _group(heading: str, parts: list[Any]) -> Iterator[str]:
    yield f"- {heading}:"
    for part in parts:
        for line in scope_lines(part):
            yield f"  {line}"


def _not_retried(method: Method) -> str:
    if not method.not_repeatable:
        return ""
    return (
        f"Not retried when its answer was lost, as {method.not_repeatable}; `Retry(unrepeatable=True)` retries it "
        "all the same."
    )


def _raises(docs: EntryDocs) -> str:
    return (
        "\n".join(["Raises:", *(f"    {name}: {words}" for name, words in docs.errors.items())])
        if docs.errors
        else ""
    )


def _method_facts(method: Method) -> Iterator[str]:
    yield f"Route: `{method.verb} {method.route}`"
    lines = list(scope_lines(method.scopes)) if method.scopes else []
    match lines:
        case []:
            yield "Scopes: none"
        case [only]:
            yield f"Scopes: {only.removeprefix('- ')}"
        case _:
            yield "Scopes:"
            yield from (f"    {line}" for line in lines)
    yield f"Stability: {method.stability}"


def _wrapped(paragraph: str, width: int) -> Iterator[str]:
    for line in paragraph.split("\n"):
        hanging = " " * (len(line) - len(line.lstrip()) + (4 if line.startswith(" ") else 0))
        yield from textwrap.wrap(
            line, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
        ) or [""]
