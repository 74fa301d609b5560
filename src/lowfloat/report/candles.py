"""One-minute bars and phases of a day, for looking at."""

from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import NS
from lowfloat.base.codes import MomentumPhase
from lowfloat.base.prices import NANODOLLARS_PER_UNIT, UNITS_PER_DOLLAR
from lowfloat.days.day import Day

MINUTE_SECONDS = 60
MINUTE_NS = MINUTE_SECONDS * NS
NANODOLLARS = NANODOLLARS_PER_UNIT * UNITS_PER_DOLLAR


class Candles(NamedTuple):
    """Closed one-minute bars with at least one trade; arrays of equal length.

    Attributes:
        second: int64, session second at which the minute begins.
        open: float64 dollars, first trade received in the minute.
        high: float64 dollars.
        low: float64 dollars.
        close: float64 dollars, last trade received in the minute.
        volume: int64 shares.
    """

    second: np.ndarray
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray


def minute_candles(day: Day) -> Candles:
    """Sum a day's trades per minute of receipt.

    A minute that the data cover only in part is left out: it never closed.
    """
    start = day.session.start_ns
    whole = (day.coverage_end_ns - start) // MINUTE_NS
    rows = int(np.searchsorted(day.trades.ts_recv, start + whole * MINUTE_NS))
    minute = (day.trades.ts_recv[:rows] - start) // MINUTE_NS
    price = day.trades.price[:rows]
    first = np.flatnonzero(np.diff(minute, prepend=-1))
    last = np.append(first[1:], rows) - 1
    if not rows:
        nothing = np.empty(0)
        whole_numbers = np.empty(0, np.int64)
        return Candles(whole_numbers, nothing, nothing, nothing, nothing, whole_numbers)
    return Candles(
        second=minute[first] * MINUTE_SECONDS,
        open=price[first] / NANODOLLARS,
        high=np.maximum.reduceat(price, first) / NANODOLLARS,
        low=np.minimum.reduceat(price, first) / NANODOLLARS,
        close=price[last] / NANODOLLARS,
        volume=np.add.reduceat(day.trades.size[:rows], first),
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
