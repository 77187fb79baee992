"""Scripted answers: faults of a service, on demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from starlette.responses import Response

from ._facts import Method, methods
from ._json import write

__all__ = ["Faults"]


@dataclass(slots=True)
class _Fault:
    service: str
    method: str
    status: int
    times: int | None  # that are left, None for no end
    probability: float
    headers: dict[str, str]
    body: Any


class Faults:
    """Answers to give in place of the real ones, used up in the order in which they were added.

    A fault stands before all else that a call meets, as a proxy in front of the service would: the call is not
    authenticated and changes nothing.

    Attributes:
        random: what decides on faults that happen with some probability; after a reset it starts from the same
            seed again. `faults.random.seed(…)` makes it start from another one.
    """

    def __init__(self) -> None:
        self.random = Random(0)
        self._faults: list[_Fault] = []

    def add(
        self,
        service: str,
        method: str,
        *,
        status: int,
        times: int | None = 1,
        probability: float = 1,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> None:
        """Answer the next calls of one API method with `status`.

        Args:
            service: its name, such as `queue`.
            method: the name of the API method, such as `createTask`.
            status: of the answer, from 200 to 599.
            times: how many calls are answered like that, None for all until a reset.
            probability: with which a call is answered like that, above 0; at 1 all are.
            headers: of the answer.
            body: of the answer: str or bytes as they are, None for none, anything else as JSON.

        Raises:
            ValueError: there is no such method, `status` cannot end a call, `times` is below 1, or
                `probability` is none.
        """
        if not any((known.service, known.name) == (service, method) for known in methods()):
            raise ValueError(
                f"method: there is none called {method!r} in a service called {service!r}; use names of the API"
            )
        if not 200 <= status <= 599:
            raise ValueError(f"status: {status} cannot end a call; pass one from 200 to 599")
        if times is not None and times < 1:
            raise ValueError(f"times: {times}; pass 1 or more, or None for no end")
        if not 0 < probability <= 1:
            raise ValueError(f"probability: {probability}; pass a number above 0 and up to 1")
        self._faults.append(_Fault(service, method, status, times, probability, dict(headers or {}), body))

    def clear(self) -> None:
        """Forget the faults that were not used up."""
        self._faults.clear()
        self.random.seed(0)

    def __len__(self) -> int:
        """How many faulty answers are still to be given; those without end count as one."""
        return sum(fault.times or 1 for fault in self._faults)

    def take(self, method: Method) -> Response | None:
        """The faulty answer for a call of `method`, None if the real one is due."""
        for fault in self._faults:
            if (fault.service, fault.method) != (method.service, method.name):
                continue
            if fault.probability < 1 and self.random.random() >= fault.probability:
                continue
            if fault.times is not None:
                fault.times -= 1
                if not fault.times:
                    self._faults.remove(fault)
            return _response(fault)
        return None


def _response(fault: _Fault) -> Response:
    match fault.body:
        case None:
            return Response(status_code=fault.status, headers=fault.headers)
        case str() | bytes():
            return Response(fault.body, status_code=fault.status, headers=fault.headers)
        case content:
            return Response(
                write(content),
                status_code=fault.status,
                headers=fault.headers,
                media_type="application/json; charset=utf-8",
            )
