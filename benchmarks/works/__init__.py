"""What is measured, one module a group; each gives its rows for a site."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from .. import transfers
from ..rounds import Row
from ..site import Site
from . import concurrent, hawk, imports, local, one_by_one, walks

USUAL: Mapping[str, Callable[[Site], Iterator[Row]]] = {
    "one-by-one": one_by_one.rows,
    "concurrent": concurrent.rows,
    "hawk": hawk.rows,
    "imports": imports.rows,
    "walks": walks.rows,
}

WORKS: Mapping[str, Callable[[Site], Iterator[Row]]] = {
    **USUAL,
    "local": local.rows,
    "transfers": transfers.rows,
}
"""All there are; what is not `USUAL` takes long, or is not about clients, and is measured only when it is named."""
