"""Faults on the way, planned and random: byte-identical or an error, never a wrong or partial file."""

from __future__ import annotations

import hashlib
import os
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from depot import Depot, Fault, Stored, content
from flavours import ASYNCIO, SYNC, TRIO, Flavour, every_flavour
from hypothesis import HealthCheck, example, given, note, seed, settings
from hypothesis import strategies as st
from leftovers import nothing_left

from tc_core import AuthenticationFailed, Credentials, Retry, TaskclusterError, from_now
from tc_object import AsyncObject, Object

SEED = int(os.environ.get("TRANSFER_SEED") or random.randrange(2**32))
"""Of the random plans of this run; TRANSFER_SEED repeats those of another one."""

SHARES = [0.0, 0.01, 0.5, 0.99, 1.0]
LOSSES = [Fault(kind, share) for kind in ("reset", "hang up") for share in SHARES]
IMPATIENT = 0.15
"""Seconds: long enough for loopback, and a stall must be waited for."""

EXPIRES = from_now("1 day")


DATA = content(1_300_000)


def make(flavour: Flavour, depot: Depot, **options: Any) -> AsyncObject:
    return flavour.make(Object, AsyncObject, depot.url, **{"retry": Retry(delay=0), **options})


async def upload(client: AsyncObject, data: bytes = DATA) -> None:
    await client.upload_object("a/b", data, project_id="p", expires=EXPIRES)


@every_flavour
@pytest.mark.parametrize("fault", LOSSES, ids=str)
async def test_a_lost_connection_costs_a_download_nothing(
    flavour: Flavour, fault: Fault, tmp_path: Path
) -> None:
    with Depot() as depot:
        depot.objects["a/b"] = Stored(DATA)
        depot.plan(fault)
        async with make(flavour, depot) as client:
            await client.download_object("a/b", to=tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == DATA


@every_flavour
@pytest.mark.parametrize("fault", LOSSES, ids=str)
async def test_a_lost_connection_costs_an_upload_nothing(flavour: Flavour, fault: Fault) -> None:
    with Depot() as depot:
        depot.plan(fault)
        async with make(flavour, depot) as client:
            await upload(client)
        assert depot.objects["a/b"].content == DATA
        assert depot.objects["a/b"].finished


@every_flavour
@pytest.mark.parametrize("share", SHARES)
async def test_a_stall_is_noticed_by_its_timeout(flavour: Flavour, share: float) -> None:
    with Depot() as depot:
        depot.objects["a/b"] = Stored(DATA)
        async with make(flavour, depot, timeout=IMPATIENT, retry=Retry(retries=20, delay=0)) as client:
            depot.plan(Fault("stall", share))
            assert (await client.download_object("a/b")).content == DATA
            depot.plan(Fault("stall", share))
            await client.upload_object("a/c", DATA, project_id="p", expires=EXPIRES)
        assert depot.objects["a/c"].content == DATA


@every_flavour
@pytest.mark.parametrize("share", SHARES)
async def test_a_changed_byte_is_noticed(flavour: Flavour, share: float, tmp_path: Path) -> None:
    with Depot() as depot:
        depot.objects["a/b"] = Stored(DATA)
        async with make(flavour, depot) as client:
            depot.plan(Fault("corrupt", share))
            assert (await client.download_object("a/b")).content == DATA
            depot.plan(Fault("corrupt", share), Fault("corrupt", share))
            with nothing_left(tmp_path), pytest.raises(TaskclusterError, match="is not what was uploaded"):
                await client.download_object("a/b", to=tmp_path / "target")


@every_flavour
async def test_a_run_of_server_errors_is_sat_out(flavour: Flavour) -> None:
    run = [Fault("status", status=status) for status in (500, 502, 503, 504, 429)]
    with Depot() as depot:
        async with make(flavour, depot) as client:
            depot.plan(*run)
            await upload(client)
            depot.plan(*run)
            assert (await client.download_object("a/b")).content == DATA


@every_flavour
async def test_credentials_that_end_under_way_are_renewed(flavour: Flavour) -> None:
    given = [Credentials("first", "token"), Credentials("second", "token"), Credentials("third", "token")]
    with Depot() as depot:
        depot.objects["a/b"] = Stored(DATA)
        async with make(flavour, depot, credentials=lambda: given.pop(0)) as client:
            depot.plan(Fault("hang up", 0.5), Fault("expired"))

            def end(done: int, total: int | None, phase: str) -> None:
                if not depot.api_faults and len(given) == 2:
                    depot.api_faults.append(401)

            assert (await client.download_object("a/b", on_progress=end)).content == DATA
        assert len(given) == 1
        assert depot.calls == ["PUT start-download/a/b"] * 3


@every_flavour
async def test_credentials_that_are_refused_for_good_end_the_transfer(flavour: Flavour) -> None:
    with Depot() as depot:
        depot.objects["a/b"] = Stored(DATA)
        async with make(flavour, depot, credentials=Credentials("first", "token")) as client:
            depot.plan(Fault("expired"))

            def end(done: int, total: int | None, phase: str) -> None:
                depot.api_faults.append(401)

            depot.plan(Fault("hang up", 0.5), Fault("expired"))
            with pytest.raises(AuthenticationFailed):
                await client.download_object("a/b", on_progress=end)


class Plan(NamedTuple):
    """A transfer and what befalls it."""

    flavour: Flavour
    upload: bool
    size: int
    faults: list[Fault]
    method: str = "getUrl"
    etag: str = "strong"
    ranges: bool = True
    chunked: bool = False
    gzip: bool = False

    @property
    def hopeful(self) -> bool:
        """Whether nothing in it may end the transfer."""
        kinds = [fault.kind for fault in self.faults]
        expiries = "".join("x" if kind == "expired" else "." for kind in kinds)
        return (
            "stall" not in kinds and "xx" not in expiries and kinds.count("corrupt") + kinds.count("page") < 2
        )


def plans() -> st.SearchStrategy[Plan]:
    shares = st.one_of(st.sampled_from(SHARES), st.floats(0, 1))
    kinds = ["reset", "reset", "hang up", "stall", "corrupt", "status", "expired", "page"]
    faults = st.builds(Fault, st.sampled_from(kinds), shares, st.sampled_from([500, 502, 503, 504, 429]))  # type: ignore[arg-type]
    return st.builds(
        Plan,
        flavour=st.sampled_from([SYNC, ASYNCIO, TRIO]),
        upload=st.booleans(),
        size=st.one_of(st.sampled_from([0, 1, 8191, 8192, 8193]), st.integers(0, 2_000_000)),
        faults=st.lists(faults, max_size=5),
        method=st.sampled_from(["getUrl", "simple"]),
        etag=st.sampled_from(["strong", "strong", "weak", "none"]),
        ranges=st.booleans(),
        chunked=st.booleans(),
        gzip=st.booleans(),
    ).map(_detectable)


def _detectable(plan: Plan) -> Plan:
    """Leave out the faults that nobody could notice: uploads are verified by their readers, and simple by no hash."""
    if plan.upload or plan.method == "simple":
        return plan._replace(faults=[fault for fault in plan.faults if fault.kind not in ("corrupt", "page")])
    return plan


# Each example has a folder of its own, which hypothesis cannot know.
@seed(SEED)
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
@given(plan=plans())
@example(plan=Plan(SYNC, upload=False, size=700_000, faults=[Fault("corrupt", 0.5), Fault("corrupt", 0.5)]))
@example(plan=Plan(TRIO, upload=False, size=700_000, faults=[Fault("hang up", 0.5), Fault("corrupt", 1.0)]))
def test_whatever_happens_the_bytes_are_identical_or_there_is_an_error(plan: Plan) -> None:
    note(f"TRANSFER_SEED={SEED}")
    with Depot() as depot, tempfile.TemporaryDirectory() as folder:
        for name in ("method", "etag", "ranges", "chunked"):
            setattr(depot, name, getattr(plan, name))
        depot.plan(*plan.faults)
        transfer = _upload if plan.upload else _download
        timeout = IMPATIENT if any(fault.kind == "stall" for fault in plan.faults) else 30.0
        error = plan.flavour.run(lambda: _outcome(plan, depot, timeout, transfer, Path(folder)))
        if plan.hopeful and error is not None:
            raise error


async def _outcome(
    plan: Plan, depot: Depot, timeout: float, transfer: Callable[..., Any], folder: Path
) -> TaskclusterError | None:
    async with make(plan.flavour, depot, timeout=timeout) as client:
        try:
            await transfer(client, depot, plan, folder)
        except TaskclusterError as error:
            return error
    return None


async def _upload(client: AsyncObject, depot: Depot, plan: Plan, folder: Path) -> None:
    data = content(plan.size)
    (folder / "source").write_bytes(data)
    with nothing_left(folder):
        try:
            await client.upload_object("a/b", folder / "source", project_id="p", expires=EXPIRES)
        except TaskclusterError:
            assert "a/b" not in depot.objects or not depot.objects["a/b"].finished
            raise
    assert depot.objects["a/b"].finished
    assert depot.objects["a/b"].content == data
    assert depot.objects["a/b"].hashes["sha512"] == hashlib.sha512(data).hexdigest()


async def _download(client: AsyncObject, depot: Depot, plan: Plan, folder: Path) -> None:
    data = content(plan.size)
    depot.objects["a/b"] = Stored(data, gzip=plan.gzip)
    target = folder / "target"
    try:
        await client.download_object("a/b", to=target)
    except TaskclusterError:
        assert list(folder.iterdir()) == []
        raise
    assert list(folder.iterdir()) == [target]
    assert target.read_bytes() == data
