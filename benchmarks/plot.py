"""The manual's plot: bars, drawn as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from statistics import median

from .rounds import Measured, Row

SHOWN = ("get", "put", "async")

WIDTH, LABEL, BAR, GAP, TITLE = 800, 290, 16, 6, 34
OURS, OTHERS = "#1f6feb", "#8b949e"


def draw(rows: Sequence[Row], measured: Mapping[str, Measured]) -> str:
    """Draw the CPU time a call of each contestant in the rows that are `SHOWN`."""
    parts: list[str] = []
    top = 0
    for row in rows:
        if row.name in SHOWN:
            parts += _group(row.title, measured[row.name], top)
            top += TITLE + len(measured[row.name]) * (BAR + GAP) + GAP
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" '
            f'viewBox="0 0 {WIDTH} {top}" font-family="sans-serif" font-size="12">',
            f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _group(title: str, measured: Measured, top: int) -> Iterator[str]:
    figures = {name: 1e6 * median(each["cpu"] for each in rounds) for name, rounds in measured.items()}
    # Some are so slow that the others would vanish beside them: their bars are cut and say so.
    longest = min(max(figures.values()), 12 * min(figures.values()))
    scale = (WIDTH - LABEL - 90) / longest
    yield f'<text x="8" y="{top + 22}" font-weight="bold">{escape(title)}: CPU µs a call</text>'
    for number, (name, figure) in enumerate(figures.items()):
        y = top + TITLE + number * (BAR + GAP)
        width = scale * min(figure, longest)
        colour = OURS if name.startswith("ours") else OTHERS
        cut = " (cut)" if figure > longest else ""
        yield f'<text x="{LABEL - 8}" y="{y + 12}" text-anchor="end">{escape(name)}</text>'
        yield f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>'
        yield f'<text x="{LABEL + width + 6:.1f}" y="{y + 12}">{figure:,.0f}{cut}</text>'
