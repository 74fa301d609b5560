"""Look-ups that a training loop makes, by the names of the implementation plan."""

import datetime as dt
from collections.abc import Collection
from pathlib import Path

from lowfloat.base.clock import SECONDS_PER_SESSION
from lowfloat.index.index import CategorizedResetPoint, Index, IndexedDay


class MomentumEpisodeScanner:
    """Looks days and reset points up in an index that was scanned before.

    Args:
        index_path: an index folder.
    """

    def __init__(self, index_path: str | Path) -> None:
        self.index = Index(index_path)

    def get_training_days(self, symbol: str, quality_threshold: float = 0.6) -> list[IndexedDay]:
        """Return the training days of a symbol from that quality up, best first."""
        days = self.index.days(symbol, "train", quality_threshold, tradable=True)
        return sorted(days, key=lambda day: -day.quality_score)

    def get_reset_points(
        self,
        symbol: str,
        date: dt.date | dt.datetime | str,
        *,
        categories: Collection[str] | None = None,
        patterns: Collection[str] | None = None,
        scenarios: Collection[str] | None = None,
        from_second: int = 0,
        to_second: int = SECONDS_PER_SESSION,
        min_quality: float = 0.0,
    ) -> list[CategorizedResetPoint]:
        """Return a day's reset points that pass the filters, by time.

        Args:
            symbol: ticker.
            date: of the day.
            categories: such as ``prime``; None for all, here and below.
            patterns: such as ``breakout``.
            scenarios: such as ``clean_momentum``.
            from_second: earliest session second.
            to_second: session second up to which, itself not included.
            min_quality: of ``quality_score``.

        Raises:
            DayNotFound: the index has no such day.
        """
        day = date.date() if isinstance(date, dt.datetime) else date
        points = self.index.resets(symbol, day)
        chosen = (categories, patterns, scenarios, from_second, to_second, min_quality)
        if chosen == (None, None, None, 0, SECONDS_PER_SESSION, 0.0):
            return points
        return [
            point
            for point in points
            if (categories is None or point.category in categories)
            and (patterns is None or point.pattern_type in patterns)
            and (scenarios is None or point.scenario in scenarios)
            and from_second <= point.second < to_second
            and point.quality_score >= min_quality
        ]
