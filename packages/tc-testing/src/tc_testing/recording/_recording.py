"""Records the calls of a block of code, or answers them from what was recorded."""

from __future__ import annotations

import base64
import hashlib
import secrets as random_bytes
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypedDict

from tc_core import Credentials, NotFound, json_date, parse_json_date

from ._names import CLIENT_ID, ROOT_URL, hidden
from ._tape import Tape

__all__ = ["Recorded", "Recording", "record", "replay"]

_PAUSE = 0.5  # seconds between two attempts while recording


class Recorded(TypedDict):
    """What a cassette says of itself."""

    at: str
    kind: str
    version: str
    seed: str
    facts: dict[str, str]


class Recording:
    """One recording, while it is made or while it is replayed.

    What a test sends must be the same in both, and another in each recording, or a server would find it made
    already: so ids, names and dates come from here.

    Attributes:
        root_url: str, where the calls go: that of the server, `ROOT_URL` in replay.
        credentials: Credentials to sign with, those of the server, or made-up ones in replay; None for none.
        live: bool, whether the calls reach a server.
        kind: str, of what server it was recorded, such as `local`.
        version: str, of that server.
        facts: Mapping, what `record` was given of the server.
    """

    def __init__(
        self, tape: Tape, recorded: Recorded, *, root_url: str, credentials: Credentials | None, live: bool
    ) -> None:
        self._tape = tape
        self._recorded = recorded
        self._made = 0
        self.root_url = root_url
        self.credentials = credentials
        self.live = live

    @property
    def kind(self) -> str:
        return self._recorded["kind"]

    @property
    def version(self) -> str:
        return self._recorded["version"]

    @property
    def facts(self) -> Mapping[str, str]:
        return self._recorded["facts"]

    @property
    def statuses(self) -> list[int]:
        """The statuses of the answers, in the order of the recording."""
        return [response["status"]["code"] for response in self._tape.responses]

    @property
    def unplayed(self) -> list[str]:
        """The recorded requests that were not made in this replay, as verb and URL."""
        requests = self._tape.requests
        played = self._tape.play_counts
        return [f"{each.method} {each.uri}" for number, each in enumerate(requests) if not played[number]]

    def slug_id(self) -> str:
        """A slug id, such as a task needs: each call gives another one."""
        content = bytearray(self._derived()[:16])
        # A version 4 UUID that begins with a letter, as services and command lines want it.
        content[0] &= 0x7F
        content[6] = content[6] & 0x0F | 0x40
        content[8] = content[8] & 0x3F | 0x80
        return base64.urlsafe_b64encode(content).decode().rstrip("=")

    def name(self, prefix: str = "recording") -> str:
        """A name in small letters, digits and hyphens: each call gives another one."""
        return f"{prefix}-{self._derived().hex()[:8]}"

    def text(self) -> str:
        """44 characters that nobody can guess before the cassette is there, to be used as a secret."""
        return f"{self.slug_id()}{self.slug_id()}"

    def now(self) -> datetime:
        """When the recording began, aware, in UTC, to the millisecond."""
        return parse_json_date(self._recorded["at"])

    def clock(self) -> float:
        """The time in seconds since 1970, for `clock=` of a client: it stands still in replay."""
        return time.time() if self.live else self.now().timestamp()

    def attempts(self, seconds: float = 60) -> Iterator[AbstractContextManager[None]]:
        """Try until it succeeds what a server shows only after a while, such as what a list holds.

        An AssertionError within an attempt, or NotFound of a service, leads to the next, until the time is up. On
        the cassette is the last attempt only, so that in replay there is one, and no waiting::

            for attempt in recording.attempts():
                with attempt:
                    assert task_id in queue.listTaskGroup(group_id)

        Args:
            seconds: for how long to try.
        """
        deadline = time.monotonic() + seconds
        while True:
            attempt = _Attempt(self._tape, last=not self.live or time.monotonic() >= deadline)
            yield attempt
            if not attempt.failed:
                return
            time.sleep(_PAUSE)

    def _derived(self) -> bytes:
        self._made += 1
        return hashlib.sha256(f"{self._recorded['seed']}/{self._made}".encode()).digest()


class _Attempt(AbstractContextManager[None]):
    def __init__(self, tape: Tape, *, last: bool) -> None:
        self._tape = tape
        self._last = last
        self._begin = len(tape.data)
        self.failed = False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        # A service has a code for what it does not find; without one the method is what is missing.
        not_yet = isinstance(error, AssertionError) or (isinstance(error, NotFound) and error.code)
        if self._last or not not_yet:
            return False
        self.failed = True
        del self._tape.data[self._begin :]
        return True


@contextmanager
def record(
    path: Path,
    *,
    root_url: str,
    credentials: Credentials | None = None,
    kind: str = "deployment",
    version: str = "unknown",
    facts: Mapping[str, str] | None = None,
) -> Generator[Recording]:
    """Record the calls of the block. The cassette takes the place of an older one once the block has succeeded.

    Signatures, tokens, certificates, bewits, presigned queries and what secrets hold do not reach the disk; root
    URL, other hosts and the client id are replaced by made-up ones.

    Args:
        path: of the cassette, a YAML file.
        root_url: of the server.
        credentials: that the calls are signed with.
        kind: of the server, to be kept on the cassette.
        version: of the server, to be kept on the cassette.
        facts: what else the calls depend on and the replay must know, such as the name of a repository.

    Raises:
        ValueError: what would have been written shows a secret; the message says of what kind.
    """
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    recorded: Recorded = {
        "at": json_date(datetime.now(UTC)),
        "kind": kind,
        "version": version,
        "seed": random_bytes.token_hex(16),
        "facts": dict(facts or {}),
    }
    with Tape.recording(fresh, root_url, credentials) as tape:
        tape.get_metadata("recorded", recorded)
        yield Recording(tape, recorded, root_url=root_url, credentials=credentials, live=True)
    fresh.replace(path)


@contextmanager
def replay(path: Path) -> Generator[Recording]:
    """Answer the calls of the block from a cassette, each recorded exchange once, and in whatever order.

    A call is found by verb, path, query, JSON body and by who signed it; hosts do not matter.

    Args:
        path: of the cassette.

    Raises:
        FileNotFoundError: there is no such cassette.

    A call that is not on the cassette raises vcrpy's CannotOverwriteExistingCassetteException, which shows the
    recorded call that is nearest to it.
    """
    if not path.exists():
        raise FileNotFoundError(f"path: there is no cassette {path.name}; record it first")
    with Tape.replaying(path) as tape:
        nothing: Recorded = {"at": "", "kind": "", "version": "", "seed": "", "facts": {}}
        recorded: Recorded = tape.get_metadata("recorded", nothing)
        credentials: Any = Credentials(CLIENT_ID, hidden())
        yield Recording(tape, recorded, root_url=ROOT_URL, credentials=credentials, live=False)
