"""Signing alone, against the two hash functions that it cannot do without."""

from __future__ import annotations

import base64
import hmac
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from importlib import import_module
from typing import Any

from ..answers import ACCESS_TOKEN, CLIENT_ID, TASK_ID
from ..rounds import Row, Work, worker
from ..site import Site

SIZES = {"0": 0, "2 KB": 2048, "100 KB": 102_400}
_PATH = f"/api/queue/v1/task/{TASK_ID}"
_JSON = "application/json"


def rows(site: Site) -> Iterator[Row]:
    for label, size in SIZES.items():
        contestants = {
            "HMAC and SHA-256": worker(partial(hashes, size)),
            "ours": worker(partial(ours, size)),
            "mohawk.Sender": worker(partial(sender, size)),
        }
        yield Row(f"hawk-{size}", f"Hawk header for a payload of {label}", contestants)


def hashes(size: int) -> Work:
    """Hash the body, and make a MAC over as much text as Hawk signs."""
    body, key = _body(size), ACCESS_TOKEN.encode()
    text = b"x" * (130 + len(_PATH) + (44 if size else 0))

    def sign() -> None:
        if size:
            sha256(body).digest()
        hmac.digest(key, text, "sha256")

    return _repeated(sign)


def ours(size: int) -> Work:
    """Make the header as a call does, with the time and a nonce."""
    hawk: Any = import_module("tc_core._hawk")
    credentials = import_module("tc_core").Credentials(CLIENT_ID, ACCESS_TOKEN)
    body = _body(size)

    def sign() -> None:
        hawk.header(
            credentials,
            verb="PUT",
            resource=_PATH,
            host="tc.example.com",
            port=443,
            timestamp=int(time.time()),
            nonce=base64.urlsafe_b64encode(os.urandom(6)).decode(),
            hash=hawk.payload_hash(body, _JSON) if size else None,
        )

    return _repeated(sign)


def sender(size: int) -> Work:
    """Make the header as mohawk's documentation shows it."""
    mohawk: Any = import_module("mohawk")
    credentials = {"id": CLIENT_ID, "key": ACCESS_TOKEN, "algorithm": "sha256"}
    body = _body(size).decode()

    def sign() -> None:
        header = mohawk.Sender(
            credentials,
            f"https://tc.example.com{_PATH}",
            "PUT",
            content=body,
            content_type=_JSON if size else "",
        ).request_header
        assert header

    return _repeated(sign)


def _body(size: int) -> bytes:
    return (b'{"name":"build-linux/opt","retries":5},' * (size // 39 + 1))[:size]


def _repeated(sign: Callable[[], None]) -> Work:
    def work(count: int) -> dict[str, float]:
        for _ in range(count):
            sign()
        return {}

    return work
