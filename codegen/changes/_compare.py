"""What differs between two families of packages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model import Service, distribution_name
from ._change import Change
from ._exchanges import compare_exchanges
from ._methods import compare_methods
from ._types import compare_types, renamed_types
from ._writing import Types


def compare(old: Sequence[Service], new: Sequence[Service]) -> list[Change]:
    """Return what differs for users of the packages, service by service.

    Args:
        old: the services of one version.
        new: those of the version that takes its place.
    """
    befores, afters = {service.name: service for service in old}, {service.name: service for service in new}
    found: list[Change] = []
    for name in sorted({*befores, *afters}):
        if name not in afters:
            text = (
                f"The package `{distribution_name(name)}` is gone, as this Taskcluster has no {name} service. "
                "To call it on an older deployment, keep the packages of that version."
            )
            found.append(Change(name, True, text))
        elif name not in befores:
            found.append(Change(name, False, _introduced(afters[name])))
        else:
            found += _compare(befores[name], afters[name])
    return found


def _introduced(service: Service) -> str:
    contents = [_counted(len(service.methods), "method")]
    if service.exchanges:
        contents.append(f"{_counted(len(service.exchanges), 'exchange')} in `{service.class_name}Events`")
    return (
        f"The package `{distribution_name(service.name)}` is new: `{service.class_name}` and "
        f"`Async{service.class_name}` for the {service.name} service, with {' and '.join(contents)}."
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _compare(old: Service, new: Service) -> Iterator[Change]:
    if old.version != new.version:
        text = f"Requests go to `/api/{new.name}/{new.version}` now, and went to `/api/{old.name}/{old.version}`."
        yield Change(new.name, False, text)
    renamed = renamed_types(old, new)
    before, after = Types(old, renamed), Types(new, {})
    for breaks, text in (*compare_methods(before, after), *compare_exchanges(before, after)):
        yield Change(new.name, breaks, text)
    yield from compare_types(old, new, renamed)
