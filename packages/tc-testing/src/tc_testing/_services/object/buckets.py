"""The buckets that hold the bytes of objects and artifacts, and the URLs by which they are written and read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex
from urllib.parse import quote, urlsplit

from ..._agenda import Agenda
from ..._clock import Clock
from .signed_urls import Signer

__all__ = ["PATH", "Blob", "Buckets"]

PATH = "/s3/"
"""Where the paths of all buckets begin on this server."""

_PUBLIC = "public-bucket"


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes, and what their reader is told about them."""

    content: bytes = field(repr=False)
    modified: datetime
    content_type: str = "binary/octet-stream"
    content_encoding: str | None = None

    @property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.content, usedforsecurity=False).hexdigest()}"'


class Buckets:
    """Two buckets: `public-bucket`, from which everyone may read, and `private-bucket`."""

    def __init__(self, clock: Clock, agenda: Agenda) -> None:
        self._clock = clock
        self._agenda = agenda
        self._blobs: dict[str, dict[str, Blob]] = {_PUBLIC: {}, "private-bucket": {}}
        self._ends: dict[tuple[str, str], datetime] = {}
        self.signer = Signer("AK" + token_hex(9).upper(), token_hex(20))

    def put(self, bucket: str, key: str, blob: Blob) -> None:
        """Keep a blob in place of any that is there. Raises KeyError if there is no such bucket."""
        self._blobs[bucket][key] = blob

    def keep_until(self, when: datetime, bucket: str, key: str) -> None:
        """Have what is put there gone from then on. The last word on it counts."""
        self._ends[bucket, key] = when
        self._agenda.at(when, lambda _: self._let_go(bucket, key))

    def get(self, bucket: str, key: str) -> Blob | None:
        """The blob, None if there is none any more. Raises KeyError if there is no such bucket."""
        self._let_go(bucket, key)  # who has a URL may come before the agenda, or have put it there afterwards
        return self._blobs[bucket].get(key)

    def is_bucket(self, name: str) -> bool:
        return name in self._blobs

    def is_public(self, bucket: str) -> bool:
        """Whether its blobs can be read by an unsigned URL."""
        return bucket == _PUBLIC

    def url(self, root_url: str, bucket: str, key: str) -> str:
        """The unsigned URL of a blob."""
        return root_url + _path(bucket, key)

    def get_url(self, root_url: str, bucket: str, key: str, lasts: timedelta) -> str:
        """A signed URL to read a blob."""
        return self._signed("GET", "GetObject", root_url, bucket, key, lasts, {})

    def put_url(
        self,
        root_url: str,
        bucket: str,
        key: str,
        lasts: timedelta,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """A signed URL to write a blob. `headers`, by names in lower case, are those that must be sent just so."""
        return self._signed("PUT", "PutObject", root_url, bucket, key, lasts, headers or {})

    def _let_go(self, bucket: str, key: str) -> None:
        end = self._ends.get((bucket, key))
        if end is not None and end <= self._clock.now():
            self._blobs[bucket].pop(key, None)

    def _signed(
        self,
        verb: str,
        action: str,
        root_url: str,
        bucket: str,
        key: str,
        lasts: timedelta,
        headers: Mapping[str, str],
    ) -> str:
        path = _path(bucket, key)
        signed = {"host": urlsplit(root_url).netloc, **headers}
        query = {"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD", "x-id": action}
        return f"{root_url}{path}?{self.signer.sign(verb, path, signed, query, self._clock.now(), lasts)}"


def _path(bucket: str, key: str) -> str:
    return PATH + bucket + "/" + quote(key, safe="/-._~")
