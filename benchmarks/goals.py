"""The bounds of goals.toml, and what a run makes of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Literal

from .rounds import Measured

TOLERANCE = 0.15
"""By how much a ratio may be worse than its bound before a check fails."""

NOISY = 0.15
"""Spread from which on a ratio says more about the machine than about the programs."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A bound on the ratio of two contestants' figures in one row; one of ``at_most`` and ``at_least`` is given."""

    title: str
    row: str
    of: str
    over: str
    by: Literal["cpu", "wall", "memory", "connections"]
    at_most: float | None = None
    at_least: float | None = None

    @property
    def bound(self) -> str:
        return f"≤ {self.at_most:g}" if self.at_most is not None else f"≥ {self.at_least:g}"

    def worse_by(self, ratio: float) -> float:
        """Return by what share ``ratio`` is worse than the bound; below 0 where it is better."""
        if self.at_most is not None:
            return ratio / self.at_most - 1
        assert self.at_least is not None
        return self.at_least / ratio - 1


@dataclass(frozen=True)
class Outcome:
    """A goal and what was measured: the median of the rounds' ratios, and how far their middle half spreads."""

    goal: Goal
    ratio: float
    spread: float

    @property
    def verdict(self) -> str:
        worse = self.goal.worse_by(self.ratio)
        return "met" if worse <= 0 else "almost" if worse <= TOLERANCE else "MISSED"

    @property
    def failed(self) -> bool:
        return self.goal.worse_by(self.ratio) > TOLERANCE


def read_goals() -> list[Goal]:
    """Read goals.toml."""
    text = Path(__file__).with_name("goals.toml").read_text()
    return [Goal(**goal) for goal in tomllib.loads(text)["goal"]]


def outcomes(rows: Mapping[str, Measured]) -> list[Outcome]:
    """Hold what was measured against the goals of its rows."""
    return [_outcome(goal, rows[goal.row]) for goal in read_goals() if goal.row in rows]


def ratio(row: Measured, of: str, over: str, by: str) -> tuple[float, float]:
    """Return the median of per-round ratios, and their spread (middle half ÷ median)."""
    ratios = [mine[by] / theirs[by] for mine, theirs in zip(row[of], row[over], strict=True)]
    middle = median(ratios)
    if len(ratios) < 2:
        return middle, 0.0
    low, _, high = quantiles(ratios, n=4, method="inclusive")
    return middle, (high - low) / middle


def _outcome(goal: Goal, row: Measured) -> Outcome:
    return Outcome(goal, *ratio(row, goal.of, goal.over, goal.by))
