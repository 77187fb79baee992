"""Scripted faults: what a method answers in place of the real answer, and what happens to its connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from threading import Lock
from typing import Any, overload

from starlette.responses import Response

from ._facts import methods
from ._json import write
from ._relay import Fault

__all__ = ["Faults"]

_STORAGE = {("s3", "GetObject"), ("s3", "HeadObject"), ("s3", "PutObject")}


@dataclass(frozen=True, slots=True)
class _Answer:
    """A fault at the level of HTTP."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass(slots=True)
class _Planned:
    service: str
    method: str
    fault: Fault | _Answer
    times: int | None  # that are left, None for no end
    probability: float


class Faults:
    """What is to go wrong with the calls of single methods, used up in the order in which it was added.

    A fault stands before all else that a call meets, as a proxy in front of the service would: a call that is
    answered so is not authenticated and changes nothing.

    Attributes:
        random: what decides on faults that happen with some probability; after a reset it starts from the same
            seed again. `faults.random.seed(…)` makes it start from another one.
    """

    def __init__(self) -> None:
        self.random = Random(0)
        self._planned: list[_Planned] = []
        self._lock = Lock()  # they are added in one thread and used up in another

    @overload
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
    ) -> None: ...

    @overload
    def add(
        self, service: str, method: str, fault: Fault, *, times: int | None = 1, probability: float = 1
    ) -> None: ...

    def add(
        self,
        service: str,
        method: str,
        fault: Fault | None = None,
        *,
        status: int | None = None,
        times: int | None = 1,
        probability: float = 1,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> None:
        """Have the next calls of one API method go wrong: at the level of HTTP, or below it.

        Args:
            service: its name, such as `queue`; `s3` for the store behind objects and artifacts.
            method: the name of the API method, such as `createTask`; for `s3` `GetObject`, `HeadObject` or
                `PutObject`.
            fault: what happens to the connection. A reset in the request comes before the call is handled, all
                in the response after it. What stalls does so until the client hangs up or the server stops.
            status: in place of `fault`: of the answer, from 200 to 599.
            times: how many calls go wrong like that, None for all until a reset.
            probability: with which a call goes wrong like that, above 0; at 1 all do.
            headers: of the answer with that `status`.
            body: of the answer with that `status`: str or bytes as they are, None for none, anything else as JSON.

        Raises:
            ValueError: there is no such method, `status` cannot end a call, `times` is below 1, or
                `probability` is none.
            TypeError: both `fault` and `status` are given, or neither.
        """
        known = {(each.service, each.name) for each in methods()} | _STORAGE
        if (service, method) not in known:
            raise ValueError(
                f"method: there is none called {method!r} in a service called {service!r}; use names of the API"
            )
        if times is not None and times < 1:
            raise ValueError(f"times: {times}; pass 1 or more, or None for no end")
        if not 0 < probability <= 1:
            raise ValueError(f"probability: {probability}; pass a number above 0 and up to 1")
        made = _answer(status, headers, body) if fault is None else _below_http(fault, status, headers, body)
        with self._lock:
            self._planned.append(_Planned(service, method, made, times, probability))

    def clear(self) -> None:
        """Forget the faults that were not used up."""
        with self._lock:
            self._planned.clear()
            self.random.seed(0)

    def __len__(self) -> int:
        """How many calls are still to go wrong; faults without end count as one."""
        with self._lock:
            return sum(planned.times or 1 for planned in self._planned)

    def take(self, service: str, method: str) -> Response | Fault | None:
        """What is due for a call of a method: another answer, a fault of its connection, or nothing."""
        with self._lock:
            for planned in self._planned:
                if (planned.service, planned.method) != (service, method):
                    continue
                if planned.probability < 1 and self.random.random() >= planned.probability:
                    continue
                if planned.times is not None:
                    planned.times -= 1
                    if not planned.times:
                        self._planned.remove(planned)
                return planned.fault if isinstance(planned.fault, Fault) else _response(planned.fault)
        return None


def _answer(status: int | None, headers: Mapping[str, str] | None, body: Any) -> _Answer:
    if status is None:
        raise TypeError("fault, status: neither is given; pass a Fault, or the status of an answer")
    if not 200 <= status <= 599:
        raise ValueError(f"status: {status} cannot end a call; pass one from 200 to 599")
    return _Answer(status, dict(headers or {}), body)


def _below_http(fault: Fault, status: int | None, headers: Mapping[str, str] | None, body: Any) -> Fault:
    if not isinstance(fault, Fault):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"fault: {fault!r} is no Fault; pass one such as Fault.reset('response')")
    if (status, headers, body) != (None, None, None):
        raise TypeError(
            "fault: is given beside status, headers or body, which make an answer; pass one of them"
        )
    return fault


def _response(answer: _Answer) -> Response:
    match answer.body:
        case None:
            return Response(status_code=answer.status, headers=answer.headers)
        case str() | bytes():
            return Response(answer.body, status_code=answer.status, headers=answer.headers)
        case content:
            return Response(
                write(content),
                status_code=answer.status,
                headers=answer.headers,
                media_type="application/json; charset=utf-8",
            )
