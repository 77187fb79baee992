"""Makes a release of the family: ``python -m release X.Y.Z``, or ``X.Y.Z.postN`` for a fix of ours.

All of it is made in a second work tree and taken over at the end. So a release that fails leaves nothing behind,
and a dry run does the same as a release but for its end.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from packaging.version import Version

from codegen import files

ROOT = Path(__file__).parent
SHOWN = 5


class Refused(Exception):
    """There can be no such release, or not yet. Its arguments say why and what helps, one reason each."""


@dataclass(frozen=True)
class Release:
    """A release that is made but not yet taken over.

    Args:
        commit: what the tag is for.
        development: the commit after it, with which development goes on.
        changelog: what is new in it.
        built: its wheels and sdists.
    """

    commit: str
    development: str
    changelog: str
    built: tuple[Path, ...]


def main(arguments: list[str] | None = None) -> int:
    """Make the release that the arguments ask for; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        release(options.root, options.version, dry_run=options.dry_run, upload=options.upload)
    except Refused as refused:
        for reason in refused.args:
            print(f"release: {reason}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(
            f"release: {' '.join(map(str, error.cmd))} failed:\n{error.stdout}{error.stderr}", file=sys.stderr
        )
        return 1
    return 0


def release(root: Path, version: str, *, dry_run: bool = False, upload: str | None = None) -> None:
    """Release the family under a version.

    Args:
        root: the tree.
        version: that of the Taskcluster it is generated from, or that with ``.postN``.
        dry_run: make it, show it, and keep nothing of it.
        upload: the address of the index that it goes to, if to one.

    Raises:
        Refused: the tree or the version is not fit for a release.
    """
    if reasons := tuple(refusals(root, version)):
        raise Refused(*reasons)
    with _second_tree(root) as tree:
        made = make(tree, version)
        print(made.changelog, *(path.name for path in made.built), sep="\n")
        if dry_run:
            print(f"A dry run: there is no {_tag(version)}, and nothing has changed.")
            return
        _git(root, "merge", "--quiet", "--ff-only", made.development)
        _git(root, "tag", "--annotate", "--message", version, _tag(version), made.commit)
        print(f"Tagged {_tag(version)}. It goes out with `git push --follow-tags`.")
        if upload:
            _run(tree, "uv", "publish", "--trusted-publishing=never", "--publish-url", upload, *made.built)
            print(f"Uploaded to {upload}.")


def refusals(root: Path, version: str) -> Iterator[str]:
    """Give all that stands against a release."""
    yield from _wrong_version(root, version)
    if _git(root, "status", "--porcelain"):
        yield "there are changes that are not committed; commit them or put them away"
    if not any((root / "changelog.d").glob("*.*.md")):
        yield "changelog.d holds no fragment; say there what is new for users"
    try:
        if stale := files.differences(root, files.expected(root)):
            yield f"generated files are stale: {_some(stale)}; write them with `nox -s codegen` and commit them"
    except ValueError as error:
        yield f"the generated files cannot be made: {error}"
    else:
        if missing := list(files.undocumented(root)):
            yield f"codegen/docs has no words for {_some(missing)}"


def make(tree: Path, version: str) -> Release:
    """Write, commit and build a release, and commit the version that development goes on under."""
    _set_version(tree, version)
    changelog = _towncrier(tree, version, "--draft")
    _towncrier(tree, version, "--yes")
    commit = _commit(tree, f"Release {version}")
    built = _build(tree)
    _set_version(tree, following(version))
    return Release(commit, _commit(tree, f"Go on with {following(version)}"), changelog, built)


def following(version: str) -> str:
    """Return the version of the tree after a release: less than that of a fix, more than what was released."""
    released = Version(version)
    return f"{released.base_version}.post{(released.post or 0) + 1}.dev0"


def _wrong_version(root: Path, version: str) -> Iterator[str]:
    number = "(0|[1-9][0-9]*)"
    if not re.fullmatch(rf"{number}\.{number}\.{number}(\.post[1-9][0-9]*)?", version):
        yield f"{version} is no version of a release; one is X.Y.Z, or X.Y.Z.postN for a fix of ours"
        return
    taskcluster = (root / "codegen" / "api" / "VERSION").read_text(encoding="utf-8").strip()
    if files.base_version(version) != taskcluster:
        yield f"{version} is not of Taskcluster {taskcluster}, which the packages are generated from"
    here = (root / "VERSION").read_text(encoding="utf-8").strip()
    if Version(version) <= Version(here):
        yield f"{version} does not come after {here}, the version of the tree"
    if _git(root, "tag", "--list", _tag(version)):
        yield f"the tag {_tag(version)} exists"


def _set_version(tree: Path, version: str) -> None:
    (tree / "VERSION").write_text(f"{version}\n", encoding="utf-8")
    files.write(tree)


def _towncrier(tree: Path, version: str, mode: str) -> str:
    return _run(tree, "towncrier", "build", mode, "--version", version)


def _commit(tree: Path, message: str) -> str:
    _git(tree, "add", "--all")
    # The hooks are for people: here they would make an environment in the second tree.
    _git(tree, "commit", "--quiet", "--no-verify", "--message", message)
    return _git(tree, "rev-parse", "HEAD").strip()


def _build(tree: Path) -> tuple[Path, ...]:
    dist = tree / "dist"
    for project in sorted(tree.glob("packages/*/pyproject.toml")):
        _run(project.parent, "hatchling", "build", "-d", dist)
    return tuple(sorted(dist.iterdir()))


@contextmanager
def _second_tree(root: Path) -> Generator[Path]:
    with TemporaryDirectory(prefix="release-") as folder:
        tree = Path(folder) / "tree"
        _git(root, "worktree", "add", "--quiet", "--detach", tree)
        try:
            yield tree
        finally:
            _git(root, "worktree", "remove", "--force", tree)


def _git(root: Path, *arguments: str | Path) -> str:
    return _output(root, "git", *arguments)


def _run(folder: Path, module: str, *arguments: str | Path) -> str:
    return _output(folder, sys.executable, "-m", module, *arguments)


def _output(folder: Path, *command: str | Path) -> str:
    finished = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=True
    )
    return finished.stdout


def _tag(version: str) -> str:
    return f"v{version}"


def _some(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _address(value: str) -> str:
    if "@" in urlsplit(value).netloc:
        # It would be shown, by this program and by what lists processes.
        raise argparse.ArgumentTypeError("has credentials in it; set UV_PUBLISH_TOKEN instead")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m release", description="Make a release of the family.")
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree to release (default: this one)")
    parser.add_argument("version", help="X.Y.Z of Taskcluster, or X.Y.Z.postN for a fix of ours")
    ends = parser.add_mutually_exclusive_group()
    ends.add_argument("--dry-run", action="store_true", help="show what it would be, and keep nothing of it")
    ends.add_argument(
        "--upload",
        metavar="URL",
        type=_address,
        help="also upload it to the index at this address, with UV_PUBLISH_TOKEN or what else uv takes",
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
