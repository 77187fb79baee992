"""The command `tc-testing relay`."""

from __future__ import annotations

import argparse
import signal
from random import Random
from threading import Event
from types import FrameType

from ._relay import Fault, Relay, random_faults

__all__ = ["add_arguments", "run"]

_PLACED = ("corrupt", "reset", "stall", "truncate")
_PLAIN = ("close-after-response", "pass-through", "refuse")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("upstream", metavar="URL", help="of the server, such as http://127.0.0.1:8080")
    parser.add_argument(
        "--fault",
        dest="faults",
        metavar="FAULT",
        type=_fault,
        action="append",
        default=[],
        help=f"{', '.join(_PLAIN)}, or one of {', '.join(_PLACED)} with a place (response, headers, body; for a reset "
        "also request) and a number of bytes after it, as in reset:headers or stall:body:10; may be repeated, and "
        "each is for one request",
    )
    parser.add_argument(
        "--probability", type=float, help="draw from the faults with this, from 0 to 1, without end"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the draw; default: %(default)s")


def run(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> int:
    """Relay until stopped. Returns the exit code."""
    faults = arguments.faults
    try:
        if arguments.probability is not None:
            faults = random_faults(Random(arguments.seed), arguments.probability, faults)
        relay = Relay(arguments.upstream, faults)
    except ValueError as error:
        parser.error(str(error))
    stopped = Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with relay:
        print(relay.url, flush=True)
        while not stopped.wait(1):  # not without end: on Windows no signal would get through
            pass
    print(relay)
    return 0


def _fault(text: str) -> Fault:
    kind, *rest = text.split(":")
    make = getattr(Fault, kind.replace("-", "_")) if kind in (*_PLACED, *_PLAIN) else None
    counts = all(map(str.isdecimal, rest[1:]))
    if make is None or bool(rest) != (kind in _PLACED) or len(rest) > 2 or not counts:
        raise argparse.ArgumentTypeError(f"{text} is no fault; give one such as refuse or reset:headers:10")
    try:
        fault: Fault = make(*rest[:1], *map(int, rest[1:]))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from None
    return fault
