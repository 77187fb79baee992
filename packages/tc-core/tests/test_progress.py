"""The ready progress bar."""

from __future__ import annotations

import io

from missing import said_without

from tc_core.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_far_it_is() -> None:
    terminal = Terminal()
    with ProgressBar("build.zip", file=terminal) as bar:
        bar(0, 2048, "downloading")
        bar(2048, 2048, "downloading")
        bar(512, 2048, "downloading")  # It started over.
        bar(2048, 2048, "finishing")
    last = terminal.getvalue().rsplit("\r", 1)[-1]
    assert "build.zip: 100%" in last
    assert "2.00k/2.00k" in last
    assert "finishing" in last


def test_what_is_no_terminal_sees_nothing() -> None:
    output = io.StringIO()
    with ProgressBar(file=output) as bar:
        bar(1, 2, "uploading")
        bar(2, None, "finishing")
    assert output.getvalue() == ""


def test_without_tqdm_the_error_says_what_to_install() -> None:
    said = said_without("tqdm", "from tc_core.progress import ProgressBar; ProgressBar()")
    assert said == "the progress bar needs the package tqdm; install tc-core[progress]\n"
