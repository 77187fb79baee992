"""A URL into a sink."""

from __future__ import annotations

from collections.abc import Callable

from .._errors import TaskclusterError
from ..transfers import Download, OnProgress, Phase
from .incoming import Arrival, Excerpt, Part
from .places import Place, redirected, storage_error
from .sinks import Sink
from .steps import Answer, DataRequest, Transfer, Work
from .terms import Terms

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 10
_UNKNOWN = "application/octet-stream"
"""What bytes are of which nothing is said (RFC 9110, section 8.3)."""


def download(
    terms: Terms,
    locate: Callable[[], Transfer[Place]],
    sink: Sink,
    on_progress: OnProgress | None = None,
) -> Transfer[Download]:
    """Fetch what is at a place, verify it, and keep it.

    Args:
        terms: the options.
        locate: asks for the place, and again when it has expired.
        sink: where the bytes go.
        on_progress: see `tc_core.transfers.OnProgress`.

    Raises:
        VerificationFailed: the bytes are not those that were uploaded.
        APIError: the storage refused.
        TransportError: the connection was lost more often than the client's options allow.
    """
    return (yield from _Download(terms, sink, on_progress).run(locate))


class _Download:
    def __init__(self, terms: Terms, sink: Sink, on_progress: OnProgress | None) -> None:
        self._terms = terms
        self._sink = sink
        self._on_progress = on_progress
        self._arrival = Arrival(sink)

    def run(self, locate: Callable[[], Transfer[Place]]) -> Transfer[Download]:
        try:
            yield Work(self._sink.open)
            return (yield from self._terms.persist(locate, self._attempt, lambda: self._arrival.position))
        finally:
            self._arrival.close()

    def _attempt(self, place: Place) -> Transfer[Download]:
        self._arrival.expect(place.hashes)
        answer = yield from self._fetch(place)
        self._tell("finishing")
        hashes = yield Work(self._arrival.verify)
        yield Work(self._sink.keep)
        return self._sink.result(
            Download(
                content_type=answer.headers.get("content-type", _UNKNOWN),
                length=self._arrival.position,
                hashes=hashes,
            )
        )

    def _fetch(self, place: Place) -> Transfer[Answer]:
        """Get what is missing, wherever redirects lead to."""
        request = DataRequest("GET", place.url, self._headers())
        doubt = place.doubt

        def receive(answer: Answer) -> Part | Excerpt:
            # What a sink has been given cannot always be taken back.
            doubtful = doubt is not None and doubt.about(answer)
            return Excerpt() if doubtful else self._arrival.receive(answer)

        for _ in range(1 + _MOST_REDIRECTS):
            answer, incoming = yield from self._terms.exchange(request, None, receive, self._tell)
            if isinstance(incoming, Part):
                return answer
            if doubt is not None and answer.status in (200, 206):
                yield from doubt.resolve()
                doubt = None
            elif answer.status == 416 and "range" in request.headers:
                # There is nothing behind what arrived: perhaps all, of which only the end was not told.
                self._arrival.mistrust()
                request = DataRequest("GET", request.url, self._headers())
            elif answer.status in _REDIRECTS:
                request = redirected(request, answer)
            else:
                raise storage_error(request, answer, incoming.text, self._terms.now())
        raise TaskclusterError(f"the storage redirected more than {_MOST_REDIRECTS} times")

    def _headers(self) -> dict[str, str]:
        return {"user-agent": self._terms.agent, **self._arrival.conditions()}

    def _tell(self, phase: Phase = "downloading") -> None:
        self._terms.tell(self._on_progress, self._arrival.position, self._arrival.total, phase)
