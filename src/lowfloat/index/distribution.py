"""How good the reset points of an index are: by category, by hour, and by pattern."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from lowfloat.base.clock import format_second
from lowfloat.index.index import CategorizedResetPoint, Index

BINS = 20
"""Bins of a histogram of quality, from 0 to 1."""

GROUPINGS: dict[str, Callable[[CategorizedResetPoint], str]] = {
    "category": lambda point: point.category,
    "hour": lambda point: format_second(point.second)[:2] + ":00",
    "pattern": lambda point: point.pattern_type,
}
"""What points are told apart by."""


class Spread(NamedTuple):
    """The quality of some reset points.

    Attributes:
        points: how many there are.
        low: the quality that one in ten is below.
        median: the quality that half of them are below.
        high: the quality that nine in ten are below.
        bins: how many lie in each twentieth from 0 to 1.
    """

    points: int
    low: float
    median: float
    high: float
    bins: tuple[int, ...]


def points_of(index: Index) -> list[CategorizedResetPoint]:
    """Return all reset points, in the order of the days and by time."""
    return [point for day in index.days() for point in index.resets(day.symbol, day.date)]


def quality_by(
    points: list[CategorizedResetPoint],
) -> dict[str, dict[str, Spread]]:
    """Return the quality of the points of each category, hour and pattern.

    Hours are in their order, categories and patterns the best median first.
    """
    spreads = {}
    for grouping, name_of in GROUPINGS.items():
        groups = defaultdict(list)
        for point in points:
            groups[name_of(point)].append(point.quality_score)
        found = {name: _spread(np.array(groups[name])) for name in sorted(groups)}
        if grouping != "hour":
            found = dict(sorted(found.items(), key=lambda group: -group[1].median))
        spreads[grouping] = found
    return spreads


def best_first(points: list[CategorizedResetPoint]) -> list[CategorizedResetPoint]:
    """Return points by quality; those of equal quality by symbol and time."""
    return sorted(points, key=lambda point: (-point.quality_score, point.symbol, point.timestamp))


def top_days(index: Index, limit: int) -> list[Any]:
    """Return the days of the highest quality that can be traded."""
    days = index.days(tradable=True)
    return sorted(days, key=lambda day: (-day.quality_score, day.symbol, day.date))[:limit]


def _spread(quality: np.ndarray) -> Spread:
    low, median, high = np.quantile(quality, (0.1, 0.5, 0.9)).tolist()
    bins = np.histogram(quality, BINS, (0.0, 1.0))[0].tolist()
    return Spread(len(quality), low, median, high, tuple(bins))
