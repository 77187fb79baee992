"""What a transfer asks its driver to do.

A driver answers `Ask` with what the service answered, `Work` with what the function returned, `Exchange` with the
`Answer` and what took its body in, `Together` with a list of results, `Sleep` with None; or throws the error in.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

from .._errors import hide_query
from .._flow import Sleep

T = TypeVar("T")


class Ask(NamedTuple):
    """Call a method of a service: ``call`` gets the service, and for an async one gives an awaitable."""

    service: Any
    call: Callable[[Any], Any]
    remaining: float | None


class Work(NamedTuple):
    """Call a function that may block; an async driver does so in a worker thread."""

    function: Callable[[], Any]


class DataRequest:
    """A request to a storage, which knows nothing of Taskcluster: no signature, no header but the ones given."""

    __slots__ = ("headers", "url", "verb")

    def __init__(self, verb: str, url: str, headers: Mapping[str, str]) -> None:
        self.verb = verb
        self.url = url
        self.headers = headers

    @property
    def name(self) -> str:
        """Verb and URL, fit for messages: the query is where storages put their signatures."""
        return f"{self.verb} {hide_query(self.url)}"

    def __repr__(self) -> str:
        return f"DataRequest({self.name})"


class Answer(NamedTuple):
    """The head of a storage's answer.

    Attributes:
        status: HTTP status code.
        headers: names in lower case, and values.
        framed: whether the answer itself says where its body ends; else only the end of the connection does.
    """

    status: int
    headers: Mapping[str, str]
    framed: bool

    def __repr__(self) -> str:
        # A redirect names a URL with its signature.
        return f"Answer({self.status})"


class Incoming(Protocol):
    """Takes the body of an answer in. Only `add` and `offer` never wait."""

    @property
    def full(self) -> bool:
        """Whether the rest of the body is not wanted."""
        ...

    def add(self, data: bytes) -> bool:
        """Take a piece; tell whether there is enough to be passed on."""
        ...

    def offer(self) -> bool:
        """Pass on what was taken if that is possible without waiting; tell whether it was."""
        ...

    def pass_on(self) -> None:
        """Pass on what was taken."""
        ...

    def settle(self) -> None:
        """Wait until all that came has got where it belongs; no more comes, perhaps because the connection is lost."""
        ...

    def end(self) -> None:
        """Do so when the whole body is there."""
        ...


class Outgoing(Protocol):
    """Gives the body of a request, block after block."""

    def read(self) -> bytes:
        """Return the next block; nothing when all has gone out."""
        ...


class Exchange(NamedTuple):
    """Send a request to a storage and take its answer in.

    Attributes:
        body: what is sent, or None.
        receive: says, given the head of the answer, what takes its body in.
        tell: called after each block in either direction.
        timeout: seconds that a single read or write may take.
        remaining: seconds for the whole, or None.
    """

    request: DataRequest
    body: Outgoing | None
    receive: Callable[[Answer], Incoming]
    tell: Callable[[], None]
    timeout: float
    remaining: float | None


class Together(NamedTuple):
    """Run transfers at the same time, at most ``limit`` of them; the first error ends them all."""

    transfers: Sequence[Generator[Any, Any, Any]]
    limit: int


Step: TypeAlias = Ask | Work | Exchange | Together | Sleep
Transfer: TypeAlias = Generator[Step, Any, T]
