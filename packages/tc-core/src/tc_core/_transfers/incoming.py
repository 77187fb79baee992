"""Taking in the body of a download, over several tries if need be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import ExitStack

from .._coding import Gunzip, is_gzip
from .._errors import TaskclusterError, TransportError, VerificationFailed
from .digests import Digests
from .lanes import Lane
from .sinks import Sink
from .steps import Answer

BLOCK = 512 * 1024
"""Bytes that are collected before they are written and hashed."""

_EXCERPT = 16 * 1024
_CONTENT_RANGE = re.compile(r"bytes ([0-9]+)-[0-9]+/([0-9]+|\*)")


class Mismatch(VerificationFailed):
    """The bytes have another hash than the storage's answer should have."""


class Arrival:
    """What has arrived of a download so far.

    Attributes:
        position: number of bytes, with their content coding undone.
        total: how many there will be, or None while that is not known.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._digests = Digests(())
        self._known: dict[str, str] = {}
        self._validator: str | None = None
        self._part: Part | None = None
        self.position = 0
        self.total: int | None = None

    def expect(self, known: Mapping[str, str]) -> None:
        """Take note of the hashes that the bytes must have; with other ones, what is there is of no use."""
        if known != self._known:
            self.mistrust()
        self._known = dict(known)

    def mistrust(self) -> None:
        """See to it that the next try starts over."""
        self._validator = None

    def conditions(self) -> dict[str, str]:
        """Return the headers that ask for what is missing (RFC 9110, sections 13.1.5 and 14.2)."""
        if self.position and self._validator:
            return {
                "accept-encoding": "identity",
                "range": f"bytes={self.position}-",
                "if-range": self._validator,
            }
        return {"accept-encoding": "gzip"}

    def receive(self, answer: Answer) -> Part | Excerpt:
        """Return what takes in the body of an answer.

        Raises:
            TransportError: it continues something else than what is there.
            TaskclusterError: it cannot be decoded.
        """
        if self._part is not None:
            # If the try before failed in what it wrote, its thread is still there.
            self._part.close()
        if answer.status not in (200, 206):
            return Excerpt()
        self._part = self._begin(answer) if answer.status == 200 else self._continue(answer)
        return self._part

    def verify(self) -> dict[str, str]:
        """Return the hashes, which are those that were expected.

        Raises:
            Mismatch: they are not.
        """
        found = self._digests.finish()
        wrong = [name for name in found if found[name] != self._known[name]]
        if wrong:
            self.mistrust()
            raise Mismatch(
                f"the {' and '.join(wrong)} of the {self.position} bytes that arrived is not what was uploaded"
            )
        return found

    def check_length(self) -> None:
        """Raise TransportError if there is more to come: a part need not be all that was asked for."""
        if self.total is not None and self.position != self.total:
            raise TransportError(f"{self.position} bytes have arrived where there are {self.total}")

    def start_over(self) -> None:
        """Forget what arrived."""
        self._digests.close()
        self._digests = Digests(self._known)
        self._sink.restart()
        self.position = 0

    def append(self, data: bytes) -> None:
        """Keep the next bytes."""
        self._sink.write(data)
        self._digests.update(data)
        self.position += len(data)

    def close(self) -> None:
        """Let go of what is held, all of it even if a part of that fails."""
        with ExitStack() as stack:
            stack.callback(self._sink.close)
            stack.callback(self._digests.close)
            if self._part is not None:
                stack.callback(self._part.close)

    def _begin(self, answer: Answer) -> Part:
        gzip = _is_gzip(answer)
        length = content_length(answer)
        if not answer.framed and not self._known:
            raise TaskclusterError(
                "the storage tells neither length nor hash, so it cannot be known whether all has arrived"
            )
        tag = answer.headers.get("etag", "")
        # A weak tag stands for content that means the same, not for the same bytes.
        resumable = not gzip and tag.startswith('"')
        self._validator = tag if resumable else None
        self.total = None if gzip else length
        return Part(self, length, Gunzip(BLOCK) if gzip else None, start_over=True)

    def _continue(self, answer: Answer) -> Part:
        fields = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", "").strip().lower())
        tag = answer.headers.get("etag", self._validator)
        if (
            self._validator is None
            or fields is None
            or int(fields[1]) != self.position
            or (self.total is not None and fields[2] not in ("*", str(self.total)))
            or tag != self._validator
            or _is_gzip(answer)
        ):
            self.mistrust()
            raise TransportError("the storage went on with something else than what it began with")
        if fields[2] != "*":
            self.total = int(fields[2])
        return Part(self, content_length(answer), None, start_over=False)


class Part:
    """Takes in the body of one answer."""

    full = False

    def __init__(
        self, arrival: Arrival, length: int | None, gunzip: Gunzip | None, *, start_over: bool
    ) -> None:
        self._arrival = arrival
        self._length = length
        self._gunzip = gunzip
        self._start_over = start_over
        self._pieces: list[bytes] = []
        self._waiting = 0
        self._taken = 0
        self._lane: Lane | None = None

    def add(self, data: bytes) -> bool:
        self._pieces.append(data)
        self._waiting += len(data)
        self._taken += len(data)
        return self._waiting >= BLOCK

    def offer(self) -> bool:
        if self._lane is None:
            self._lane = Lane("tc-writer", self._keep)
        offered = self._lane.offer(self._block())
        if offered:
            self._clear()
        return offered

    def pass_on(self) -> None:
        # Who never offers wants no thread to write to what the user gave.
        keep = self._keep if self._lane is None else self._lane.put
        keep(self._block())
        self._clear()

    def settle(self) -> None:
        if self._lane is not None:
            self._lane.settle()
        self._keep(self._block())
        self._clear()

    def end(self) -> None:
        self.settle()
        if self._length is not None and self._taken != self._length:
            raise TransportError(f"the body has {self._taken} bytes where {self._length} were announced")
        if self._gunzip is not None:
            self._gunzip.finish()
        self._arrival.check_length()

    def close(self) -> None:
        """End the thread, if there is one."""
        if self._lane is not None:
            self._lane.close()

    def _block(self) -> bytes:
        if len(self._pieces) > 1:
            self._pieces = [b"".join(self._pieces)]
        return self._pieces[0] if self._pieces else b""

    def _clear(self) -> None:
        self._pieces.clear()
        self._waiting = 0

    def _keep(self, block: bytes) -> None:
        if self._start_over:
            self._arrival.start_over()
            self._start_over = False
        for data in (block,) if self._gunzip is None else self._gunzip.decode(block):
            if data:
                self._arrival.append(data)


class Excerpt:
    """Takes in the beginning of a body that is not what was asked for, such as the text of an error."""

    def __init__(self) -> None:
        self._content = bytearray()

    @property
    def text(self) -> str:
        return self._content.decode("utf-8", "replace")

    @property
    def full(self) -> bool:
        return len(self._content) >= _EXCERPT

    def add(self, data: bytes) -> bool:
        self._content += data[: _EXCERPT - len(self._content)]
        return False

    def offer(self) -> bool:
        return True

    def pass_on(self) -> None:
        pass

    def settle(self) -> None:
        pass

    def end(self) -> None:
        pass


def content_length(answer: Answer) -> int | None:
    """Return the number of bytes that the body of an answer has as it travels, or None if it does not say."""
    text = answer.headers.get("content-length", "")
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def _is_gzip(answer: Answer) -> bool:
    return is_gzip(answer.headers.get("content-encoding", ""))
