"""How a client tells who it is."""

from __future__ import annotations

import platform
from collections.abc import Mapping

import pytest
from flavours import Flavour, every_flavour
from sample import AsyncSample, Sample
from wire import Wire, answer

from tc_core import AsyncClient, Client, __version__

CORE = f"tc-core/{__version__} Python/{platform.python_version()}"


def headers(wire: Wire) -> Mapping[str, str]:
    return wire.requests[-1].headers


@every_flavour
async def test_a_service_names_its_package_the_core_and_python(flavour: Flavour) -> None:
    with Wire(otherwise=answer()) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            await sample.thing("one")
            assert headers(wire)["user-agent"] == f"tc-sample/1.2.3 {CORE}"
            await sample.request("GET", "api/anything")
            assert headers(wire)["user-agent"] == f"tc-sample/1.2.3 {CORE}"


@every_flavour
async def test_a_client_names_the_core_once(flavour: Flavour) -> None:
    with Wire(answer()) as wire:
        async with flavour.make(Client, AsyncClient, wire.url) as client:
            await client.request("GET", "api/anything")
        assert headers(wire)["user-agent"] == CORE


@every_flavour
async def test_a_user_adds_a_name_of_their_own_at_the_end(flavour: Flavour) -> None:
    with Wire(otherwise=answer()) as wire:
        async with flavour.make(Client, AsyncClient, wire.url, user_agent="my-pipeline/2.1 (me)") as client:
            sample = flavour.make(Sample, AsyncSample, client)
            await sample.thing("one")
            assert headers(wire)["user-agent"] == f"tc-sample/1.2.3 {CORE} my-pipeline/2.1 (me)"
            await sample.with_options(user_agent="other/1").thing("one")
            assert headers(wire)["user-agent"] == f"tc-sample/1.2.3 {CORE} other/1"


@every_flavour
async def test_a_trace_id_is_sent_where_there_is_one(flavour: Flavour) -> None:
    with Wire(otherwise=answer()) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            await sample.thing("one")
            assert "x-taskcluster-trace-id" not in headers(wire)
            await sample.with_options(trace_id="abc").thing("one")
            assert headers(wire)["x-taskcluster-trace-id"] == "abc"


@pytest.mark.parametrize("name", ["user_agent", "trace_id"])
@pytest.mark.parametrize("value", ["", "a\r\nb: c", " a", "ü"])
def test_what_cannot_stand_in_a_header_is_refused(name: str, value: str) -> None:
    client = Client("https://tc.example.com")
    with pytest.raises(ValueError, match=f"^{name}: "):
        client.with_options(**{name: value})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
