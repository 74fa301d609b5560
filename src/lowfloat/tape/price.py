"""Where the price is, where it came from, and how far it moves."""

import numpy as np

from lowfloat.base.prices import UNITS_PER_DOLLAR
from lowfloat.days.seconds import Seconds
from lowfloat.tape.column import Column
from lowfloat.tape.windows import (
    lagged,
    per_closed_minute,
    seconds_since,
    trailing_max,
    trailing_min,
    trailing_sum,
)

COLUMNS = (
    Column("return_5s", "fraction", -0.2, 0.2, 5, "mid over the mid 5 s ago, less 1"),
    Column("return_30s", "fraction", -0.5, 0.5, 30, "mid over the mid 30 s ago, less 1"),
    Column("return_60s", "fraction", -0.5, 0.5, 60, "mid over the mid 60 s ago, less 1"),
    Column("return_300s", "fraction", -1.0, 1.0, 300, "mid over the mid 300 s ago, less 1"),
    Column("volatility_60s", "fraction", 0.0, 0.5, 60, "root of the sum of squared 1 s returns"),
    Column("atr_14m", "fraction", 0.0, 0.5, 0, "Wilder's ATR(14) of closed minutes over mid"),
    Column("range_300s", "fraction", 0.0, 1.0, 300, "high less low of the mid over the mid"),
    Column("gain_on_day", "fraction", -1.0, 5.0, 0, "mid over the previous close, less 1"),
    Column("previous_close_known", "flag", 0.0, 1.0, 0, "1 if there is a previous close"),
    Column("distance_to_vwap", "fraction", -1.0, 1.0, 0, "mid over VWAP since 04:00, less 1"),
    Column("distance_to_high", "fraction", -1.0, 0.0, 0, "mid over its high of day, less 1"),
    Column("distance_to_low", "fraction", 0.0, 5.0, 0, "mid over its low of day, less 1"),
    Column("since_high", "squashed", 0.0, 1.0, 0, "t / (t + 300) since the last high of day"),
)


def mid_price(seconds: Seconds) -> np.ndarray:
    """Return the mid in dollars at the end of each bucket.

    While a side is empty or the book is crossed the last mid stands; before there is one, the
    last print does; before that 0.
    """
    sound = (seconds.bid > 0) & (seconds.ask > seconds.bid)
    mid = (seconds.bid + seconds.ask) / (2.0 * UNITS_PER_DOLLAR)
    index = np.arange(len(mid))
    last = np.maximum.accumulate(np.where(sound, index, -1))
    return np.where(last >= 0, mid[np.maximum(last, 0)], seconds.last)


def vwap(seconds: Seconds) -> np.ndarray:
    """Return the volume-weighted average price in dollars since 04:00, 0 before the first print."""
    volume = np.cumsum(seconds.volume)
    return np.cumsum(seconds.value) / np.maximum(volume, 1)


def average_true_range(mid: np.ndarray) -> np.ndarray:
    """Return Wilder's ATR(14) in dollars of one-minute bars of the mid, closed minutes only.

    Before 14 minutes have closed it is the plain mean of those that have.
    """
    bars = mid.reshape(-1, 60)
    high, low, close = bars.max(axis=1), bars.min(axis=1), bars[:, -1]
    before = np.concatenate([bars[:1, 0], close[:-1]])
    true_range = np.maximum(high, before) - np.minimum(low, before)
    known = np.cumsum(before > 0)
    atr = np.zeros(len(true_range))
    mean = 0.0
    for minute in np.flatnonzero(before > 0):
        mean += (true_range[minute] - mean) / min(known[minute], 14)
        atr[minute] = mean
    return per_closed_minute(atr, len(mid))


def _change(mid: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return ``mid / before - 1``, 0 where either is not known."""
    known = (mid > 0) & (before > 0)
    return np.where(known, mid / np.where(known, before, 1.0) - 1.0, 0.0)


def columns(seconds: Seconds, previous_close: float) -> list[np.ndarray]:
    """Return the columns at the end of each bucket, in the order of ``COLUMNS``.

    Args:
        seconds: the day per second.
        previous_close: dollars, 0 if not known.
    """
    mid = mid_price(seconds)
    known = mid > 0
    safe = np.where(known, mid, 1.0)
    step = _change(mid, lagged(mid, 1))
    variance = np.maximum(trailing_sum(step**2, 60), 0.0)
    high = np.maximum.accumulate(mid)
    low = np.minimum.accumulate(np.where(known, mid, np.inf))
    new_high = mid > np.concatenate([[0.0], high[:-1]])
    since_high = np.maximum(seconds_since(new_high), 0)
    # Minima over the last 300 s must not see the zeros before the first price.
    floor = trailing_min(np.where(known, mid, np.inf), 300)
    return [
        _change(mid, lagged(mid, 5)),
        _change(mid, lagged(mid, 30)),
        _change(mid, lagged(mid, 60)),
        _change(mid, lagged(mid, 300)),
        np.sqrt(variance),
        average_true_range(mid) / safe,
        np.where(known, (trailing_max(mid, 300) - np.where(known, floor, 0.0)) / safe, 0.0),
        _change(mid, np.full(len(mid), previous_close)),
        np.full(len(mid), float(previous_close > 0)),
        _change(mid, vwap(seconds)),
        _change(mid, high),
        _change(mid, np.where(known, low, 0.0)),
        since_high / (since_high + 300.0),
    ]
