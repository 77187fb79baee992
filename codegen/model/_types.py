"""Which named types a package has: every shape that its methods and exchanges reach, in the forms they use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ._expressions import Array, DateTime, Expression, Location, Map, Reference, parts
from ._names import camel
from ._shapes import Alias, Record, Shapes, walk

RESERVED = frozenset(
    {"Any", "Array", "Literal", "Mapping", "Never", "NotRequired", "ReadOnly", "TypeAlias", "TypedDict"}
)
"""Names that the module of the types needs for itself."""


@dataclass(frozen=True)
class Form:
    """One named type. As an input it takes more than an answer gives: tuples, datetimes, what is read-only."""

    name: str
    location: Location
    shape: Record | Alias
    input: bool


class TypeTable:
    """The named types of a package and the names of shapes in either form."""

    def __init__(
        self, shapes: Shapes, service: str, answers: Iterable[Expression], inputs: Iterable[Expression]
    ) -> None:
        self._named = shapes.named
        self._service = service
        uses = {(location, False) for location in self._reached(answers)}
        uses |= {(location, True) for location in self._reached(inputs)}
        # A shape that is the same in both forms needs just one.
        uses = {
            (at, use)
            for at, use in uses
            if not (use and (at, False) in uses and not self._differs(at, set()))
        }
        both = {location for location, use in uses if use and (location, False) in uses}
        wanted = {
            (location, use): self._plain_name(shapes, location)
            + ("Input" if use and location in both else "")
            for location, use in uses
        }
        self._names = _told_apart(wanted, service)

    @property
    def forms(self) -> list[Form]:
        """All named types, in the order of their names."""
        forms = [Form(name, at, self._named[at], use) for (at, use), name in self._names.items()]
        return sorted(forms, key=lambda form: form.name)

    def name(self, location: Location, input: bool) -> str:
        return self._names.get((location, input)) or self._names[location, False]

    def shape(self, location: Location) -> Record | Alias:
        return self._named[location]

    def reserve(self, names: Iterable[str]) -> list[str]:
        """Return names for types that come from elsewhere than schemas, changed where one is taken."""
        taken = {*self._names.values(), *RESERVED}
        return [_free(name, taken) for name in names]

    def _reached(self, roots: Iterable[Expression]) -> set[Location]:
        reached: set[Location] = set()
        waiting = list(roots)
        while waiting:
            for part in parts(waiting.pop()):
                if isinstance(part, Reference) and part.location not in reached:
                    reached.add(part.location)
                    waiting += walk(self._named, part.location)
        return reached

    def _differs(self, location: Location, seen: set[Location]) -> bool:
        """Say whether the two forms of a shape are unlike."""
        shape = self._named[location]
        if isinstance(shape, Record):
            return True
        seen.add(location)
        for part in parts(shape.type):
            if isinstance(part, Array | Map | DateTime):
                return True
            if (
                isinstance(part, Reference)
                and part.location not in seen
                and self._differs(part.location, seen)
            ):
                return True
        return False

    def _plain_name(self, shapes: Shapes, location: Location) -> str:
        name = "".join(camel(word) for word in shapes.label(location))
        return name if name[:1].isalpha() else f"Type{name}"


def _told_apart(wanted: dict[tuple[Location, bool], str], service: str) -> dict[tuple[Location, bool], str]:
    """Let each name stand for one thing: schemas of other services give way, then those deeper in a file."""

    def weight(use: tuple[Location, bool]) -> tuple[bool, int, bool, Location]:
        (file, *steps), is_input = use
        return not file.startswith(f"{service}/"), len(steps), is_input, use[0]

    taken = set(RESERVED)
    names: dict[tuple[Location, bool], str] = {}
    for use in sorted(wanted, key=weight):
        name, owner = wanted[use], use[0][0].partition("/")[0]
        if name in taken and owner != service:
            name = camel(owner) + name
        names[use] = _free(name, taken)
    return names


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name}{number}", number + 1
    taken.add(free)
    return free
