"""Where credentials come from, and when they are renewed; without the drivers, which ask the provider."""

from __future__ import annotations

import functools
from datetime import timedelta
from threading import Lock
from typing import Any

import pytest
from clock import Clock
from hypothesis import given
from hypothesis import strategies as st

from tc_core import Credentials, CredentialsExpired
from tc_core._source import PAUSE, CredentialSource

PERMANENT = Credentials("project/demo/ci", "an-access-token")


def temporary(clock: Clock, seconds: float) -> Credentials:
    return PERMANENT.create_temp_creds(ttl=seconds, scopes=[], clock=clock)


def provider() -> Credentials:
    raise NotImplementedError


def source_with(credentials: Credentials, clock: Clock) -> CredentialSource:
    source = CredentialSource(provider, clock=clock)
    source.accept(credentials, clock())
    return source


def test_fixed_credentials_are_never_due() -> None:
    source = CredentialSource(PERMANENT, clock=Clock())
    assert source.current is PERMANENT
    assert not source.due(1e12)
    assert not source.due(0, PERMANENT)


def test_no_credentials_are_never_due() -> None:
    source = CredentialSource(None, clock=Clock())
    assert source.current is None
    assert not source.due(1e12)


def test_a_provider_is_due_at_first_and_not_called_before() -> None:
    assert CredentialSource(provider, clock=Clock()).due(0)


def test_permanent_credentials_of_a_provider_are_due_only_when_rejected() -> None:
    source = source_with(PERMANENT, Clock())
    assert not source.due(1e12)
    assert source.due(0, PERMANENT)


def test_credentials_of_another_call_are_not_due_when_older_ones_are_rejected() -> None:
    clock = Clock()
    source = source_with(PERMANENT, clock)
    newer = source.accept(temporary(clock, 3600), clock())
    assert not source.due(clock(), PERMANENT)
    assert source.due(clock(), newer)


@pytest.mark.parametrize(
    ("life", "before"), [(31 * 86400, 300), (3600, 300), (1200, 300), (400, 100), (60, 15)]
)
def test_renewal_is_due_five_minutes_before_expiry_or_in_the_last_quarter(life: int, before: int) -> None:
    clock = Clock()
    source = source_with(temporary(clock, life), clock)
    assert not source.due(clock() + life - before - 0.01)
    assert source.due(clock() + life - before)


@given(st.floats(0.001, 31 * 86400))
def test_fresh_credentials_are_not_due_and_expired_ones_are(life: float) -> None:
    clock = Clock()
    source = source_with(temporary(clock, life), clock)
    assert not source.due(clock())
    assert source.due(clock() + life)


@pytest.mark.parametrize("value", [None, "a-token", {"clientId": "a", "accessToken": "b"}])
def test_what_a_provider_returns_must_be_credentials(value: object) -> None:
    source = CredentialSource(provider, clock=Clock())
    with pytest.raises(TypeError, match=rf"^credentials: the provider returned {type(value).__name__}, not"):
        source.accept(value, 0)
    assert source.current is None


def test_expired_credentials_are_not_taken_over() -> None:
    clock = Clock()
    expired = temporary(clock, 60)
    clock.advance(60 + 301)
    source = CredentialSource(provider, clock=clock)
    with pytest.raises(
        CredentialsExpired, match=r"^credentials: the certificate of project/demo/ci expired at"
    ):
        source.accept(expired, clock())
    assert source.current is None


# When the provider fails --------------------------------------------------------------------------------------


def test_old_credentials_that_are_valid_are_kept_and_the_provider_is_left_alone_for_a_while() -> None:
    clock = Clock()
    old = temporary(clock, 3600)
    source = source_with(old, clock)
    clock.advance(3600 - 60)
    assert source.due(clock())
    assert source.keep(clock(), None) is old
    assert not source.due(clock() + PAUSE - 0.01)
    assert source.due(clock() + PAUSE)


def test_expired_credentials_are_not_kept() -> None:
    clock = Clock()
    source = source_with(temporary(clock, 3600), clock)
    assert source.keep(clock() + 3600, None) is None


def test_rejected_credentials_are_not_kept() -> None:
    source = source_with(PERMANENT, Clock())
    assert source.keep(0, PERMANENT) is None


def test_there_is_nothing_to_keep_at_first() -> None:
    assert CredentialSource(provider, clock=Clock()).keep(0, None) is None


# Bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["a-token", 5, {"clientId": "a"}, b"", False])
def test_what_is_neither_credentials_nor_a_provider_is_refused(value: object) -> None:
    with pytest.raises(
        TypeError, match=rf"^credentials: {type(value).__name__}; pass tc_core\.Credentials or a"
    ):
        CredentialSource(value, clock=Clock())


async def async_provider(_: str = "") -> Credentials:
    return PERMANENT


@pytest.mark.parametrize("value", [async_provider, functools.partial(async_provider, "x")])
def test_an_async_provider_needs_an_async_client(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^credentials: an async provider needs an Async client"):
        CredentialSource(value, clock=Clock(), lock=Lock())
    assert CredentialSource(value, clock=Clock()).provider is value


def test_fixed_credentials_that_are_expired_are_refused() -> None:
    clock = Clock()
    expired = PERMANENT.create_temp_creds(ttl=timedelta(hours=1), scopes=[], clock=clock)
    clock.advance(3600 + 301)
    with pytest.raises(CredentialsExpired, match=r"^credentials: .* get new credentials, or pass a provider"):
        CredentialSource(expired, clock=clock)
