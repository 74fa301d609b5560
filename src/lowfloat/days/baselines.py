"""What is usual for a symbol, as it was known before a session began.

Everything comes from earlier sessions, or from reference tables as they stood at 04:00: nothing
of the day itself or later can enter. All figures are in the shares of the day asked for: a past
price is multiplied by ``from / to`` of each split effective after that session and up to the day,
a past volume is divided by it; the product of the splits is exact, the result is rounded once,
halves up.
"""

import datetime as dt
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from lowfloat.base.clock import new_york_ns, session_of, sessions_between
from lowfloat.days.bars import MINUTES, Bars
from lowfloat.days.baseline import Baseline
from lowfloat.days.reference import ReferenceTables
from lowfloat.days.reference_rules import RESOLUTIONS

BASELINE_SESSIONS = 20
"""How many exchange sessions before a day its averages span."""

TABLES_READ = ("bars", "closes", "float", "splits", "volumes")
"""The reference tables that a baseline may depend on."""

_CALENDAR_DAYS = 45  # hold 20 sessions at any time of the year
_CALENDAR_BEGINS = dt.date(2005, 1, 3)  # no session is known before
_KEPT = 4096  # sessions whose figures are kept in memory


class Sessions(Protocol):
    """What baselines need of a day store."""

    def days(self) -> list[tuple[str, dt.date]]:
        """Return ``(symbol, date)`` of every stored day, sorted."""

    def about(self, symbol: str, date: dt.date) -> dict[str, Any]:
        """Return what a day is; ``summary`` holds ``close`` in nanodollars, and ``volume``."""

    def bars(self, symbol: str, date: dt.date) -> Bars:
        """Return the minute bars of a day."""


class Baselines:
    """The baselines of the days of one store.

    The days that the store holds are listed once; days stored later are not seen.

    Args:
        store: the stored days.
        tables: the reference tables beside them.
    """

    def __init__(self, store: Sessions, tables: ReferenceTables) -> None:
        self._tables = tables
        self._stored: dict[str, set[dt.date]] = {}
        for symbol, date in store.days():
            self._stored.setdefault(symbol, set()).add(date)

        def summary(symbol: str, date: dt.date) -> tuple[int, int]:
            found = store.about(symbol, date)["summary"]
            return int(found["close"]), int(found["volume"])

        def curve(symbol: str, date: dt.date) -> np.ndarray:
            return cumulative_volume(store.bars(symbol, date))

        self._summary = lru_cache(maxsize=_KEPT)(summary)
        self._curve = lru_cache(maxsize=_KEPT)(curve)

    def of(self, symbol: str, date: dt.date) -> Baseline:
        """Return the baseline of a symbol for a day, stored or not.

        Raises:
            NotASession: the exchange is closed on ``date``.
            FeedError: two rows of a reference table contradict each other.
            DayCorrupt: a file of a stored day or of a table was altered.
        """
        now = session_of(date).start_ns
        begin = max(date - dt.timedelta(days=_CALENDAR_DAYS), _CALENDAR_BEGINS)
        recent = sessions_between(begin, date - dt.timedelta(days=1))[-BASELINE_SESSIONS:]
        shares = _Shares(self._tables.rows("splits", symbol, 0, now), date)
        stored = sorted(day for day in self._stored.get(symbol, ()) if day < date)
        since = new_york_ns(recent[0], 0) if recent else now
        bars = self._best_bars(symbol, since, now)

        volumes = []
        curves = []
        for day in recent:
            scale = shares.scale_since(day)
            if day in self._stored.get(symbol, ()):
                volumes.append(_rounded(self._summary(symbol, day)[1] / scale))
                curves.append(_rescaled(self._curve(symbol, day), scale))
            elif day in bars:
                volumes.append(_rounded(bars[day]["volume"] / scale))
        average = _rounded(Fraction(sum(volumes), len(volumes))) if volumes else 0
        if not volumes:
            row = self._tables.latest("volumes", symbol, now)
            average = shares.restated(row, "average_shares") or 0

        previous, close, source = self._previous(symbol, stored, recent, bars, now)
        ago = len(sessions_between(previous, date)) - 1 if previous else 0
        total = np.sum(curves, axis=0) if curves else np.zeros(MINUTES, np.int64)
        return Baseline(
            symbol=symbol,
            date=date,
            previous_date=previous,
            previous_close=_rounded(close * shares.scale_since(previous)) if previous else 0,
            previous_sessions_ago=ago,
            previous_source=source,
            average_volume=average,
            volume_sessions=len(volumes),
            cumulative_volume=(2 * total + len(curves)) // max(2 * len(curves), 1),
            cumulative_sessions=len(curves),
            float_shares=shares.restated(self._tables.latest("float", symbol, now), "float_shares"),
        )

    def _best_bars(self, symbol: str, since: int, now: int) -> dict[dt.date, dict[str, Any]]:
        """Return per session its bar of the best resolution, of these the last known."""
        rows = self._tables.rows("bars", symbol, since, now)
        rows.sort(key=lambda row: -RESOLUTIONS.index(row["resolution"]))  # keeps order of time
        return {row["date"]: row for row in rows}

    def _previous(
        self,
        symbol: str,
        stored: list[dt.date],
        recent: list[dt.date],
        bars: dict[dt.date, dict[str, Any]],
        now: int,
    ) -> tuple[dt.date | None, int, str]:
        """Return date, close and source of the last earlier session with a closing price."""
        found: list[tuple[dt.date, int, int, str]] = []  # the greatest is the answer
        for day in reversed(stored):
            close = self._summary(symbol, day)[0]
            if close:
                found.append((day, 3, close, "store"))
                break
        # A row about one of the recent sessions became known in their span. Older ones are
        # looked up only if these tell nothing.
        since = new_york_ns(recent[0], 0) if recent else now
        found += self._known_closes(symbol, since, now, bars)
        if not recent or max(found, default=(dt.date.min,))[0] < recent[0]:
            found += self._known_closes(symbol, 0, now, self._best_bars(symbol, 0, now))
        if not found:
            return None, 0, ""
        day, _, close, source = max(found)
        return day, close, source

    def _known_closes(
        self, symbol: str, since: int, now: int, bars: dict[dt.date, dict[str, Any]]
    ) -> list[tuple[dt.date, int, int, str]]:
        closes = {
            row["date"]: row["close"] for row in self._tables.rows("closes", symbol, since, now)
        }
        found = [(day, 2, close, "closes") for day, close in closes.items()]
        found += [(day, 1, row["close"], f"bars {row['resolution']}") for day, row in bars.items()]
        return sorted(found)[-1:]


class _Shares:
    """The splits up to a day, and what they make of earlier figures.

    Args:
        splits: rows of ``splits`` known at the day, in the order they became known; of several
            about one effective date the last counts.
        date: the day in whose shares figures are stated.
    """

    def __init__(self, splits: list[dict[str, Any]], date: dt.date) -> None:
        self._ratios = {
            row["effective"]: Fraction(row["from_shares"], row["to_shares"])
            for row in splits
            if row["effective"] <= date
        }

    def scale_since(self, day: dt.date) -> Fraction:
        """Return what a price of a past day is multiplied by, and a volume divided by."""
        return self._product(lambda effective: effective > day)

    def restated(self, row: dict[str, Any] | None, column: str) -> int | None:
        """Return a number of shares in the shares of the day; None if there is no row.

        The row counts shares as they were when it became known: those of before a split if that
        was before 04:00 of the effective date.
        """
        if row is None:
            return None
        known = row["known_at"]
        return _rounded(
            row[column] / self._product(lambda effective: new_york_ns(effective, 4) > known)
        )

    def _product(self, counts: Callable[[dt.date], bool]) -> Fraction:
        product = Fraction(1)
        for effective, ratio in self._ratios.items():
            if counts(effective):
                product *= ratio
        return product


def cumulative_volume(bars: Bars) -> np.ndarray:
    """Return the shares traded from 04:00 to the end of each of the 960 minutes, int64."""
    volume = np.zeros(MINUTES, np.int64)
    volume[bars.minute // 60] = bars.volume
    return np.cumsum(volume)


def _rescaled(volume: np.ndarray, scale: Fraction) -> np.ndarray:
    if scale == 1:
        return volume
    return np.array([_rounded(shares / scale) for shares in volume.tolist()], np.int64)


def _rounded(number: Fraction) -> int:
    """Return the nearest whole number, halves up."""
    return (2 * number + 1) // 2
