"""From the model to the text of files. Pure: nothing is read but the templates, nothing is written."""

from __future__ import annotations

from ._files import BY_HAND, Family, header, render
from ._surface import surface
from ._types import Annotations
from ._untyped import untyped_table
from ._words import scope_phrase

__all__ = ["BY_HAND", "Annotations", "Family", "header", "render", "scope_phrase", "surface", "untyped_table"]
