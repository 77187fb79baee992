"""What a run leaves behind: a table on the terminal, results as JSON, and the tables and the plot of the manual."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from . import plot, site
from .goals import NOISY, Outcome, ratio
from .rounds import Figures, Measured, Row

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "latest.json"
PAGE = ROOT / "docs" / "performance.md"
PLOT = ROOT / "docs" / "performance.svg"

CONTENDERS = ("taskcluster", "httpx", "httpcore", "h11", "aiohttp", "requests", "mohawk")

COLUMNS = {"cpu": "CPU", "wall": "wall", "memory": "memory", "growth": "growth", "connections": "connections"}

Line = Sequence[str]


def conditions() -> dict[str, str]:
    """Return what the figures depend on, as far as it can be told."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{os.cpu_count()} × {_processor()}",
        "load before": f"{os.getloadavg()[0]:.2f}",
        "server": site.version(),
        **{name: version(name) for name in CONTENDERS},
    }


def goal_lines(found: Sequence[Outcome]) -> Iterator[Line]:
    """Give a line for each goal."""
    yield ("work", "by", "bound", "measured", "spread", "")
    for each in found:
        noisy = " (noisy)" if each.spread > NOISY else ""
        yield (
            each.goal.title,
            each.goal.by,
            each.goal.bound,
            f"{each.ratio:.2f}",
            f"{each.spread:.0%}{noisy}",
            each.verdict,
        )


def row_lines(measured: Measured) -> Iterator[Line]:
    """Give a line for each contestant of a row, with the columns that the row has figures for."""
    first, *_ = measured
    by = "cpu" if "cpu" in measured[first][0] else "wall"
    known = {figure for rounds in measured.values() for figure in rounds[0]}
    shown = [(figure, title) for figure, title in COLUMNS.items() if figure in known]
    yield ("contestant", *(title for _, title in shown), f"{by} ÷ {first}", "spread")
    for name, rounds in measured.items():
        relative, spread = ratio(measured, name, first, by)
        cells = (_cell(rounds, figure) for figure, _ in shown)
        yield (name, *cells, f"{relative:.2f}", f"{spread:.0%}")


def aligned(lines: Iterable[Line]) -> str:
    """Set out lines in columns."""
    table = [*lines]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(
            [
                line[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
            ]
        )
        for line in table
    )


def write(
    rows: Sequence[Row], measured: Mapping[str, Measured], found: Sequence[Outcome], told: Mapping[str, str]
) -> None:
    """Write the results, and what the manual shows of them."""
    results = {"conditions": told, "goals": [_as_data(each) for each in found], "rows": measured}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1, default=dict) + "\n")
    PLOT.write_text(plot.draw(rows, measured))
    fill_in(
        conditions=", ".join(f"{name} {value}" for name, value in told.items()),
        goals=markdown(goal_lines(found)),
        rows="\n\n".join(f"### {row.title}\n\n{markdown(row_lines(measured[row.name]))}" for row in rows),
    )


def fill_in(**parts: str) -> None:
    """Put texts into the manual's page, each between the marks that bear its name."""
    page = PAGE.read_text()
    for name, text in parts.items():
        before, mark, rest = page.partition(f"<!-- {name}, written by the harness -->")
        _, end, after = rest.partition(f"<!-- end of {name} -->")
        if not (mark and end):
            raise ValueError(f"{PAGE.name}: has no place marked for {name}")
        page = f"{before}{mark}\n\n{text}\n\n{end}{after}"
    PAGE.write_text(page)


def markdown(lines: Iterable[Line]) -> str:
    """Set out lines as a table of a Markdown page."""
    head, *body = lines
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, rule, *body])


def _as_data(outcome: Outcome) -> dict[str, object]:
    goal: dict[str, object] = {key: value for key, value in asdict(outcome.goal).items() if value is not None}
    return goal | {"ratio": outcome.ratio, "spread": outcome.spread, "verdict": outcome.verdict}


def _cell(rounds: Sequence[Figures], figure: str) -> str:
    if figure not in rounds[0]:
        return ""
    value = median(each[figure] for each in rounds)
    if figure in ("memory", "growth"):
        return f"{value / 2**20:.1f} MiB"
    if figure == "connections":
        return f"{value:.0f}"
    if value >= 1:
        return f"{value:.2f} s"
    return f"{value * 1e3:.1f} ms" if value >= 0.01 else f"{value * 1e6:,.1f} µs"


def _processor() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.machine()
