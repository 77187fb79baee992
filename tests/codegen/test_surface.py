"""api.md: what a package offers, as text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from codegen import files
from codegen.render import surface

ROOT = Path(__file__).parents[2]

PACKAGE = {
    "tc_odd": """
from typing_extensions import deprecated
from . import tools
from ._thing import Thing as Thing, weigh
from ._thing import Kind
from ._version import __version__

LIMIT: int = 3
__all__ = ["Kind", "LIMIT", "Thing", "__version__", "deprecated", "tools", "weigh"]
""",
    "tc_odd._version": '__version__ = "1"',
    "tc_odd._thing": '''
from __future__ import annotations
from typing import TYPE_CHECKING, overload
from . import _bases

if TYPE_CHECKING:
    Kind = Literal["a"]
else:
    Kind = str

class _Hidden:
    inherited: int
    def shared(self) -> int: return 1

class Base: ...

class Thing(_Hidden, _bases.Base, Base, total=False):
    """Words."""

    size: int = 3
    _secret: str

    def __init__(self, size: int, /, *, colour: str | None = None) -> None:
        self.colour: str = colour or ""
        self._size = size

    def __enter__(self) -> Thing: ...

    @property
    def double(self) -> int:
        """Words."""
        return 2 * self._size

    @overload
    @staticmethod
    def made(of: int) -> Thing: ...

    async def wait(self, *words: str, **more: int) -> None: ...

    def _private(self) -> None: ...

def weigh(thing: Thing) -> float: return 1.0
''',
    "tc_odd._bases": "class Base:\n    def based(self) -> int: ...",
    "tc_odd.tools": "from .inner import deep\n__all__ = ['deep']",
    "tc_odd.inner": "def deep(): ...\n__all__: list[str] = []",
    "tc_odd._hidden": "__all__ = ['never']",
}


def test_what_is_public_is_there_and_nothing_else() -> None:
    assert (
        surface("tc-odd", PACKAGE)
        == """\
# tc-odd

What the package offers, for review: a change of it shows here.

## tc_odd

```python
Kind = Literal['a']
LIMIT: int = 3

class Thing(_Hidden, _bases.Base, Base, total=False)
    inherited: int
    def shared(self) -> int
    def based(self) -> int
    size: int = 3
    def __init__(self, size: int, /, *, colour: str | None=None) -> None
    colour
    def __enter__(self) -> Thing
    @property
    def double(self) -> int
    @overload
    @staticmethod
    def made(of: int) -> Thing
    async def wait(self, *words: str, **more: int) -> None

deprecated  # that of typing_extensions
tools  # a module
def weigh(thing: Thing) -> float
```

## tc_odd.tools

```python
def deep()
```
"""
    )


def test_a_name_that_is_not_there_is_told() -> None:
    with pytest.raises(ValueError, match=r"^tc_odd: __all__ has 'gone', but the module does not"):
        surface("tc-odd", {"tc_odd": "__all__ = ['gone']"})
    with pytest.raises(ValueError, match=r"^tc_odd\.types: no Python"):
        surface("tc-odd", {"tc_odd": "", "tc_odd.types": "def"})


def test_each_package_has_one() -> None:
    for package in ROOT.glob("packages/*/pyproject.toml"):
        assert (package.parent / "api.md").is_file()


def test_every_method_is_there_with_what_it_answers() -> None:
    for service in files.services(ROOT):
        text = (ROOT / "packages" / f"tc-{service.name}" / "api.md").read_text()
        for name in [name for method in service.methods for name in (method.name, *method.companions)]:
            assert (
                len(re.findall(rf"^    (?:async )?def {name}\(self.*\) -> \S.*$", text, re.MULTILINE)) == 2
            ), name
        for form in service.types.forms:
            assert re.search(rf"^(?:class )?{form.name}\b", text, re.MULTILINE), form.name
