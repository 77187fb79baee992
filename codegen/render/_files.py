"""Which files there are and which template makes each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from ..model import Service, distribution_name, import_name
from ._client import Client
from ._events import Events
from ._payloads import Payloads
from ._words import docstring, prose

TEMPLATES = Path(__file__).parents[1] / "templates"
BY_HAND = ("tc-core", "tc-testing")
"""The packages of which only the metadata is generated."""

PARSE_WORDS = [
    "Return the parts of the routing key of a message by their names.",
    "`exchange` is the name of a method of this class, or the exchange of the message in full. A part that has no "
    "value is `_`, as the service sends it.",
    "Raises:\n    ValueError: the exchange is unknown, or the routing key is none of its.",
]


@dataclass(frozen=True)
class Family:
    """All that the packages are made from.

    Args:
        version: the version they share.
        services: what each service package says.
        packages: codegen/packages.toml.
        additions: for a service with hand-written additions, the names that they make public.
        license: the text of the licence.
        facts: files for tc-testing, by name.
    """

    version: str
    services: tuple[Service, ...]
    packages: Mapping[str, Any]
    additions: Mapping[str, tuple[str, ...]]
    license: str
    facts: Mapping[str, str]


def render(family: Family) -> dict[str, str]:
    """Return the text of every generated file, by its path under ``packages``."""
    files: dict[str, str] = {}
    for name in BY_HAND:
        files |= {f"{name}/{path}": text for path, text in _package(family, name, name.replace("-", "_"))}
    for service in family.services:
        name = distribution_name(service.name)
        files |= {
            f"{name}/{path}": text
            for path, text in _package(family, name, import_name(service.name), service)
        }
        files |= {f"{name}/{path}": text for path, text in _service(family, service)}
    files |= {f"tc-testing/src/tc_testing/_generated/{name}": text for name, text in family.facts.items()}
    return dict(sorted(files.items()))


def header() -> str:
    """Return the first lines of a generated file in Markdown."""
    return f"<!-- {_filled('header').strip()} -->\n\n"


def _package(
    family: Family, name: str, module: str, service: Service | None = None
) -> Iterator[tuple[str, str]]:
    metadata = family.packages["service" if service else name]
    extras = metadata.get("extras", {})
    values = {
        "name": name,
        "module": module,
        "version": family.version,
        "metadata": metadata,
        "extras": extras.get(service.name, {}) if service else extras,
        "service": service,
    }
    yield "pyproject.toml", _filled("pyproject.toml", **values)
    yield f"src/{module}/_version.py", _filled("_version.py", **values)
    yield f"src/{module}/py.typed", ""
    yield "LICENSE", family.license


def _service(family: Family, service: Service) -> Iterator[tuple[str, str]]:
    module, source = import_name(service.name), f"src/{import_name(service.name)}"
    classes = (f"Async{service.class_name}", service.class_name)
    additions = family.additions.get(service.name, ())
    missing = set(classes) - set(additions)
    if additions and missing:
        raise ValueError(f"{module}/_additions.py: __all__ has no {', '.join(sorted(missing))}")
    values: dict[str, Any] = {
        "service": service,
        "name": distribution_name(service.name),
        "module": module,
        "version": family.version,
        "classes": classes,
        "additions": additions,
        "summary": service.docs.service.summary or f"The {service.name} service of Taskcluster.",
        "parse_words": PARSE_WORDS,
        "types_words": [
            f"The payloads and answers of the {service.name} service.",
            service.docs.types.summary,
        ],
    }
    payloads = Payloads(service)
    exported = [
        *(additions or classes),
        "__version__",
        *([f"{service.class_name}Events"] if service.exchanges else []),
    ]
    yield "README.md", _filled("README.md", example=_example(service), **values)
    yield f"{source}/__init__.py", _filled("__init__.py", all=sorted(exported, key=_export_order), **values)
    yield (
        f"{source}/types.py",
        _filled("types.py", names=payloads.all, import_order=sorted(payloads.all, key=str.lower), **values),
    )
    yield f"{source}/_generated/__init__.py", _filled("_generated/__init__.py", **values)
    yield (
        f"{source}/_generated/client.py",
        _filled("_generated/client.py", client=Client(service), typed=bool(payloads.all), **values),
    )
    yield f"{source}/_generated/types.py", _filled("_generated/types.py", payloads=payloads, **values)
    if service.exchanges:
        yield (
            f"{source}/_generated/events.py",
            _filled("_generated/events.py", events=Events(service), **values),
        )


def _export_order(name: str) -> tuple[bool, bool, str]:
    """Sort as ruff sorts ``__all__``: constants, then classes, then the rest."""
    return not name.isupper(), not name[:1].isupper(), name


def _example(service: Service) -> str:
    own = TEMPLATES / "examples" / f"{service.name}.py.jinja"
    template = f"examples/{service.name if own.exists() else 'any'}.py"
    return _filled(template, service=service, module=import_name(service.name)).strip()


def _filled(template: str, **values: Any) -> str:
    return _environment().get_template(f"{template}.jinja").render(**values)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        autoescape=False,
        keep_trailing_newline=True,
        loader=jinja2.FileSystemLoader(TEMPLATES),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["docstring"] = _docstring
    return environment


def _docstring(words: str | list[str], indent: int = 0) -> str:
    paragraphs = prose(words) if isinstance(words, str) else words
    return docstring(paragraphs, indent)
