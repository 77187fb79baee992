"""Commands of the generator: ``python -m codegen`` writes the packages, ``--help`` lists the others."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from . import files, swap
from .update import mentions, summary
from .update import update as take_in


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        if swap.recover(options.root):
            print("An earlier command was cut short; the tree is as it was before it.")
        match options.command:
            case "update":
                return update(options.root, options.source, options.version)
            case "check":
                return check(options.root)
            case "undocumented":
                return undocumented(options.root)
            case _:
                return write(options.root)
    except ValueError as error:
        print(f"codegen: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("codegen: interrupted", file=sys.stderr)
        return 130


def update(root: Path, source: str, version: str) -> int:
    """Take in another Taskcluster version."""
    made = take_in(root, source, version)
    for line in summary(made):
        print(line)
    _look_into(root)
    if made.old != made.new:
        for mention in mentions(root, made.old):
            print(f"note: {mention}")
    return 0


def write(root: Path) -> int:
    """Write the generated files."""
    changed = files.write(root)
    print(f"{len(changed)} generated files changed")
    _look_into(root)
    return 0


def check(root: Path) -> int:
    """Say which generated files are not what the generator writes today."""
    wanted = files.expected(root)
    differing = files.differences(root, wanted)
    for path in differing:
        problem = (
            "should not be there"
            if path not in wanted
            else "differs"
            if (root / path).exists()
            else "is missing"
        )
        print(f"{path}: {problem}")
    if differing:
        print("`python -m codegen write` puts that right", file=sys.stderr)
    return bool(differing)


def undocumented(root: Path) -> int:
    """Print the methods and exchanges that codegen/docs has no words for."""
    for name in files.undocumented(root):
        print(name)
    return 0


def _look_into(root: Path) -> None:
    """Print what a person should look into."""
    for note in files.notes(root):
        print(f"note: {note}")
    for name in files.undocumented(root):
        print(f"undocumented: {name}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m codegen", description=__doc__)
    parser.add_argument(
        "--root", type=Path, default=files.ROOT, help="the tree to work on (default: this one)"
    )
    commands = parser.add_subparsers(dest="command")
    updating = commands.add_parser("update", help="take in another Taskcluster version")
    updating.add_argument(
        "source",
        help="published references: a folder, a file with a list of {filename, content}, or a root URL",
    )
    updating.add_argument("--version", required=True, help="the Taskcluster version, such as 106.0.0")
    commands.add_parser("write", help="write the generated files (what is done without a command)")
    commands.add_parser("check", help="fail if a generated file is not what would be written")
    commands.add_parser("undocumented", help="print the methods that codegen/docs has no words for")
    return parser


if __name__ == "__main__":
    # So a termination is undone like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    raise SystemExit(main())
