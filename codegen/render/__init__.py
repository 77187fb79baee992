"""From the model to the text of files. Pure: nothing is read but the templates, nothing is written."""

from __future__ import annotations

from ._files import BY_HAND, Family, render

__all__ = ["BY_HAND", "Family", "render"]
