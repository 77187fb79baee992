"""Following HTTP/1 messages through a stream of bytes, to know where their parts end."""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import Literal, TypeAlias

InResponse: TypeAlias = Literal["response", "headers", "body"]
Place: TypeAlias = Literal["nowhere", "accept", "request", InResponse, "end"]

_ENDLESS = sys.maxsize
_LONGEST_LINE = 65536


class Message:
    """Follows a request, or the response to one, to know where its headers end and where it does itself.

    Attributes: verb of a request; size, the bytes seen so far; marks, the places found among them; ended.
    """

    def __init__(self, request: Message | None = None) -> None:
        self.verb = b""
        self.size = 0
        self.marks: dict[str, int] = {"accept": 0, "request": 0} if request is None else {"response": 0}
        self.ended = False
        self._request = request
        self._line = b""
        self._parts = self._read()
        self._skip = next(self._parts)

    def split(self, data: bytes) -> tuple[bytes, bytes]:
        """Follow the message into `data`; give what belongs to it, and the rest."""
        at = 0
        while at < len(data) and not self.ended:
            size = self._skip or (data.find(b"\n", at) + 1 or len(data)) - at
            piece = data[at : at + size]
            at += len(piece)
            self.size += len(piece)
            self._take(piece)
        return data[:at], data[at:]

    def end(self) -> None:
        """Take what was seen for all of the message."""
        self.ended = True
        self._mark("end")

    def _take(self, piece: bytes) -> None:
        line = b""
        if self._skip:
            self._skip -= len(piece)
            if self._skip:
                return
        else:
            self._line = (self._line + piece)[:_LONGEST_LINE]  # what is not HTTP may have no lines
            if not piece.endswith(b"\n"):
                return
            line, self._line = self._line, b""
        try:
            self._skip = max(0, self._parts.send(line))  # a length below 0 is the sender's mistake
        except StopIteration:
            self.end()
        except (ValueError, IndexError):
            self._skip = _ENDLESS

    def _read(self) -> Generator[int, bytes, None]:
        """Say how many bytes to pass over, or with 0 that the next line is wanted; fail if this is not HTTP/1."""
        status, fields = yield from self._read_head()
        while 100 <= status < 200:  # interim responses count as a part of the headers
            status, fields = yield from self._read_head()
        self._mark("body")
        length = fields.get(b"content-length")
        if status in (204, 304) or (self._request and self._request.verb == b"HEAD"):
            return
        if fields.get(b"transfer-encoding", b"").lower().endswith(b"chunked"):
            while size := int((yield 0).partition(b";")[0], 16):
                yield size + 2  # the line break after it
            while (yield 0).strip():  # trailers
                pass
        elif length is not None:
            if int(length):
                yield int(length)
        elif self._request:
            yield _ENDLESS  # until the server hangs up

    def _read_head(self) -> Generator[int, bytes, tuple[int, dict[bytes, bytes]]]:
        start = yield 0
        if b"HTTP/1." not in start:
            raise ValueError("this is not HTTP/1")
        self.verb = start.split()[0]
        self._mark("headers")
        fields: dict[bytes, bytes] = {}
        while line := (yield 0).strip():
            name, _, value = line.partition(b":")
            fields[name.lower()] = value.strip()
        return int(start.split()[1]) if self._request else 0, fields

    def _mark(self, place: Place) -> None:
        if self._request:
            self.marks.setdefault(place, self.size)
