"""One-minute bars and phases of a day, for looking at."""

from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import NS
from lowfloat.base.codes import MomentumPhase
from lowfloat.base.prices import NANODOLLARS_PER_DOLLAR
from lowfloat.days.bars import Bars, minute_bars
from lowfloat.days.day import Day

MINUTE_SECONDS = 60


class Candles(NamedTuple):
    """Closed one-minute bars with a last price; arrays of equal length.

    Prints count as their marks say; see :mod:`lowfloat.days.bars`.

    Attributes:
        second: int64, session second at which the minute begins.
        open: float64 dollars, first print received in the minute.
        high: float64 dollars.
        low: float64 dollars.
        close: float64 dollars, last print received in the minute.
        volume: int64 shares.
    """

    second: np.ndarray
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray


def minute_candles(day: Day) -> Candles:
    """Return a day's minute bars that have a last price.

    A minute that the data cover only in part is left out: it never closed.
    """
    bars = minute_bars(day)
    covered = (day.coverage_end_ns - day.session.start_ns) // NS
    drawn = (bars.open > 0) & (bars.minute + MINUTE_SECONDS <= covered)
    bars = Bars(*(column[drawn] for column in bars))
    # A print may count for the last price and not for highs and lows, or the other way round.
    top, bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
    low = np.where(bars.low > 0, np.minimum(bars.low, bottom), bottom)
    return Candles(
        second=bars.minute.astype(np.int64),
        open=bars.open / NANODOLLARS_PER_DOLLAR,
        high=np.maximum(bars.high, top) / NANODOLLARS_PER_DOLLAR,
        low=low / NANODOLLARS_PER_DOLLAR,
        close=bars.close / NANODOLLARS_PER_DOLLAR,
        volume=bars.volume,
    )


def minute_phases(per_second: np.ndarray, seconds: int) -> np.ndarray:
    """Return the most frequent phase of each whole minute.

    Args:
        per_second: int8 codes of :class:`MomentumPhase`, one per decision second.
        seconds: length of the part to use, such as that of the session.

    Returns:
        int8 array of ``seconds // 60`` codes; of equally frequent phases the lower code.
    """
    minutes = min(seconds, len(per_second)) // MINUTE_SECONDS
    grid = per_second[: minutes * MINUTE_SECONDS].reshape(minutes, MINUTE_SECONDS)
    counts = np.stack([(grid == phase).sum(axis=1) for phase in MomentumPhase])
    return counts.argmax(axis=0).astype(np.int8)
