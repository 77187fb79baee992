"""Tests that are recordings: the calls of each are replayed from its cassette, or recorded with `--record`.

A test is written once, as an async function that calls a service::

    @recorded(Secrets, AsyncSecrets, scopes=["secrets:set:recording-*"])
    async def test_a_secret_is_set(secrets: AsyncSecrets, scene: Scene) -> None:
        name = scene.name()
        scene.afterwards(secrets.remove, name)
        await secrets.set(name, {"secret": {"key": "value"}, "expires": scene.now() + timedelta(days=1)})

It is recorded with the sync client, and replayed with the sync client, in asyncio, in trio and on aiohttp. pytest
loads this module as a plugin (see the conftest.py at the root).
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
from flavours import SYNC, Flavour, every_flavour
from offline import offline
from vcr.serializers import yamlserializer

import tc_testing
from tc_core import APIError, Client, Credentials, NotFound, Retry
from tc_core import scopes as tc_scopes
from tc_testing import LocalTaskcluster
from tc_testing.recording import Recorded, Recording, record, replay

AsyncT = TypeVar("AsyncT")

HOUSE = Path(__file__).parents[2]
CASSETTES = "packages/*/tests/cassettes/*.yaml"

_RECORDED = "recorded_test"
kept: list[str] = []
environ: dict[str, str] = {}  # of the caller: tests see nothing of it


@dataclass(frozen=True)
class Needs:
    """What a recorded test needs.

    Attributes:
        scopes: that it is recorded with, no more.
        facts: names of what it must be told of a deployment, in RECORD_<NAME>.
    """

    scopes: tuple[str, ...]
    facts: tuple[str, ...]


@dataclass(frozen=True)
class RecordedTest:
    """A recorded test, to be looked at or played from elsewhere.

    Attributes:
        name: of its function.
        needs: what it needs.
        facts: what it is told of a local Taskcluster.
        set_up: sets a local Taskcluster up.
        play: makes its calls.
    """

    name: str
    needs: Needs
    facts: Mapping[str, str]
    set_up: Callable[[LocalTaskcluster], None]
    play: Callable[[Recording, Flavour], Coroutine[Any, Any, None]]


class Scene:
    """What a recorded test has besides its service: ids, names, dates, other clients, and what is to be cleaned up.

    Attributes:
        recording: the recording.
        facts: what the test was told of the server.
        root_url: of the server.
        client_id: of the credentials of the recording.
    """

    def __init__(self, recording: Recording, needs: Needs, flavour: Flavour, stack: AsyncExitStack) -> None:
        self.recording = recording
        self.facts = recording.facts
        self.slug_id = recording.slug_id
        self.name = recording.name
        self.text = recording.text
        self.now = recording.now
        self.attempts = recording.attempts
        self.root_url = recording.root_url
        self.client_id = recording.credentials.client_id if recording.credentials else ""
        self._scopes = needs.scopes
        self._flavour = flavour
        self._stack = stack

    def afterwards(self, function: Callable[..., Awaitable[Any]], *arguments: Any) -> None:
        """Call a function when the test is over, failed or not; the last one given is the first one called."""
        self._stack.push_async_callback(function, *arguments)

    def require(self, found: object, what: str) -> None:
        """Leave the cassette as it is when it is recorded from a server that has not what the test is about."""
        if self.recording.live and not found:
            raise _NotThere(f"the server has no {what}")

    async def connect(
        self, sync: type[Any], asynchronous: Callable[..., AsyncT], credentials: Credentials | None = None
    ) -> AsyncT:
        """Make the client of a service, with the credentials of the recording or with others."""
        service = self._flavour.make(
            sync,
            asynchronous,
            self.root_url,
            credentials=credentials or self.recording.credentials,
            # Whoever records may do more, and what is to be refused would be allowed.
            authorized_scopes=None if credentials else self._scopes,
            retry=Retry(delay=0.01 if self.recording.live else 0),
            clock=self.recording.clock,
        )
        return cast(AsyncT, await self._stack.enter_async_context(cast(Any, service)))


Body = Callable[[Any, Scene], Awaitable[None]]


def recorded(
    sync: type[Any],
    asynchronous: Callable[..., Any],
    *,
    scopes: list[str] | None = None,
    facts: Mapping[str, str] | None = None,
    local: Callable[[LocalTaskcluster], None] | None = None,
) -> Callable[[Body], Callable[..., None]]:
    """Make a test of an async function that calls a service.

    Args:
        sync, asynchronous: the two classes of the service.
        scopes: all that it is recorded with.
        facts: what it must be told of the server, and what that is for a local one; for a deployment it is
            read from RECORD_<NAME>. Where that is not set the cassette stays as it is.
        local: sets a local Taskcluster up.
    """
    needs = Needs(tuple(scopes or ()), tuple(facts or ()))
    told: Mapping[str, str] = facts or {}
    set_up = local or _nothing

    def made(body: Body) -> Callable[..., None]:
        async def play(recording: Recording, flavour: Flavour) -> None:
            async with AsyncExitStack() as stack:
                scene = Scene(recording, needs, flavour, stack)
                await body(await scene.connect(sync, asynchronous), scene)

        async def test(flavour: Flavour, request: pytest.FixtureRequest) -> None:
            path = cassette_of(request.path, request.function.__name__)
            target = request.config.getoption("--record")
            if target and flavour is SYNC:
                server = local_server(needs, told, set_up) if target == "local" else deployment(needs)
                record_anew(path, server, lambda recording: play(recording, SYNC))
            with offline() as sockets, replay(path) as recording:
                await play(recording, flavour)
            assert sockets == []
            assert recording.unplayed == []

        test.__name__ = body.__name__
        test.__doc__ = body.__doc__
        test.__module__ = body.__module__
        setattr(test, _RECORDED, RecordedTest(body.__name__, needs, told, set_up, play))
        # A method is recorded as long as a server has it, deprecated or not.
        return pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")(every_flavour(test))

    return made


def _nothing(tc: LocalTaskcluster) -> None:
    """A local Taskcluster is as it should be."""


def monitoring(sync: type[Any], asynchronous: Callable[..., Any]) -> Callable[..., None]:
    """Make a test of the four methods that every service has."""

    @recorded(sync, asynchronous)
    async def test_monitoring(service: Any, scene: Scene) -> None:
        assert (await service.ping())["alive"]
        assert "version" in await service.version()
        assert await service.lbheartbeat() == {}
        assert await service.heartbeat() == {}

    return test_monitoring


def recorded_tests(path: Path) -> list[RecordedTest]:
    """Return the recorded tests of a module."""
    spec = importlib.util.spec_from_file_location(f"recordings_{path.parents[1].name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tests = [value for name, value in vars(module).items() if name.startswith("test_")]
    return [getattr(test.__wrapped__, _RECORDED) for test in tests]


@dataclass(frozen=True)
class Server:
    """Where to record from."""

    root_url: str
    credentials: Credentials
    kind: str
    version: str
    facts: Mapping[str, str]


def record_anew(
    path: Path, server: AbstractContextManager[Server], play: Callable[[Recording], Coroutine[Any, Any, None]]
) -> None:
    """Record a cassette, or leave the one that is there and note why."""
    try:
        with server as it:
            _record_from(it, path, play)
    except _NotThere as reason:
        if not path.exists():
            pytest.skip(str(reason))
        kept.append(f"{label(path)}: {reason}")


def _record_from(server: Server, path: Path, play: Callable[[Recording], Coroutine[Any, Any, None]]) -> None:
    try:
        with record(
            path,
            root_url=server.root_url,
            credentials=server.credentials,
            kind=server.kind,
            version=server.version,
            facts=server.facts,
        ) as recording:
            SYNC.run(lambda: play(recording))
    except APIError as error:
        first = _first(error)
        if server.kind == "local" or not _is_missing(first, server):
            raise
        raise _NotThere(f"the server has no {first.method}") from error


def _first(error: APIError) -> APIError:
    """The error that ended a recording, where cleaning up after it has failed as well."""
    while isinstance(error.__context__, APIError):
        error = error.__context__
    return error


def _is_missing(error: APIError, server: Server) -> bool:
    """Whether an error says that the method itself is not there, rather than what it was asked for."""
    service, _, name = error.method.partition(".")
    with Client(server.root_url) as client:
        # What a deployment publishes is proof; without it, its answer must do.
        if name.isalpha() and _published(client, "manifest.json"):
            entries = _published(client, f"{service}/v1/api.json").get("entries", [])
            return name not in {entry["name"] for entry in entries}
    return error.status == 501 or (error.status == 404 and error.code is None)


def _published(client: Client, name: str) -> dict[str, Any]:
    """A file of the references of a deployment; an empty one where there is none."""
    try:
        content: dict[str, Any] = client.request("GET", f"references/{name}").json()
    except (NotFound, ValueError):
        return {}
    return content


class _NotThere(Exception):
    """The server has not what the recording needs."""


@contextmanager
def local_server(
    needs: Needs, facts: Mapping[str, str], set_up: Callable[[LocalTaskcluster], None]
) -> Generator[Server]:
    with LocalTaskcluster() as tc:
        set_up(tc)
        # With no more scopes than the test says it needs: so the list is true.
        credentials = tc.credentials_with(*needs.scopes)
        yield Server(tc.root_url, credentials, "local", f"tc-testing {tc_testing.__version__}", facts)


@contextmanager
def deployment(needs: Needs) -> Generator[Server]:
    values = {name: environ.get(f"RECORD_{name.upper()}", "") for name in needs.facts}
    for name, value in values.items():
        if not value:
            raise _NotThere(f"RECORD_{name.upper()} is not set")
    root_url, credentials = environ["TASKCLUSTER_ROOT_URL"], Credentials.from_env(environ)
    with Client(root_url, credentials=credentials) as client:
        version = client.request("GET", "api/auth/v1/__version__").json()["version"]
        owned = client.request("GET", "api/auth/v1/scopes/current").json()["scopes"]
    missing = [scope for scope in needs.scopes if not tc_scopes.satisfies(owned, scope)]
    if missing:
        raise _NotThere(f"the credentials do not have {', '.join(missing)}")
    yield Server(root_url, credentials, "deployment", f"Taskcluster {version}", values)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record",
        choices=("local", "deployment"),
        help="record cassettes anew before they are replayed: from tc-testing, or from TASKCLUSTER_ROOT_URL",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--record"):
        environ.update(os.environ)
        if config.option.tbstyle in ("auto", "long"):
            config.option.tbstyle = "short"  # the long one shows arguments, and with them credentials


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what the cassettes were recorded against."""
    days: dict[str, set[str]] = {}
    paths = list(config.rootpath.glob(CASSETTES))
    for path in paths:
        said = what_is_said_of(path)
        days.setdefault(f"{said['version']} ({said['kind']})", set()).add(said["at"][:10])
    return [
        f"cassettes: {server}, recorded {min(dates)}{f' to {max(dates)}' if len(dates) > 1 else ''}"
        for server, dates in sorted(days.items())
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if kept:
        terminalreporter.section("cassettes kept as they were")
        terminalreporter.write_line("\n".join(sorted(kept)))


def what_is_said_of(path: Path) -> Recorded:
    """Return what a cassette says of itself, without reading the exchanges, which would take long."""
    text = path.read_text("utf-8")
    end = yamlserializer.deserialize(text[text.rindex("\nmetadata:\n") :])
    return cast(Recorded, end["metadata"]["recorded"])


def cassette_of(module: Path, test: str) -> Path:
    """Return where the cassette of a test is."""
    return module.parent / "cassettes" / f"{test.removeprefix('test_').replace('_', '-')}.yaml"


def label(path: Path) -> str:
    """Return what a cassette is called for people, such as ``tc-queue/monitoring``."""
    return f"{path.parents[2].name}/{path.stem}"
