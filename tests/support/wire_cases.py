"""The exact requests of a service's methods, as ``wire.json`` beside the tests of the service lists them.

The test module of a service is a subclass of `WireTests` and nothing more. What is expected was not made by the
generator: each file says where it comes from.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import mohawk
import pytest
from flavours import Flavour, every_flavour
from mohawk.base import Resource
from mohawk.bewit import get_bewit
from wire import Received, Wire, answer

from tc_core import Credentials
from tc_core.service import AsyncService, Service

HOUSE = Path(__file__).parents[2]
VERSION = (HOUSE / "VERSION").read_text("utf-8").strip()
PYTHON = ".".join(map(str, sys.version_info[:3]))

ROOT = "https://tc.example.com"
CREDENTIALS = Credentials("project/demo/ci", "an-access-token")
KEY = {"id": CREDENTIALS.client_id, "key": CREDENTIALS.access_token, "algorithm": "sha256"}

# Good for every method, whether it answers JSON, text, a redirect or nothing.
ANSWER = answer(200, {}, {"Location": "https://elsewhere.example.com/"})


class Case(NamedTuple):
    """A call, and the request that it must become.

    Attributes:
        method: name of the API method.
        args: path arguments.
        query: query arguments.
        payload: None for a method that takes none.
        verb: HTTP verb.
        target: path and query.
        body: text of the body, None for no body.
    """

    method: str
    args: list[str | int]
    query: dict[str, Any]
    payload: Any
    verb: str
    target: str
    body: str | None

    async def call(self, service: Any, form: str = "", **options: Any) -> Any:
        """Call the method, or the form of it that has ``form`` at the end of its name. Only some are awaited."""
        payload = () if self.payload is None else (self.payload,)
        value = getattr(service, self.method + form)(*self.args, *payload, **self.query, **options)
        return await value if inspect.isawaitable(value) else value


class Expected(NamedTuple):
    """What a ``wire.json`` holds.

    Attributes:
        sources: where its parts come from.
        cases: the cases.
        pages: for each paginated method the key of a page that holds its items.
    """

    sources: list[str]
    cases: list[Case]
    pages: dict[str, str]

    @classmethod
    def read(cls, package: Path) -> Expected:
        """Read the file of a package."""
        data = json.loads((package / "tests" / "wire.json").read_text("utf-8"))
        return cls(data["sources"], [Case(**case) for case in data["cases"]], data["pages"])


@pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")
class WireTests:
    """The tests of one service.

    Attributes:
        package: the folder of its package.
        sync: its class.
        asynchronous: its async class.
    """

    package: ClassVar[Path]
    sync: ClassVar[type[Service]]
    asynchronous: ClassVar[type[AsyncService]]

    @every_flavour
    async def test_each_method_sends_exactly_this(self, flavour: Flavour) -> None:
        with Wire(otherwise=ANSWER) as wire:
            async with self.make(flavour, wire.url) as service:
                for number, case in enumerate(self.expected.cases, 1):
                    await case.call(service)
                    same(len(wire.requests), number, f"requests after {case.method}")
                    self.check(wire.requests[-1], wire.url, case)

    @every_flavour
    async def test_each_paginated_method_walks_on_past_an_empty_page(self, flavour: Flavour) -> None:
        cases = {case.method: case for case in self.expected.cases if not case.query}
        for method, key in self.expected.pages.items():
            pages: list[dict[str, Any]] = [
                {key: ["one", "two"], "continuationToken": "t/1"},
                {key: [], "continuationToken": "t2"},
                {key: ["three"]},
            ]
            with Wire(*(answer(200, page) for page in pages * 2)) as wire:
                async with self.make(flavour, wire.url) as service:
                    walk = await cases[method].call(service, "_pages")
                    same([page async for page in walk], pages, method)
                    walk = await cases[method].call(service, "_items")
                    same([item async for item in walk], ["one", "two", "three"], method)
            queries = ["", "?continuationToken=t%2F1", "?continuationToken=t2"]
            for request, query in zip(wire.requests, queries * 2, strict=True):
                target = cases[method].target + query
                self.check(request, wire.url, cases[method]._replace(target=target))

    @every_flavour
    async def test_each_walk_takes_the_query_of_its_method(self, flavour: Flavour) -> None:
        for case in self.expected.cases:
            if not case.query or case.method not in self.expected.pages:
                continue
            page: dict[str, list[Any]] = {self.expected.pages[case.method]: []}
            with Wire(otherwise=answer(200, page)) as wire:
                async with self.make(flavour, wire.url) as service:
                    for form in ("_pages", "_items"):
                        async for _ in await case.call(service, form):
                            pass
            same(len(wire.requests), 2, case.method)
            for request in wire.requests:
                self.check(request, wire.url, case)

    @every_flavour
    async def test_each_get_has_a_url(self, flavour: Flavour) -> None:
        async with self.make(flavour, ROOT) as service:
            for case in self.gets:
                same(await case.call(service, "_url"), ROOT + case.target, case.method)

    @every_flavour
    async def test_each_get_has_a_signed_url(self, flavour: Flavour) -> None:
        now = 1_900_000_000
        async with self.make(flavour, ROOT, clock=lambda: now) as service:
            for case in self.gets:
                same(await case.call(service, "_signed_url", ttl=60), signed_url(case, now + 60), case.method)
                same(await case.call(service, "_signed_url"), signed_url(case, now + 900), case.method)

    def test_each_method_of_the_api_is_here_in_all_its_forms(self) -> None:
        api = json.loads((HOUSE / "codegen" / "api" / f"{self.name}.json").read_text("utf-8"))
        verbs = {method["name"]: method["verb"] for method in api["methods"]}
        same({case.method: case.verb for case in self.expected.cases}, verbs, "cases")
        forms = {
            "": verbs.keys(),
            "_url": {name for name, verb in verbs.items() if verb == "GET"},
            "_signed_url": {name for name, verb in verbs.items() if verb == "GET"},
            "_pages": self.expected.pages.keys(),
            "_items": self.expected.pages.keys(),
        }
        for service in (self.sync, self.asynchronous):
            for form, expected in forms.items():
                found = {name for name in verbs if hasattr(service, name + form)}
                same(found, set(expected), f"{service.__name__}.*{form}")

    @property
    def name(self) -> str:
        """The name of the service."""
        return self.package.name.removeprefix("tc-")

    @property
    def expected(self) -> Expected:
        """What is expected of the service."""
        return Expected.read(self.package)

    @property
    def gets(self) -> list[Case]:
        """The cases of GET methods."""
        return [case for case in self.expected.cases if case.verb == "GET"]

    def make(self, flavour: Flavour, url: str, **options: Any) -> AsyncService:
        """Make a client of the service."""
        return flavour.make(self.sync, self.asynchronous, url, credentials=CREDENTIALS, **options)

    def check(self, request: Received, url: str, case: Case) -> None:
        """Compare all of a request with what it must be, and let mohawk's server side verify its signature."""
        line, *lines = request.head.decode("ascii").split("\r\n")
        headers = sorted((name.lower(), value) for name, _, value in (line.partition(": ") for line in lines))
        signature = dict(headers).get("authorization", "")
        expected = self.headers(url, case) | {"authorization": signature}
        same(line, f"{case.verb} {case.target} HTTP/1.1", case.method)
        same(headers, sorted(expected.items()), case.method)
        same(request.body.decode(), case.body or "", case.method)
        verify(request, url, signature)

    def headers(self, url: str, case: Case) -> dict[str, str]:
        """Return the headers that a request must have beside its signature."""
        headers = {
            "host": url.partition("://")[2],
            "accept": "application/json",
            "accept-encoding": "gzip",
            "user-agent": f"tc-{self.name}/{VERSION} tc-core/{VERSION} Python/{PYTHON}",
        }
        if case.body is not None:
            headers["content-type"] = "application/json"
        # RFC 9110, 8.6: a request that could have a body says so when it has none.
        if case.body is not None or case.verb in ("POST", "PUT"):
            headers["content-length"] = str(len((case.body or "").encode()))
        return headers


def signed_url(case: Case, expiry: int) -> str:
    """Return the URL of a case, signed by mohawk."""
    url = ROOT + case.target
    resource = Resource(credentials=KEY, url=url, method="GET", nonce="", timestamp=expiry)
    # Taskcluster wants a bewit without the padding that mohawk gives it.
    return f"{url}{'&' if '?' in url else '?'}bewit={get_bewit(resource).rstrip('=')}"


def verify(request: Received, url: str, signature: str) -> None:
    """Raise an error of mohawk unless the signature is right for the request, and covers its body if there is one."""
    body: Mapping[str, Any] = {"content": request.body, "content_type": "application/json"}
    receiver = mohawk.Receiver(
        lambda _: KEY,
        signature,
        url + request.target,
        request.verb,
        **(body if request.body else {}),
    )
    same("hash" in receiver.parsed_header, bool(request.body), "hash in the signature")
    same(receiver.parsed_header["id"], CREDENTIALS.client_id, "signer")


def same(found: object, expected: object, what: object) -> None:
    """Raise AssertionError if the two differ."""
    assert found == expected, f"{what}\n   found: {found}\nexpected: {expected}"
