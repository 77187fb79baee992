"""Writes the named types of a service."""

from __future__ import annotations

import keyword
from collections.abc import Iterator

from ..model import Alias, Exchange, Form, Record, Reference, Service, parts
from ..model import Key as RecordKey
from ._layout import Bracket, Piece, assignment, flat, lay_out, prefixed
from ._names import Names
from ._types import Annotations, literal, names_in
from ._words import docstring


class Payloads:
    """The text of the types of a service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.names = Names()
        self._annotations = Annotations(service.types, "", self.names)
        forms = service.types.forms
        self.records = [self._record(form, form.shape) for form in forms if isinstance(form.shape, Record)]
        self.routing_keys = [self._routing_key(exchange) for exchange in service.exchanges]
        self.aliases = [self._alias(*alias) for alias in self._aliases()]
        self.all = sorted(
            [form.name for form in forms] + [exchange.key_name for exchange in service.exchanges]
        )

    def _record(self, form: Form, record: Record) -> str:
        annotations = {key.name: self._annotations.piece(key.type, input=form.input) for key in record.keys}
        used = {name for piece in annotations.values() for name in names_in(flat(piece))} | {
            "NotRequired",
            "ReadOnly",
        }
        doc = docstring([self._source(form)], 4)
        self.names("TypedDict")
        # In the body of a class a key would hide a builtin of the same name from the annotations.
        if not all(_can_stand_in_class(name) and name not in used for name in annotations):
            return self._functional(form, record, annotations)
        lines = [f"class {form.name}(TypedDict):", doc]
        if record.keys:
            lines.append("")
        for key in record.keys:
            piece = self._qualified(annotations[key.name], key, form.input)
            lines.append(lay_out(prefixed(f"{key.name}: ", piece), 4))
        return "\n".join(lines)

    def _functional(self, form: Form, record: Record, annotations: dict[str, Piece]) -> str:
        pairs: list[Piece] = []
        for key in record.keys:
            # Quoted, since the names that are used may come later in the module.
            annotation = self._qualified(_quoted(annotations[key.name]), key, form.input)
            pairs.append(prefixed(f"{literal(key.name)}: ", annotation))
        call = Bracket(
            f"{form.name} = TypedDict(", (literal(form.name), Bracket("{", tuple(pairs), "}")), ")"
        )
        return lay_out(call, 0) + "\n" + docstring([self._source(form)], 0)

    def _qualified(self, piece: Piece, key: RecordKey, input: bool) -> Piece:
        if input:
            piece = Bracket(f"{self.names('ReadOnly')}[", (piece,), "]")
        if not key.required:
            piece = Bracket(f"{self.names('NotRequired')}[", (piece,), "]")
        return piece

    def _source(self, form: Form) -> str:
        file, *steps = form.location
        place = file + ("#/" + "/".join(steps) if steps else "")
        return f"`{place}`, as it is {'sent' if form.input else 'received'}."

    def _aliases(self) -> Iterator[tuple[Form, Alias, bool]]:
        """Give aliases after those that they name, and say where that cannot be."""
        waiting = {
            form.name: (form, form.shape)
            for form in self._service.types.forms
            if isinstance(form.shape, Alias)
        }
        while waiting:
            needs = {name: self._named_in(alias, form) for name, (form, alias) in waiting.items()}
            ready = [name for name in waiting if not needs[name] & waiting.keys()]
            for name in ready or [min(waiting)]:
                form, alias = waiting.pop(name)
                yield form, alias, not ready

    def _named_in(self, alias: Alias, form: Form) -> set[str]:
        references = (part for part in parts(alias.type) if isinstance(part, Reference))
        return {self._service.types.name(reference.location, form.input) for reference in references}

    def _alias(self, form: Form, alias: Alias, quoted: bool) -> str:
        self.names("TypeAlias")
        piece = self._annotations.piece(alias.type, input=form.input)
        text = assignment(f"{form.name}: TypeAlias = ", _quoted(piece) if quoted else piece)
        return text + "\n" + docstring([self._source(form)], 0)

    def _routing_key(self, exchange: Exchange) -> str:
        self.names("TypedDict")
        lines = [
            f"class {exchange.key_name}(TypedDict):",
            f'    """The parts of a routing key of `{exchange.name}`."""',
            "",
        ]
        for part in exchange.parts:
            kind = (
                f"{self.names('Literal')}[{literal(part.constant)}]" if part.constant is not None else "str"
            )
            lines.append(f"    {part.name}: {kind}")
        return "\n".join(lines)


def _quoted(piece: Piece) -> str:
    return literal(flat(piece).replace('"', "'"))


def _can_stand_in_class(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")
