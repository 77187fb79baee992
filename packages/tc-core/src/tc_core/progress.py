"""A ready progress bar for uploads and downloads. It needs the extra ``tc-core[progress]``, which brings tqdm."""

from __future__ import annotations

from typing import Any

from .transfers import Phase

__all__ = ["ProgressBar"]


class ProgressBar:
    """Shows the progress of one transfer on standard error; silent where that is no terminal.

    ::

        with ProgressBar() as bar:
            queue.download_artifact(task_id, "public/build.zip", to="build.zip", on_progress=bar)

    Args:
        description: text before the bar.
        file: where to show it instead, such as an open terminal.

    Raises:
        ModuleNotFoundError: tqdm is not installed; the message says what to install.
    """

    def __init__(self, description: str | None = None, *, file: Any = None) -> None:
        try:
            from tqdm import tqdm
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                "the progress bar needs the package tqdm; install tc-core[progress]", name=error.name
            ) from None
        # To be disabled is to be decided by whether the output is a terminal.
        self._bar = tqdm(
            desc=description,
            file=file,
            disable=None,
            unit="B",
            unit_scale=True,
            unit_divisor=1024,
            leave=True,
        )

    def __call__(self, done: int, total: int | None, phase: Phase) -> None:
        """Show where a transfer is."""
        if self._bar.disable:
            return
        self._bar.total = total
        self._bar.set_postfix_str(phase, refresh=False)
        # Not `update` alone: the bytes done go back when a try starts over.
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Leave the bar as it is, and go to the next line."""
        self._bar.close()

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
