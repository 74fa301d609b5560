"""What other feeds say of a stock during a day: headlines, and how its sector does."""

import datetime as dt

import numpy as np

from lowfloat.base.clock import SECONDS_PER_SESSION, session_of, sessions_between
from lowfloat.days.baselines import Baselines, Sessions
from lowfloat.days.reference import ReferenceTables

FEEDS_READ = ("news", "sectors")
"""The reference tables that feeds depend on, beside those of baselines."""

_CALENDAR_DAYS = 10  # hold a session at any time of the year


class Feeds:
    """The feeds of the days of one store.

    Args:
        store: the stored days.
        tables: the reference tables beside them; `news` and `sectors` are read.
        baselines: of the same store, for previous closes.
    """

    def __init__(self, store: Sessions, tables: ReferenceTables, baselines: Baselines) -> None:
        self._store, self._tables, self._baselines = store, tables, baselines
        self._symbols: dict[dt.date, list[str]] = {}
        for symbol, date in store.days():
            self._symbols.setdefault(date, []).append(symbol)

    def headlines(self, symbol: str, date: dt.date) -> np.ndarray | None:
        """Return when news became known, int64 nanoseconds: since the last close, and that day.

        None if the store has no table `news`: then nothing is known of headlines, which is not to
        say that there were none.

        Raises:
            NotASession: the exchange is closed on ``date``.
        """
        if not self._tables.files("news"):
            return None
        session = session_of(date)
        before = sessions_between(date - dt.timedelta(_CALENDAR_DAYS), date - dt.timedelta(1))
        since = session_of(before[-1]).regular_close_ns
        rows = self._tables.rows("news", symbol, since, session.end_ns - 1)
        return np.array([row["known_at"] for row in rows], np.int64)

    def sector_gain(self, symbol: str, date: dt.date) -> np.ndarray | None:
        """Return the gain of the other stored stocks of a symbol's sector over their last closes.

        It is the mean over those that have traded and whose previous close is known, by the last
        price of the minute that closed last; NaN before there is one. A stock's sector is the one
        known at 04:00.

        Returns:
            float64 of length 57,600, as known at the end of each second; None if the sector is
            not known, or no other stock of it is stored that day.

        Raises:
            NotASession: the exchange is closed on ``date``.
        """
        now = session_of(date).start_ns
        own = self._tables.latest("sectors", symbol, now)
        if own is None:
            return None
        gains = [
            gain
            for other in self._symbols.get(date, [])
            if other != symbol
            and (row := self._tables.latest("sectors", other, now)) is not None
            and row["sector"] == own["sector"]
            and (gain := self._gain(other, date)) is not None
        ]
        if not gains:
            return None
        known = ~np.isnan(gains)
        count = known.sum(axis=0)
        mean = np.where(known, gains, 0.0).sum(axis=0) / np.where(count > 0, count, np.nan)
        # A minute is known from the end of its last second on.
        closed = (np.arange(1, SECONDS_PER_SESSION + 1) // 60) - 1
        return np.where(closed >= 0, mean[closed], np.nan)

    def _gain(self, symbol: str, date: dt.date) -> np.ndarray | None:
        """Return the gain over the previous close at the end of each minute, NaN before a price."""
        previous = self._baselines.of(symbol, date).previous_close
        if not previous:
            return None
        bars = self._store.bars(symbol, date)
        gain = np.full(SECONDS_PER_SESSION // 60, np.nan)
        priced = bars.close > 0
        gain[bars.minute[priced] // 60] = bars.close[priced] / previous - 1.0
        last = np.maximum.accumulate(np.where(np.isnan(gain), -1, np.arange(len(gain))))
        return np.where(last >= 0, gain[last], np.nan)
