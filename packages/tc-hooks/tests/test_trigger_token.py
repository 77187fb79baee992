"""The token in the path of triggerHookWithToken, with which anybody may trigger the hook."""

from __future__ import annotations

import logging
import pickle

import pytest
from flavours import Flavour, every_flavour
from wire import Visit, Wire, answer, reset

from tc_core import Retry, ServerError, TimedOut, TransportError
from tc_hooks import AsyncHooks, Hooks

TOKEN = "NGUwOTJiZmMtYTY2My00"


def repeat(visit: Visit) -> None:
    """Answer as a proxy does that says what it could not reach."""
    visit.send(answer(502, f"<p>No service for {visit.request.target}.</p>".encode()))


@every_flavour
async def test_it_is_in_no_log_line_and_no_error(flavour: Flavour, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    errors: list[Exception] = []
    with Wire(reset, repeat, otherwise=Visit.stall) as wire:
        options = {"retry": Retry(retries=0), "deadline": None}
        async with flavour.make(Hooks, AsyncHooks, wire.url, **options) as hooks:
            for kind, each in (
                (TransportError, hooks),
                (ServerError, hooks),
                (TimedOut, hooks.with_options(timeout=0.05)),
            ):
                with pytest.raises(kind) as caught:
                    await each.triggerHookWithToken("a group", "nightly/linux", TOKEN, {})
                errors.append(caught.value)
    assert all(TOKEN in request.target for request in wire.requests)
    shown = [
        text
        for each in errors
        for text in (str(each), repr(each), repr(vars(each)), repr(pickle.dumps(each)))
    ]
    assert TOKEN not in "".join(shown)
    assert TOKEN not in caplog.text
    url = f"POST {wire.url}/api/hooks/v1/hooks/a%20group/nightly%2Flinux/trigger/[redacted]"
    assert [f"{url} -> " in record.getMessage() for record in caplog.records if record.name == "tc_core"] == [
        True
    ] * 3
    assert str(errors[0]).startswith(f"{url}: ")
