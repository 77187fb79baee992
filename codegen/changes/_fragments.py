"""Changelog fragments: files that say what differs, in the form that towncrier puts together."""

from __future__ import annotations

from collections.abc import Iterable

from ..model import distribution_name
from ._change import Change

KINDS = {True: "removal", False: "feature"}


def fragments(old: str, new: str, changes: Iterable[Change]) -> dict[str, str]:
    """Return the text of fragments by their file names: for each service one of what breaks and one of what is new.

    Args:
        old: the Taskcluster version that was there.
        new: the one in its place.
        changes: what differs.
    """
    sentences: dict[tuple[str, bool], list[str]] = {}
    for change in changes:
        sentences.setdefault((change.service, change.breaks), []).append(change.text)
    found = {
        f"{stem(old, new)}-{service}.{KINDS[breaks]}.md": _text(service, old, new, texts)
        for (service, breaks), texts in sentences.items()
    }
    if old != new:
        found[f"{stem(old, new)}.feature.md"] = (
            f"The packages are for Taskcluster {new}, and carry its version. They were for {old}.\n"
        )
    return dict(sorted(found.items()))


def stem(old: str, new: str) -> str:
    """Return what the names of the fragments of an update begin with; the plus tells of no issue."""
    return f"+taskcluster-{old}-to-{new}"


def _text(service: str, old: str, new: str, sentences: list[str]) -> str:
    versions = f"from Taskcluster {old} to {new}" if old != new else f"within Taskcluster {new}"
    items = "".join(f"- {sentence}\n" for sentence in sentences)
    return f"`{distribution_name(service)}`, {versions}:\n\n{items}"
