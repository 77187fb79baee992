"""Commands of the generator: ``python -m codegen`` writes the packages, ``--help`` lists the others."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import files, read


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        match options.command:
            case "take":
                return take(options.root, options.source, options.version)
            case "check":
                return check(options.root)
            case "undocumented":
                return undocumented(options.root)
            case _:
                return write(options.root)
    except ValueError as error:
        print(f"codegen: {error}", file=sys.stderr)
        return 1


def take(root: Path, source: Path, version: str) -> int:
    """Turn published references into codegen/api."""
    wanted = read.dump(read.take(read.load(source)), version)
    folder = root / "codegen" / "api"
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_bytes(text.encode())
    return 0


def write(root: Path) -> int:
    """Write the generated files."""
    changed = files.write(root)
    print(f"{len(changed)} generated files changed")
    for service in files.services(root):
        for note in service.notes:
            print(f"note: {note}")
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
    for service in files.services(root):
        documented = [(method.name, method.docs) for method in service.methods]
        documented += [(exchange.name, exchange.docs) for exchange in service.exchanges]
        for name, docs in documented:
            if not docs.summary:
                print(f"{service.name}.{name}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m codegen", description=__doc__)
    parser.add_argument(
        "--root", type=Path, default=files.ROOT, help="the tree to work on (default: this one)"
    )
    commands = parser.add_subparsers(dest="command")
    taking = commands.add_parser("take", help="turn published references into codegen/api")
    taking.add_argument("source", type=Path, help="a folder, or a file with a list of {filename, content}")
    taking.add_argument("--version", required=True, help="the Taskcluster version, such as 106.0.0")
    commands.add_parser("write", help="write the generated files (what is done without a command)")
    commands.add_parser("check", help="fail if a generated file is not what would be written")
    commands.add_parser("undocumented", help="print the methods that codegen/docs has no words for")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
