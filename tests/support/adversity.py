"""Calls of each kind for tests of what goes wrong, a server that answers them well, and a search for secrets."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from operator import methodcaller
from typing import Any, NamedTuple

import pytest
from flavours import Flavour
from wire import Visit, answer

from tc_core import Credentials
from tc_core.service import AsyncService, Endpoint, Service

# A part of the auth service: routes that a local Taskcluster serves too.
_client: Endpoint[dict[str, Any]] = Endpoint("auth", "v1", "client", "GET", "/clients/<clientId>")
_createClient: Endpoint[dict[str, Any]] = Endpoint(
    "auth", "v1", "createClient", "PUT", "/clients/<clientId>", payload=True
)
_updateClient: Endpoint[dict[str, Any]] = Endpoint(
    "auth", "v1", "updateClient", "POST", "/clients/<clientId>", payload=True
)
_announceClient: Endpoint[None] = Endpoint(
    "auth", "v1", "updateClient", "POST", "/clients/<clientId>", payload=True, answer="none", repeatable=False
)
_listClients: Endpoint[dict[str, Any]] = Endpoint("auth", "v1", "listClients", "GET", "/clients/")

CLIENT_ID = "a/client"
PAYLOAD: dict[str, Any] = {
    "expires": "2100-01-01T00:00:00.000Z",
    "description": "a client",
    "scopes": [],
    "deleteOnExpiration": False,
}


class Clients(Service):
    """The sync form."""

    def client(self) -> dict[str, Any]:
        return self._call(_client, (CLIENT_ID,))

    def createClient(self) -> dict[str, Any]:
        return self._call(_createClient, (CLIENT_ID,), payload=PAYLOAD)

    def updateClient(self) -> dict[str, Any]:
        return self._call(_updateClient, (CLIENT_ID,), payload=PAYLOAD)

    def announceClient(self) -> None:
        return self._call(_announceClient, (CLIENT_ID,), payload=PAYLOAD)

    def listClients_items(self) -> Iterator[Any]:
        return self._items(_listClients, "clients", query={"limit": 1})


class AsyncClients(AsyncService):
    """The async form."""

    async def client(self) -> dict[str, Any]:
        return await self._call(_client, (CLIENT_ID,))

    async def createClient(self) -> dict[str, Any]:
        return await self._call(_createClient, (CLIENT_ID,), payload=PAYLOAD)

    async def updateClient(self) -> dict[str, Any]:
        return await self._call(_updateClient, (CLIENT_ID,), payload=PAYLOAD)

    async def announceClient(self) -> None:
        return await self._call(_announceClient, (CLIENT_ID,), payload=PAYLOAD)

    def listClients_items(self) -> AsyncIterator[Any]:
        return self._items(_listClients, "clients", query={"limit": 1})


def make_clients(flavour: Flavour, url: str, **options: Any) -> AsyncClients:
    """Make a service of a flavour."""
    return flavour.make(Clients, AsyncClients, url, **options)


OK = answer(200, {"ok": True})

_PAGES: dict[str, dict[str, Any]] = {
    "": {"clients": [1], "continuationToken": "second"},
    "second": {"clients": [], "continuationToken": "third"},
    "third": {"clients": [2, 3]},
}


def well(visit: Visit) -> None:
    """Answer as nothing were wrong."""
    if visit.request.verb == "GET" and "/clients/?" in visit.request.target:
        token = visit.request.target.partition("continuationToken=")[2]
        visit.send(answer(200, _PAGES[token]))
    else:
        visit.send(OK)


async def _walk(clients: AsyncClients) -> list[Any]:
    return [each async for each in clients.listClients_items()]


class Action(NamedTuple):
    """Something to do with the service.

    Attributes:
        name: for the test's name.
        do: does it.
        value: what comes of it if all is well.
        before: requests that it makes before the one that is to meet trouble.
        after: requests that it makes after that.
        json: whether it needs JSON for an answer.
        repeatable: whether a request whose answer got lost may be sent again.
    """

    name: str
    do: Callable[[AsyncClients], Coroutine[Any, Any, Any]]
    value: Any
    before: int = 0
    after: int = 0
    json: bool = True
    repeatable: bool = True

    def __str__(self) -> str:
        return self.name


ACTIONS = (
    Action("GET", methodcaller("client"), {"ok": True}),
    Action("PUT", methodcaller("createClient"), {"ok": True}),
    Action("POST", methodcaller("updateClient"), {"ok": True}),
    Action("POST once", methodcaller("announceClient"), None, json=False, repeatable=False),
    # The second page is the one in trouble, so that it comes on a connection that was kept.
    Action("walk", _walk, [1, 2, 3], before=1, after=1),
)


# Secrets


CANARY = "canary-of-the-access-token"


def secret_credentials(client_id: str = "project/demo/ci") -> Credentials:
    """Return temporary credentials of which nothing but the client id may be seen."""
    issuer = Credentials(client_id, CANARY)
    return issuer.create_named_temp_creds(f"{client_id}/temp", ttl=3600, scopes=["canary-of-a-scope"])


class Witness:
    """Looks for what may not be shown, in all that a program may show of a call.

    Args:
        caplog: the records of the log, of every library and level.
        credentials: those whose secrets are looked for.
    """

    def __init__(self, caplog: pytest.LogCaptureFixture, *credentials: Credentials) -> None:
        caplog.set_level(logging.DEBUG)
        self._log = caplog
        self._secrets = {CANARY, "canary-of-a-scope", "mac="}
        for each in credentials:
            self._secrets.add(each.access_token)
            if each.certificate:
                certificate = json.loads(each.certificate)
                self._secrets |= {certificate["signature"], certificate["seed"]}

    @property
    def attempts(self) -> int:
        """How many attempts the log tells of."""
        return len(
            [record for record in self._log.records if record.name == "tc_core" and "attempt" in record.msg]
        )

    def check(self, *things: object) -> None:
        """Look through the log, and through objects and errors."""
        for record in self._log.records:
            self._look(f"{record.getMessage()} {vars(record)}")
        for thing in things:
            self._look(f"{thing!r} {thing!s}")
            if isinstance(thing, BaseException):
                self._look("\n".join(_all_of(thing)))
                self._look(repr(pickle.dumps(thing)))

    def _look(self, text: str) -> None:
        for secret in self._secrets:
            assert secret not in text, f"{secret} is shown: ...{text[: text.index(secret)][-300:]}"
        # The certificate travels in the ext of a signature, in base64.
        for word in text.replace('"', " ").split():
            if word.startswith("eyJ"):
                assert b"certificate" not in b64decode(word + "==", validate=False)


def _all_of(error: BaseException) -> Iterator[str]:
    """What a report of an error may hold: the errors that led to it, and the local variables of all frames."""
    yield "".join(traceback.format_exception(error))
    report: traceback.TracebackException | None = traceback.TracebackException.from_exception(
        error, capture_locals=True
    )
    pending = [report]
    while pending:
        report = pending.pop()
        if report is None:
            continue
        pending += [report.__cause__, report.__context__]
        # What the test itself holds is the test's affair.
        yield from (
            f"{frame.filename} {frame.locals}" for frame in report.stack if "/tests/" not in frame.filename
        )
    each: BaseException | None = error
    while each is not None:
        yield f"{each!r} {each!s} {vars(each)} {each.args}"
        each = each.__cause__ or each.__context__
