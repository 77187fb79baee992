"""Writes the exchanges of a service."""

from __future__ import annotations

from ..model import Exchange, Scalar, Service, import_name, union
from ._layout import Bracket, Piece, lay_out, tuple_of
from ._names import Names
from ._types import Annotations, literal
from ._words import docstring, exchange_words


class Events:
    """The text of the events class of a service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.names = Names(frozenset(exchange.name for exchange in service.exchanges))
        self._annotations = Annotations(service.types, "_t.", self.names)
        self.constants = [self._constant(exchange) for exchange in service.exchanges]
        self.bindings = [self._binding(exchange) for exchange in service.exchanges]
        self.parsers = [self._parser(exchange) for exchange in service.exchanges]
        self.all = lay_out(tuple_of([f"_{exchange.name}" for exchange in service.exchanges], "_all = "), 0)

    def _constant(self, exchange: Exchange) -> str:
        parts: list[Piece] = []
        for part in exchange.parts:
            options = [f"constant={literal(part.constant)}"] if part.constant is not None else []
            options += ["multiple=True"] if part.multiple else []
            parts.append(Bracket("RoutingKeyPart(", (literal(part.name), *options), ")"))
        names = (literal(exchange.name), literal(exchange.exchange))
        return lay_out(Bracket(f"_{exchange.name} = Exchange(", (*names, *parts), ")"), 0)

    def _binding(self, exchange: Exchange) -> str:
        free = [part for part in exchange.parts if part.constant is None]
        parameters: list[str] = []
        for part in free:
            word = union([Scalar("str"), part.type, Scalar("None")])
            parameters.append(f"{part.name}: {self._annotations.write(word, input=True)} = None")
        message = Annotations(self._service.types, f"{import_name(self._service.name)}.types.")
        pairs = tuple(f"{literal(part.name)}: {part.name}" for part in free)
        return "\n".join(
            [
                "    @staticmethod",
                lay_out(
                    Bracket(
                        f"def {exchange.name}(", (*(["*"] if free else []), *parameters), ") -> Binding:"
                    ),
                    4,
                ),
                docstring(exchange_words(exchange, message.write(exchange.message, input=False)), 8),
                lay_out(Bracket(f"return _{exchange.name}.binding(", (Bracket("{", pairs, "}"),), ")"), 8),
            ]
        )

    def _parser(self, exchange: Exchange) -> str:
        """Return the signature that says what a parsed routing key of one exchange holds."""
        which = Bracket(
            f"exchange: {self.names('Literal')}[", (literal(exchange.name), literal(exchange.exchange)), "]"
        )
        parameters = (which, f"routing_key: {self.names('str')}")
        return lay_out(Bracket("def parse_routing_key(", parameters, f") -> _t.{exchange.key_name}:"), 4)
