"""The command `tc-testing`."""

from __future__ import annotations

import argparse
import secrets
import shlex
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from . import _relay_command

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, by default the one of this process. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="tc-testing", description="A local Taskcluster to develop and test against."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser(
        "serve",
        help="serve until stopped",
        description="Serve a local Taskcluster until stopped. Once it answers, the variables with which clients "
        "find it are printed in the form that a shell reads.",
    )
    serve.add_argument(
        "--port", type=_port, default=0, help="port of the loopback interface; default: a free one"
    )
    relay = commands.add_parser(
        "relay",
        help="make faults below HTTP between any client and any server, until stopped",
        description="Forward connections to a server but for the faults that are given. Once it listens, the URL "
        "for clients is printed, and when it is stopped, what there was.",
    )
    _relay_command.add_arguments(relay)
    given = parser.parse_args(arguments)
    return _relay_command.run(relay, given) if given.command == "relay" else _serve(given.port)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port; give one from 0 to 65535")
    return int(text)


def _serve(port: int) -> int:
    # The server stops by itself at these and then passes them on; being stopped is no failure, nor is it earlier.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    # Imported here: help and mistakes in the arguments should not wait for a web server to load.
    from ._app import App
    from ._server import Server, bind
    from ._services.auth.store import ROOT_CLIENT_ID

    try:
        bound = bind(port)
    except OSError as error:
        print(f"tc-testing: {error.strerror}; choose another with --port", file=sys.stderr)
        return 1
    token = secrets.token_urlsafe(33)

    def started() -> None:
        for name, value in (
            ("TASKCLUSTER_ROOT_URL", server.root_url),
            ("TASKCLUSTER_CLIENT_ID", ROOT_CLIENT_ID),
            ("TASKCLUSTER_ACCESS_TOKEN", token),
        ):
            print(f"export {name}={shlex.quote(value)}")
        sys.stdout.flush()

    server = Server(App(token), bound, started)
    server.serve_until_stopped()
    return 0


def _stop(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
