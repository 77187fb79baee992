"""A small service as the generator writes them, with one method of each kind of answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar

from tc_core.service import AsyncService, Endpoint, Service

_thing: Endpoint[dict[str, Any]] = Endpoint("sample", "v1", "thing", "GET", "/things/<thingId>")
_putThing: Endpoint[dict[str, Any]] = Endpoint(
    "sample", "v1", "putThing", "PUT", "/things/<thingId>", payload=True
)
_listThings: Endpoint[dict[str, Any]] = Endpoint("sample", "v1", "listThings", "GET", "/things")
_deleteThing: Endpoint[None] = Endpoint(
    "sample", "v1", "deleteThing", "DELETE", "/things/<thingId>", answer="none"
)
_badge: Endpoint[str] = Endpoint("sample", "v1", "badge", "GET", "/badge", answer="text")
_latest: Endpoint[str] = Endpoint("sample", "v1", "latest", "GET", "/latest", answer="redirect")
_announce: Endpoint[None] = Endpoint(
    "sample", "v1", "announce", "POST", "/announce", payload=True, answer="none", repeatable=False
)


class Sample(Service):
    """The sync form."""

    _product: ClassVar[str] = "tc-sample/1.2.3"

    def thing(self, thingId: str) -> dict[str, Any]:
        return self._call(_thing, (thingId,))

    def thing_url(self, thingId: str) -> str:
        return self._url(_thing, (thingId,))

    def thing_signed_url(self, thingId: str, *, ttl: float = 900) -> str:
        return self._signed_url(_thing, (thingId,), ttl=ttl)

    def putThing(self, thingId: str, payload: dict[str, Any]) -> dict[str, Any]:
        return self._call(_putThing, (thingId,), payload=payload)

    def listThings_items(self, *, limit: int | None = None) -> Iterator[Any]:
        return self._items(_listThings, "things", query={"limit": limit})

    def listThings_pages(self, *, limit: int | None = None) -> Iterator[dict[str, Any]]:
        return self._pages(_listThings, query={"limit": limit})

    def deleteThing(self, thingId: str) -> None:
        return self._call(_deleteThing, (thingId,))

    def badge(self) -> str:
        return self._call(_badge)

    def latest(self) -> str:
        return self._call(_latest)

    def announce(self, payload: dict[str, Any]) -> None:
        return self._call(_announce, payload=payload)


class AsyncSample(AsyncService):
    """The async form."""

    _product: ClassVar[str] = "tc-sample/1.2.3"

    async def thing(self, thingId: str) -> dict[str, Any]:
        return await self._call(_thing, (thingId,))

    def thing_url(self, thingId: str) -> str:
        return self._url(_thing, (thingId,))

    async def thing_signed_url(self, thingId: str, *, ttl: float = 900) -> str:
        return await self._signed_url(_thing, (thingId,), ttl=ttl)

    async def putThing(self, thingId: str, payload: dict[str, Any]) -> dict[str, Any]:
        return await self._call(_putThing, (thingId,), payload=payload)

    def listThings_items(self, *, limit: int | None = None) -> AsyncIterator[Any]:
        return self._items(_listThings, "things", query={"limit": limit})

    def listThings_pages(self, *, limit: int | None = None) -> AsyncIterator[dict[str, Any]]:
        return self._pages(_listThings, query={"limit": limit})

    async def deleteThing(self, thingId: str) -> None:
        return await self._call(_deleteThing, (thingId,))

    async def badge(self) -> str:
        return await self._call(_badge)

    async def latest(self) -> str:
        return await self._call(_latest)

    async def announce(self, payload: dict[str, Any]) -> None:
        return await self._call(_announce, payload=payload)
