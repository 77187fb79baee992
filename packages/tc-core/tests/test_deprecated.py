"""The decorator of deprecated methods, held against that of typing_extensions."""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typing_extensions

from tc_core.service import deprecated

Decorator = Callable[[str], Callable[[Callable[..., Any]], Any]]
MESSAGE = "old is deprecated: use new"

both = pytest.mark.parametrize(
    "decorator", [deprecated, typing_extensions.deprecated], ids=["ours", "theirs"]
)


@both
def test_a_call_works_and_warns_in_the_line_of_the_caller(decorator: Decorator) -> None:
    class Service:
        @decorator(MESSAGE)
        def old(self, one: int, *, two: int = 2) -> int:
            """Add."""
            return one + two

    with pytest.warns(DeprecationWarning, match=f"^{MESSAGE}$") as caught:
        assert Service().old(1, two=3) == 4
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert (Service.old.__name__, Service.old.__doc__) == ("old", "Add.")
    assert Service.old.__deprecated__ == MESSAGE
    assert list(inspect.signature(Service.old).parameters) == ["self", "one", "two"]


@both
def test_an_async_method_warns_when_it_is_called(decorator: Decorator) -> None:
    class Service:
        @decorator(MESSAGE)
        async def old(self) -> int:
            return 1

    with pytest.warns(DeprecationWarning, match=f"^{MESSAGE}$") as caught:
        coroutine = Service().old()
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert asyncio.run(coroutine) == 1
    # Before Python 3.12 nothing can say this of a function that is not written with async.
    assert inspect.iscoroutinefunction(Service.old) == (sys.version_info >= (3, 12))


def test_marking_a_method_does_not_load_asyncio() -> None:
    program = (
        "import sys\nfrom tc_core.service import deprecated\n"
        "@deprecated('old')\ndef old(): ...\nprint('asyncio' in sys.modules)"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout == "False\n"


PROGRAM = """
from tc_core.service import deprecated

class Service:
    @deprecated("old")
    def old(self) -> int:
        return 1

    @deprecated("old")
    async def old_too(self) -> int:
        return 1

async def main(service: Service) -> None:
    service.old()
    await service.old_too()
"""


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_type_checkers_report_uses(checker: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    settings = {"typeCheckingMode": "strict", "reportDeprecated": "error", "include": ["program.py"]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    options = {
        "mypy": [
            "--strict",
            "--config-file=",
            "--enable-error-code=deprecated",
            "--output=json",
            "program.py",
        ],
        "pyright": ["--outputjson", "--pythonpath", sys.executable],
    }
    command = [sys.executable, "-m", checker, *options[checker]]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    if checker == "mypy":
        found = [json.loads(line) for line in finished.stdout.splitlines()]
        reported = [(item["line"], item["code"]) for item in found]
    else:
        found = json.loads(finished.stdout)["generalDiagnostics"]
        reported = [(item["range"]["start"]["line"] + 1, item["rule"]) for item in found]
    rule = {"mypy": "deprecated", "pyright": "reportDeprecated"}[checker]
    assert reported == [(14, rule), (15, rule)]
