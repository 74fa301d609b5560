"""An index as one HTML page: how good its points are, its best days, its best and worst points."""

import dataclasses
import os
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from lowfloat.base.clock import format_second
from lowfloat.base.whole_file import write_whole
from lowfloat.days.store import DayStore
from lowfloat.errors import ConfigError
from lowfloat.index.distribution import best_first, points_of, quality_by, top_days
from lowfloat.index.index import CategorizedResetPoint, Index
from lowfloat.index.quality import PHASE_SCORES, time_multiplier
from lowfloat.report import palette, words
from lowfloat.report.page_file import template_environment
from lowfloat.report.thumbnail import AFTER, BEFORE, HEIGHT, WIDTH, Thumbnail, thumbnail

POINTS = 24
"""Points of each end that are drawn if no number is given."""

_TOP_DAYS = 20
_NO_PARTS = {"timestamp", "second", "quality_score", "price"}


class Card(NamedTuple):
    """A reset point as the page shows it.

    Attributes:
        point: the point.
        chart: the minutes around it; None if nothing traded in them.
        parts: what its quality is made of, and what else is a number in the index, by name.
    """

    point: CategorizedResetPoint
    chart: Thumbnail | None
    parts: dict[str, float]


def write_index_page(
    out: str | os.PathLike[str], index: Index, limit: int = POINTS, days: DayStore | None = None
) -> Path:
    """Write an index as one HTML file that needs no network and no script; return its path.

    The same index gives the same bytes. An existing file is replaced in one step.

    Args:
        out: the file.
        index: the index.
        limit: how many of the best and how many of the worst points are drawn.
        days: the day store; the one that was scanned if None.

    Raises:
        ConfigError: ``limit`` is below 1.
        DayNotFound: the store does not hold a day of which a point is drawn.
        IndexMismatch: a day of the store is not the one that was scanned.
    """
    if limit < 1:
        raise ConfigError(f"`limit` was {limit}; use 1 or more.")
    store = index.store if days is None else days
    points = best_first(points_of(index))
    # With few points none is shown twice: the best half is the best ones.
    best = points[: min(limit, -(-len(points) // 2))]
    worst = points[len(best) :][-limit:][::-1]
    shown = {(point.symbol, point.date) for point in best + worst}
    index.check_days([day for day in index.days() if (day.symbol, day.date) in shown], store)
    bars_of = cache(store.bars)

    def cards(some: list[CategorizedResetPoint]) -> list[Card]:
        return [
            Card(point, thumbnail(bars_of(point.symbol, point.date), point.second), parts_of(point))
            for point in some
        ]

    rows = index.days()
    page = _template().render(
        index=index,
        days=rows,
        symbols=len({day.symbol for day in rows}),
        points=points,
        spreads=quality_by(points),
        top=top_days(index, _TOP_DAYS),
        ends=[
            ("best", "Best points", cards(best)),
            ("worst", "Worst points", cards(worst)),
        ],
        palette=palette,
        phases={phase.label: colour for phase, colour in palette.PHASES.items()},
        width=WIDTH,
        height=HEIGHT,
        before=BEFORE,
        after=AFTER,
    )
    return write_whole(Path(out), page)


def parts_of(point: CategorizedResetPoint) -> dict[str, float]:
    """Return the parts of a point's quality, and every other number that the index has of it."""
    parts = {
        "phase score": PHASE_SCORES[point.momentum_phase],
        "time of day": time_multiplier(point.second),
    }
    for name, value in _fields(point).items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and name not in _NO_PARTS and name != "momentum_phase":
            parts[name.replace("_", " ")] = float(value)
    return parts


def _fields(record: Any) -> dict[str, Any]:
    """Return the fields of a record, and those of the records in it, by name."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if dataclasses.is_dataclass(value):
            found |= _fields(value)
        else:
            found[field.name] = value
    return found


def _template() -> Any:
    environment = template_environment()
    environment.filters |= {
        "clock": format_second,
        "count": words.count,
        "number": words.number,
        "percent": words.percent,
        "plain": words.plain,
        "price": words.price,
        "signed": words.signed_percent,
    }
    return environment.get_template("index_page.html.j2")
