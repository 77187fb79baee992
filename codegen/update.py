"""Takes in another Taskcluster version: facts, packages, version, pins and changelog, all of it or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import changes, files, read, swap

FRAGMENTS = "changelog.d"


@dataclass(frozen=True)
class Update:
    """What an update does.

    Args:
        old: the Taskcluster version that was there; empty where none was.
        new: the one that is taken in.
        files: what is written, by path; None for what is removed.
        changes: what differs for users.
    """

    old: str
    new: str
    files: Mapping[str, bytes | None]
    changes: tuple[changes.Change, ...]


def update(root: Path, source: str, version: str) -> Update:
    """Take in the references of another Taskcluster version, older or newer.

    Nothing is written before all of it is worked out, and then all is written or nothing: see `swap`.

    Args:
        root: the tree.
        source: a file, a folder, or the root URL of a deployment.
        version: the Taskcluster version, such as ``106.0.0``.

    Raises:
        ValueError: an argument or a reference is malformed; the message names its place.
    """
    made = prepare(root, source, version)
    swap.replace(root, made.files)
    return made


def prepare(root: Path, source: str, version: str) -> Update:
    """Work out what `update` would do."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ValueError(f"version: {version!r} is no Taskcluster version; give one such as 106.0.0")
    old = _stored(root)
    new = files.Facts(read.take(read.load(source)), version, _family_version(old, version))
    found: list[changes.Change] = []
    if old:
        found = changes.compare(files.services(root, old), files.services(root, new))
    wanted = {**new.files, **files.expected(root, new)}
    written = {path: wanted[path].encode() if path in wanted else None for path in _differing(root, wanted)}
    if old and (found or old.taskcluster != version):
        written |= _fragments(root, old, new, found)
    return Update(old.taskcluster if old else "", version, written, tuple(found))


def mentions(root: Path, version: str) -> Iterator[str]:
    """Give the texts written by hand that name a Taskcluster version."""
    generated = set(files.generated(root))
    texts = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("packages/*/README.md")]
    named = re.compile(rf"(?<![\d.]){re.escape(version)}(?!\.?\d)")
    for path in sorted(set(texts) - generated - {root / "CHANGELOG.md"}):
        lines = path.read_text(encoding="utf-8").splitlines()
        numbers = [number for number, line in enumerate(lines, 1) if named.search(line)]
        if numbers:
            below = f", and so do {len(numbers) - 1} lines below" if len(numbers) > 1 else ""
            yield f"{path.relative_to(root).as_posix()}:{numbers[0]}: names {version}{below}"


def _stored(root: Path) -> files.Facts | None:
    return files.Facts.stored(root) if (root / "codegen" / "api" / "VERSION").exists() else None


def _family_version(old: files.Facts | None, version: str) -> str:
    """Return the version of the family, which stays where it is one of this Taskcluster version already."""
    if old and files.base_version(old.version) == version:
        return old.version
    return f"{version}.dev0"


def _differing(root: Path, wanted: Mapping[str, str]) -> list[str]:
    api = {f"codegen/api/{path.name}" for path in (root / "codegen" / "api").glob("*")}
    return sorted({*files.differences(root, wanted), *(api - wanted.keys())})


def _fragments(
    root: Path, old: files.Facts, new: files.Facts, found: list[changes.Change]
) -> dict[str, bytes | None]:
    """Return the changes to the changelog fragments."""
    there = {path.name: path for path in (root / FRAGMENTS).glob("*.md")}
    # An update that takes back one which nobody has released yet leaves nothing to tell.
    back = changes.compare(files.services(root, new), files.services(root, old))
    undone = changes.fragments(new.taskcluster, old.taskcluster, back)
    if undone and all(
        name in there and there[name].read_text(encoding="utf-8") == text for name, text in undone.items()
    ):
        return {f"{FRAGMENTS}/{name}": None for name in undone}
    written: dict[str, bytes | None] = {}
    for name, text in changes.fragments(old.taskcluster, new.taskcluster, found).items():
        written[f"{FRAGMENTS}/{_free(name, there)}"] = text.encode()
    return written


def _free(name: str, there: Mapping[str, Path]) -> str:
    start, kind, ending = name.rsplit(".", 2)
    free, number = name, 2
    while free in there:
        free, number = f"{start}-{number}.{kind}.{ending}", number + 1
    return free


def summary(made: Update) -> Iterator[str]:
    """Give what an update did, line by line."""
    yield f"Taskcluster {made.old or 'nothing'} -> {made.new}: {len(made.files)} files changed"
    for change in made.changes:
        yield f"{'breaks' if change.breaks else 'also'}: {change.service}: {change.text}"
    for path, content in made.files.items():
        if path.startswith(FRAGMENTS):
            yield f"{path}: {'taken back' if content is None else 'written'}"
