"""The relay as a command, for clients that are no Python."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from wire import Wire, answer

OK = answer(200, b"well")


@contextmanager
def command(*arguments: str) -> Generator[subprocess.Popen[str]]:
    line = [sys.executable, "-m", "tc_testing", "relay", *arguments]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def get(url: str) -> str:
    """Ask on a connection of its own, and say what came of it."""
    client = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        client.request("GET", "/")
        return client.getresponse().read().decode()
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        client.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_faults_come_in_order_and_then_none_until_it_is_stopped(number: signal.Signals) -> None:
    faults = ["pass-through", "reset:headers", "truncate:body:2"]
    arguments = [part for fault in faults for part in ("--fault", fault)]
    with Wire(otherwise=OK) as wire, command(wire.url, *arguments) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        assert [get(url) for _ in range(4)] == ["well", "ConnectionResetError", "IncompleteRead", "well"]
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert out.startswith("<Relay accepted=4 open=0 requests=4 ")


@pytest.mark.parametrize(("probability", "seen"), [("0", "well"), ("1", "ConnectionResetError")])
def test_faults_may_be_drawn(probability: str, seen: str) -> None:
    arguments = ("--fault", "reset:response", "--probability", probability)
    with Wire(otherwise=OK) as wire, command(wire.url, *arguments) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        assert [get(url) for _ in range(5)] == [seen] * 5


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["nowhere"], "'nowhere' names no server"),
        (["http://127.0.0.1", "--fault", "explode"], "explode is no fault; give one such as refuse"),
        (["http://127.0.0.1", "--fault", "reset"], "reset is no fault"),
        (["http://127.0.0.1", "--fault", "refuse:body"], "refuse:body is no fault"),
        (
            ["http://127.0.0.1", "--fault", "reset:middle"],
            "place: is 'middle'; pass one of request, response, headers, body\n",
        ),
        (["http://127.0.0.1", "--fault", "reset:body:x"], "reset:body:x is no fault"),
        (["http://127.0.0.1", "--fault", "refuse", "--probability", "2"], "probability: is 2.0"),
        (["http://127.0.0.1", "--probability", "0.5"], "faults: is empty"),
    ],
)
def test_mistakes_are_named(arguments: list[str], problem: str) -> None:
    with command(*arguments) as process:
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (2, "")
    assert problem in err
