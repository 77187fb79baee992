"""The vcrpy cassette: what is kept of an exchange, how a call finds its answer, what a stray call is shown."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from vcr.cassette import Cassette
from vcr.matchers import body, get_matchers_results, method, path, query
from vcr.persisters.filesystem import FilesystemPersister
from vcr.record_mode import RecordMode
from vcr.request import Request
from vcr.serialize import serialize
from vcr.serializers import yamlserializer

from tc_core import Credentials

from ._leaks import leaks, texts
from ._names import SIGNED_BY
from ._scrub import Scrubber, comparable, hide_in_request, kept_of_response

__all__ = ["Tape"]


def signer(made: Request, recorded: Request) -> None:
    """Tell calls apart by who signed them: the signature itself is not on the cassette."""
    ours, theirs = made.headers.get(SIGNED_BY, "nobody"), recorded.headers.get(SIGNED_BY, "nobody")
    assert ours == theirs, f"signed by {ours}, recorded as signed by {theirs}"


_MATCH_ON = (method, path, query, body, signer)


class Tape(Cassette):
    """A cassette of calls to Taskcluster."""

    @classmethod
    @contextmanager
    def recording(cls, path: Path, root_url: str, credentials: Credentials | None) -> Generator[Tape]:
        """Record the calls of a block; nothing is saved if it fails."""
        persister = _Persister(root_url, credentials)
        with cls.use(
            path=path,
            persister=persister,
            record_mode=RecordMode.ALL,
            match_on=_MATCH_ON,
            before_record_request=comparable,
            before_record_response=kept_of_response,
            record_on_exception=False,
        ) as tape:
            yield tape
        persister.write()

    @classmethod
    def replaying(cls, path: Path) -> AbstractContextManager[Tape]:
        """Answer the calls of a block."""
        return cls.use(
            path=path,
            record_mode=RecordMode.NONE,
            match_on=_MATCH_ON,
            before_record_request=lambda request: hide_in_request(comparable(request)),
        )

    def find_requests_with_most_matches(
        self, request: Request
    ) -> list[tuple[Request, list[str], list[tuple[str, str | None]]]]:
        """The one recorded request that is nearest, and in what it differs."""
        made = self.filter_request(request)
        if not self.requests:
            return []
        nearest = max(self.requests, key=lambda recorded: _likeness(made, recorded))
        return [(nearest, *get_matchers_results(made, nearest, _MATCH_ON))]


class _Persister(FilesystemPersister):
    """Writes a cassette without what nobody may see, or not at all."""

    def __init__(self, root_url: str, credentials: Credentials | None) -> None:
        self._scrubber = Scrubber(
            root_url,
            credentials.client_id if credentials else None,
            [credentials.access_token] if credentials else [],
        )
        self._write: Callable[[], None] = lambda: None

    def save_cassette(self, cassette_path: Path, cassette_dict: dict[str, Any], serializer: Any) -> None:
        # Not at once: of an error here vcrpy makes patches that stay, and so calls that still reach this cassette.
        self._write = lambda: _write(cassette_path, self._scrubbed(cassette_dict, serializer))

    def write(self) -> None:
        """Write what was to be saved."""
        self._write()

    def _scrubbed(self, cassette_dict: dict[str, Any], serializer: Any) -> str:
        exchanges = self._scrubber.scrub(
            list(zip(cassette_dict["requests"], cassette_dict["responses"], strict=True))
        )
        text = serialize(
            {
                "requests": [request for request, _ in exchanges],
                "responses": [response for _, response in exchanges],
                "metadata": json.loads(self._scrubber.scrub_text(json.dumps(cassette_dict["metadata"]))),
            },
            serializer,
        )
        found = leaks(text)
        if any(map(self._scrubber.seen_in, texts(yamlserializer.deserialize(text)))):
            found = [*found, "something that should have been replaced"]
        if found:
            raise ValueError(f"the cassette would show {', '.join(found)}; it was not written")
        return text


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _likeness(made: Request, recorded: Request) -> tuple[int, float]:
    successes, _ = get_matchers_results(made, recorded, _MATCH_ON)
    same = difflib.SequenceMatcher(None, _line(made), _line(recorded)).ratio()
    return len(successes), same


def _line(request: Request) -> str:
    sent = request.body or b""
    return f"{request.method} {request.uri} {sent.decode(errors='replace')[:500]}"
