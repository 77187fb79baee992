"""Replacing files: all of them or none, whatever comes in between."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from trees import contents

from codegen import swap

OLD = {"a": b"a", "folder/b": b"b", "folder/inner/c": b"c", "d": b"d"}
CHANGES = {"a": b"A", "folder/b": None, "folder/inner/c": None, "new/inner/e": b"E"}
NEW = {"a": b"A", "d": b"d", "new/inner/e": b"E"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    fill(tmp_path / "tree")
    return tmp_path / "tree"


def fill(tree: Path) -> None:
    for path, content in OLD.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)


def folders(tree: Path) -> set[str]:
    return {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_dir()}


def test_files_are_written_and_removed_and_nothing_else_is_left(tree: Path) -> None:
    swap.replace(tree, CHANGES)
    assert contents(tree) == NEW
    assert folders(tree) == {"new", "new/inner"}
    swap.replace(tree, {})
    assert contents(tree) == NEW


class Power(BaseException):
    """Stands for the end of the process: nothing that follows is run."""


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, type[BaseException]], None]:
    """Let a step on the file system fail, counted from 0, and with Power all that follow it, too."""
    places: list[tuple[Any, str]] = [(shutil, "copy2"), (shutil, "rmtree"), (os, "replace")]
    places += [(Path, name) for name in ("unlink", "write_bytes", "write_text", "mkdir")]

    def fail(number: int, kind: type[BaseException]) -> None:
        done = 0

        def wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
            def step(*args: Any, **kwargs: Any) -> Any:
                nonlocal done
                done += 1
                if done == number + 1 or (done > number and kind is Power):
                    raise kind
                return function(*args, **kwargs)

            return step

        for owner, name in places:
            monkeypatch.setattr(owner, name, wrapped(getattr(owner, name)))

    return fail


def outcomes(
    tree: Path, failing: Callable[..., None], undo: Callable[[], None], kind: type[BaseException]
) -> set[str]:
    """Replace again and again, failing a step later each time, until nothing fails; return what came of it."""
    found: set[str] = set()
    for number in range(1000):
        shutil.rmtree(tree)
        fill(tree)
        failing(number, kind)
        try:
            swap.replace(tree, CHANGES)
        except kind:
            undo()
            if kind is Power:
                swap.recover(tree)
            # What may be left of the folder is passed over by git, and the next command removes it.
            shutil.rmtree(tree / swap.FOLDER, ignore_errors=True)
            assert contents(tree) in (OLD, NEW), number
            found.add("old" if contents(tree) == OLD else "new")
        else:
            undo()
            assert contents(tree) == NEW
            return found
    raise AssertionError("it never ends")


def test_an_interruption_at_any_step_leaves_all_or_nothing(
    tree: Path, failing: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = outcomes(tree, failing, monkeypatch.undo, KeyboardInterrupt)
    assert "old" in found


def test_the_end_of_the_process_at_any_step_is_undone_by_the_next_command(
    tree: Path, failing: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "old" in outcomes(tree, failing, monkeypatch.undo, Power)


def test_a_recovery_that_is_cut_short_is_begun_again(
    tree: Path, failing: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> None:
        raise Power

    monkeypatch.setattr(swap, "_put", broken)
    monkeypatch.setattr(swap, "recover", bool)
    with pytest.raises(Power):
        swap.replace(tree, CHANGES)
    monkeypatch.undo()
    assert (tree / swap.FOLDER / swap.JOURNAL).exists()
    (tree / "a").unlink()
    for number in range(1000):
        failing(number, Power)
        try:
            swap.recover(tree)
        except Power:
            monkeypatch.undo()
        else:
            monkeypatch.undo()
            break
    assert contents(tree) == OLD


def test_permissions_come_back(tree: Path) -> None:
    os.chmod(tree / "a", 0o755)
    with pytest.raises(FileNotFoundError):
        swap.replace(tree, {"a": b"A", "gone": None})
    assert contents(tree) == OLD
    assert os.access(tree / "a", os.X_OK)
