"""Credentials that renew themselves."""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event
from typing import Any

import anyio
import anyio.to_thread
import pytest
from clock import Clock
from flavours import Flavour, every_flavour, every_loop
from sample import AsyncSample, Sample
from wire import PATIENCE, Received, Wire, answer, error

from tc_core import AuthenticationFailed, Credentials, CredentialsExpired, Retry, TaskclusterError, TimedOut

FIXED = Credentials("id", "a-secret-token")
OK = answer(200, {"ok": True})
REFUSED = error(401, "AuthenticationFailed", "Bad mac")


class Issuer:
    """A provider of temporary credentials: id-1, id-2, and so on.

    Args:
        clock: when they begin.
        life: seconds for which they are valid; None for permanent ones.
        fails_at: what is raised in place of the credentials with such a number.
    """

    def __init__(
        self, clock: Clock, life: float | None = 3600, fails_at: dict[int, Exception] | None = None
    ) -> None:
        self.clock = clock
        self.life = life
        self.fails_at = fails_at or {}
        self.calls = 0

    def __call__(self) -> Credentials:
        self.calls += 1
        if self.calls in self.fails_at:
            raise self.fails_at[self.calls]
        if self.life is None:
            return Credentials(f"id-{self.calls}", "a-secret-token")
        start = datetime.fromtimestamp(self.clock(), UTC)
        return Credentials("issuer", "a-secret-token").create_named_temp_creds(
            f"id-{self.calls}", ttl=self.life, scopes=["a:scope"], start=start
        )

    async def soon(self) -> Credentials:
        """The async form."""
        await anyio.sleep(0)
        return self()


def provider(flavour: Flavour, issuer: Issuer) -> Callable[[], Credentials | Awaitable[Credentials]]:
    return issuer if flavour.sync else issuer.soon


def signer(request: Received) -> str:
    return request.headers["authorization"].split('id="', 1)[1].split('"', 1)[0]


@every_flavour
async def test_a_provider_is_not_asked_before_the_first_call_and_then_once(flavour: Flavour) -> None:
    issuer = Issuer(clock := Clock())
    with Wire(OK, OK) as wire:
        async with flavour.make(
            Sample, AsyncSample, wire.url, credentials=provider(flavour, issuer), clock=clock
        ) as sample:
            assert issuer.calls == 0
            await sample.thing("one")
            await sample.with_options(timeout=5).thing("two")
    assert [signer(request) for request in wire.requests] == ["id-1", "id-1"]
    assert issuer.calls == 1


@every_loop
async def test_an_async_client_takes_a_plain_function_too(flavour: Flavour) -> None:
    issuer = Issuer(clock := Clock())
    with Wire(OK) as wire:
        async with AsyncSample(wire.url, credentials=issuer, clock=clock) as sample:
            await sample.thing("one")
    assert signer(wire.requests[0]) == "id-1"


@every_flavour
@pytest.mark.parametrize(("life", "fresh_until"), [(3600, 3300), (400, 300)])
async def test_a_provider_is_asked_again_before_the_credentials_expire(
    flavour: Flavour, life: float, fresh_until: float
) -> None:
    issuer = Issuer(clock := Clock(), life)
    with Wire(OK, OK, OK) as wire:
        async with flavour.make(
            Sample, AsyncSample, wire.url, credentials=provider(flavour, issuer), clock=clock
        ) as sample:
            await sample.thing("one")
            clock.advance(fresh_until - 1)
            await sample.thing("two")
            clock.advance(1)
            await sample.thing("three")
    assert [signer(request) for request in wire.requests] == ["id-1", "id-1", "id-2"]


@every_flavour
async def test_a_signed_url_renews_the_credentials_too(flavour: Flavour) -> None:
    issuer = Issuer(clock := Clock())
    async with flavour.make(
        Sample, AsyncSample, "http://127.0.0.1:9", credentials=provider(flavour, issuer), clock=clock
    ) as sample:
        await sample.thing_signed_url("one")
        clock.advance(3500)
        await sample.thing_signed_url("one")
    assert issuer.calls == 2


@every_flavour
async def test_a_provider_that_fails_leaves_the_old_credentials_in_use_for_a_while(
    flavour: Flavour, caplog: pytest.LogCaptureFixture
) -> None:
    issuer = Issuer(clock := Clock(), fails_at={2: OSError("a-secret-reason")})
    with Wire(OK, OK, OK, OK) as wire:
        async with flavour.make(
            Sample, AsyncSample, wire.url, credentials=provider(flavour, issuer), clock=clock
        ) as sample:
            await sample.thing("one")
            clock.advance(3500)
            await sample.thing("two")
            await sample.thing("three")
            assert issuer.calls == 2
            clock.advance(10)
            await sample.thing("four")
    assert [signer(request) for request in wire.requests] == ["id-1", "id-1", "id-1", "id-3"]
    warning = next(record for record in caplog.records if record.levelno == logging.WARNING)
    assert "OSError" in warning.getMessage()
    assert "secret" not in warning.getMessage()


@every_flavour
async def test_a_provider_that_fails_is_an_error_once_the_old_credentials_have_expired(
    flavour: Flavour,
) -> None:
    issuer = Issuer(clock := Clock(), fails_at={2: OSError("no vault")})
    with Wire(OK, OK) as wire:
        async with flavour.make(
            Sample, AsyncSample, wire.url, credentials=provider(flavour, issuer), clock=clock
        ) as sample:
            await sample.thing("one")
            clock.advance(3600)
            with pytest.raises(OSError, match="no vault"):
                await sample.thing("two")
            await sample.thing("three")
    assert [signer(request) for request in wire.requests] == ["id-1", "id-3"]


@every_flavour
async def test_a_provider_that_runs_out_of_time_raises_its_own_error(flavour: Flavour) -> None:
    issuer = Issuer(clock := Clock(), fails_at={1: TimeoutError("vault is slow")})
    async with flavour.make(
        Sample, AsyncSample, "http://127.0.0.1:9", credentials=provider(flavour, issuer), clock=clock
    ) as sample:
        with pytest.raises(TimeoutError, match="vault is slow"):
            await sample.thing("one")


@every_flavour
async def test_a_provider_must_return_credentials(flavour: Flavour) -> None:
    async with flavour.make(
        Sample, AsyncSample, "http://127.0.0.1:9", credentials=lambda: "a-secret-token"
    ) as sample:
        with pytest.raises(TypeError, match=r"^credentials: the provider returned str") as caught:
            await sample.thing("one")
    assert "secret" not in str(caught.value)


@every_flavour
async def test_a_provider_must_not_return_expired_credentials(flavour: Flavour) -> None:
    expired = Issuer(Clock(), 60)()
    clock = Clock()
    clock.advance(60 + 301)
    async with flavour.make(
        Sample, AsyncSample, "http://127.0.0.1:9", credentials=lambda: expired, clock=clock
    ) as sample:
        with pytest.raises(CredentialsExpired):
            await sample.thing("one")


@every_flavour
async def test_a_refusal_renews_the_credentials_once_and_costs_no_retry(flavour: Flavour) -> None:
    issuer = Issuer(clock := Clock())
    with Wire(OK, REFUSED, answer(500), OK) as wire:
        async with flavour.make(
            Sample,
            AsyncSample,
            wire.url,
            credentials=provider(flavour, issuer),
            clock=clock,
            retry=Retry(retries=1, delay=0),
        ) as sample:
            await sample.thing("one")
            assert await sample.putThing("two", {}) == {"ok": True}
    assert [signer(request) for request in wire.requests] == ["id-1", "id-1", "id-2", "id-2"]


@every_flavour
async def test_a_second_refusal_is_the_callers(flavour: Flavour) -> None:
    issuer = Issuer(clock := Clock())
    with Wire(REFUSED, REFUSED) as wire:
        async with flavour.make(
            Sample, AsyncSample, wire.url, credentials=provider(flavour, issuer), clock=clock
        ) as sample:
            with pytest.raises(AuthenticationFailed, match="Bad mac"):
                await sample.thing("one")
    assert issuer.calls == len(wire.requests) == 2


@every_flavour
async def test_a_provider_with_nothing_new_is_asked_once_for_a_refusal_whatever_follows(
    flavour: Flavour,
) -> None:
    asked: list[Credentials] = []

    def same() -> Credentials:
        asked.append(FIXED)
        return FIXED

    with Wire(REFUSED, answer(500), answer(500), OK) as wire:
        async with flavour.make(
            Sample, AsyncSample, wire.url, credentials=same, retry=Retry(delay=0)
        ) as sample:
            assert await sample.thing("one") == {"ok": True}
    assert len(asked) == 2


@every_flavour
async def test_a_refusal_stands_when_the_provider_has_nothing_better(flavour: Flavour) -> None:
    issuer = Issuer(clock := Clock(), fails_at={2: OSError("no vault")})
    with Wire(REFUSED) as wire:
        async with flavour.make(
            Sample, AsyncSample, wire.url, credentials=provider(flavour, issuer), clock=clock
        ) as sample:
            with pytest.raises(AuthenticationFailed, match="Bad mac") as caught:
                await sample.thing("one")
    assert isinstance(caught.value.__cause__, OSError)


@every_flavour
async def test_fixed_credentials_that_are_refused_are_not_tried_again(flavour: Flavour) -> None:
    with Wire(REFUSED) as wire:
        async with flavour.make(
            Sample, AsyncSample, wire.url, credentials=Credentials("id", "token")
        ) as sample:
            with pytest.raises(AuthenticationFailed):
                await sample.thing("one")
    assert len(wire.requests) == 1


@every_flavour
async def test_calls_refused_at_once_renew_the_credentials_once(flavour: Flavour) -> None:
    issuer = Issuer(clock := Clock(), life=None)

    def refuse_the_first(visit: Any) -> None:
        visit.send(REFUSED if signer(visit.request) == "id-1" else OK)

    with Wire(otherwise=refuse_the_first) as wire:
        async with flavour.make(
            Sample, AsyncSample, wire.url, credentials=provider(flavour, issuer), clock=clock
        ) as sample:
            await flavour.together(*(lambda: sample.thing("one") for _ in range(8)))
    assert issuer.calls == 2


@every_flavour
async def test_a_provider_is_called_once_however_many_calls_wait(flavour: Flavour) -> None:
    calls, started = 8, 0
    all_started = Event()

    async def call() -> None:
        nonlocal started
        started += 1
        if started == calls:
            all_started.set()
        await sample.thing("one")

    asked: list[None] = []

    def slow() -> Credentials:
        asked.append(None)
        assert all_started.wait(PATIENCE)
        return Credentials("id", "token")

    async def slow_soon() -> Credentials:
        return await anyio.to_thread.run_sync(slow)

    with Wire(otherwise=OK) as wire:
        async with flavour.make(
            Sample, AsyncSample, wire.url, credentials=slow if flavour.sync else slow_soon
        ) as sample:
            await flavour.together(*(call for _ in range(calls)))
    assert len(asked) == 1
    assert len(wire.requests) == calls


@every_loop
async def test_a_provider_given_up_by_one_task_is_asked_again_by_the_next(flavour: Flavour) -> None:
    asked: list[None] = []
    began = anyio.Event()

    async def first_never() -> Credentials:
        asked.append(None)
        if len(asked) == 1:
            began.set()
            await anyio.sleep_forever()
        return Credentials("id", "token")

    with Wire(OK) as wire:
        async with AsyncSample(wire.url, credentials=first_never) as sample:
            async with anyio.create_task_group() as group:
                group.start_soon(sample.thing, "one")
                await began.wait()
                group.cancel_scope.cancel()
            assert await sample.thing("two") == {"ok": True}
    assert len(asked) == 2


@every_loop
async def test_the_deadline_bounds_an_async_provider(flavour: Flavour) -> None:
    async def never() -> Credentials:
        await anyio.sleep_forever()
        raise AssertionError

    async with AsyncSample("http://127.0.0.1:9", credentials=never, deadline=0.05) as sample:
        with pytest.raises(TimedOut, match="credentials") as caught:
            await sample.thing("one")
    assert not caught.value.sent


def test_the_deadline_bounds_the_wait_for_another_threads_provider() -> None:
    release, began = Event(), Event()

    def slow() -> Credentials:
        began.set()
        assert release.wait(PATIENCE)
        return Credentials("id", "token")

    with Wire(OK) as wire, Sample(wire.url, credentials=slow) as sample, ThreadPoolExecutor(1) as threads:
        first = threads.submit(sample.thing, "one")
        assert began.wait(PATIENCE)
        with pytest.raises(TimedOut, match="credentials"):
            sample.with_options(deadline=0.05).thing("two")
        release.set()
        assert first.result() == {"ok": True}


def test_an_async_function_is_refused_by_a_sync_client_when_it_is_made() -> None:
    with pytest.raises(TypeError, match=r"^credentials: an async provider needs an Async client"):
        Sample("https://tc.example.com", credentials=Issuer(Clock()).soon)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_an_async_provider_in_disguise_is_refused_by_a_sync_client_with_the_first_call() -> None:
    issuer = Issuer(Clock())
    disguised: Any = lambda: issuer.soon()  # noqa: E731
    with (
        Sample("http://127.0.0.1:9", credentials=disguised) as sample,
        pytest.raises(TypeError, match=r"^credentials: an async provider needs an Async client"),
    ):
        sample.thing("one")


def test_a_provider_that_calls_its_own_client_is_told_so_instead_of_waiting_for_itself() -> None:
    def from_itself() -> Credentials:
        return Credentials("id", sample.thing("token")["accessToken"])

    with (
        Sample("http://127.0.0.1:9", credentials=from_itself) as sample,
        pytest.raises(RuntimeError, match=r"^credentials: the provider called the client that asks it"),
    ):
        sample.thing("one")


def test_a_lock_of_one_event_loop_is_not_used_in_the_next() -> None:
    issuer = Issuer(clock := Clock(), life=600)
    last = answer(200, {"ok": True}, {"Connection": "close"})
    with Wire(last, last) as wire:
        sample = AsyncSample(wire.url, credentials=issuer.soon, clock=clock)

        async def call() -> None:
            await sample.thing("one")

        async def call_and_close() -> None:
            await sample.thing("two")
            await sample.aclose()

        anyio.run(call, backend="asyncio")
        clock.now += 599
        anyio.run(call_and_close, backend="trio")
    assert [signer(request) for request in wire.requests] == ["id-1", "id-2"]


def test_a_client_does_not_show_what_its_provider_holds() -> None:
    def vault(token: str) -> Credentials:
        raise TaskclusterError

    with Sample("https://tc.example.com", credentials=functools.partial(vault, "a-secret-token")) as sample:
        assert "a-secret-token" not in repr(sample)


@every_loop
@pytest.mark.parametrize("elsewhere", [False, True], ids=["itself", "in another task"])
async def test_a_provider_that_calls_the_client_that_asks_it_fails_instead_of_waiting_for_itself(
    flavour: Flavour, elsewhere: bool
) -> None:
    async def provider() -> Credentials:
        if elsewhere:
            await flavour.together(lambda: sample.thing("two"))
        await sample.thing("two")
        return FIXED

    with Wire() as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, credentials=provider) as sample:
            with anyio.fail_after(PATIENCE), pytest.raises(RuntimeError, match="give it its own client"):
                await sample.thing("one")
    assert not wire.requests


@every_loop
async def test_a_task_that_a_provider_began_waits_like_others_when_the_provider_is_asked_again(
    flavour: Flavour,
) -> None:
    issuer = Issuer(clock := Clock())
    asked_again = anyio.Event()

    async def background() -> None:
        await asked_again.wait()
        await sample.thing("two")

    async def provider() -> Credentials:
        if issuer.calls == 0:
            group.start_soon(background)
        else:
            asked_again.set()
            await anyio.wait_all_tasks_blocked()
        return issuer()

    with Wire(otherwise=OK) as wire:
        async with (
            flavour.make(Sample, AsyncSample, wire.url, credentials=provider, clock=clock) as sample,
            anyio.create_task_group() as group,
        ):
            await sample.thing("one")
            clock.advance(3600)
            await sample.thing("one")
    assert [signer(request) for request in wire.requests] == ["id-1", "id-2", "id-2"]
