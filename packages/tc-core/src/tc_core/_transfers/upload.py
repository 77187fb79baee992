"""A source to a URL."""

from __future__ import annotations

from collections.abc import Callable

from .._errors import TaskclusterError, TransportError
from ..transfers import OnProgress, Phase, Upload
from .incoming import Excerpt
from .outgoing import Departure
from .places import Place, storage_error
from .sources import Source
from .steps import Answer, DataRequest, Transfer, Work
from .terms import Terms


def measure(source: Source, on_progress: OnProgress | None) -> Transfer[int]:
    """Return the number of bytes of a source."""
    if source.length is None and on_progress is not None:
        on_progress(0, None, "measuring")
    length: int = yield Work(source.measure)
    return length


def upload(
    terms: Terms,
    locate: Callable[[], Transfer[Place]],
    source: Source,
    length: int,
    on_progress: OnProgress | None = None,
) -> Transfer[Upload]:
    """Send all of a source to a place, with just the headers that come with it.

    Args:
        terms: the options.
        locate: asks for the place, and again when it has expired.
        source: what is sent; from the beginning for each try.
        length: number of its bytes.
        on_progress: see `tc_core.transfers.OnProgress`.

    Raises:
        VerificationFailed: the source changed while it was sent.
        APIError: the storage refused.
        TransportError: the connection was lost more often than the client's options allow.
    """
    return (yield from _Upload(terms, source, length, on_progress).run(locate))


class _Upload:
    def __init__(self, terms: Terms, source: Source, length: int, on_progress: OnProgress | None) -> None:
        self._terms = terms
        self._source = source
        self._length = length
        self._on_progress = on_progress

    def run(self, locate: Callable[[], Transfer[Place]]) -> Transfer[Upload]:
        return (yield from self._terms.persist(locate, self._attempt, lambda: 0))

    def _attempt(self, place: Place) -> Transfer[Upload]:
        departure = Departure(self._source, self._length)
        try:
            yield Work(departure.open)
            yield from self._send(place, departure)
            self._tell(departure, "finishing")
            hashes = yield Work(departure.finish)
            return Upload(length=self._length, hashes=hashes)
        finally:
            departure.close()

    def _send(self, place: Place, departure: Departure) -> Transfer[None]:
        request = DataRequest("PUT", place.url, _with_length(place, self._length))
        answer, excerpt = yield from self._terms.exchange(
            request, departure, _receive, lambda: self._tell(departure)
        )
        if not 200 <= answer.status < 300:
            raise storage_error(request, answer, excerpt.text, self._terms.now())
        if not departure.complete:
            raise TransportError(f"{request.name}: the storage answered before it had all the bytes")

    def _tell(self, departure: Departure, phase: Phase = "uploading") -> None:
        self._terms.tell(self._on_progress, departure.position, self._length, phase)


def _with_length(place: Place, length: int) -> dict[str, str]:
    """Return the headers of a place: without a length the body would go out in chunks, which S3 refuses."""
    headers = dict(place.headers)
    stated = [value for name, value in headers.items() if name.lower() == "content-length"]
    if not stated:
        headers["Content-Length"] = str(length)
    elif stated != [str(length)]:
        raise TaskclusterError(f"the service asked for {stated[0]} bytes where the source has {length}")
    return headers


def _receive(_: Answer) -> Excerpt:
    return Excerpt()
