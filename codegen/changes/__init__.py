"""What differs for users between two Taskcluster versions, in words. Pure: two models in, sentences out."""

from __future__ import annotations

from ._change import Change
from ._compare import compare
from ._fragments import fragments

__all__ = ["Change", "compare", "fragments"]
