"""The first pattern detector: bursts of closed minutes, named by what came before them."""

from typing import NamedTuple

import numpy as np

from lowfloat.index.config import DetectionConfig
from lowfloat.tape.column import Tape
from lowfloat.tape.levels import vwap
from lowfloat.tape.price import mid_price
from lowfloat.tape.volume import minute_surge, minute_volume

MINUTES = 960


class Minutes(NamedTuple):
    """One-minute bars of the mid, with what the detector asks of each. Arrays of length 960."""

    close: np.ndarray  # dollars
    high: np.ndarray
    low: np.ndarray
    change: np.ndarray  # close over the close before, less 1
    surge: np.ndarray  # volume over the mean of the 20 minutes before
    expansion: np.ndarray  # ATR(5) over ATR(14)
    vwap: np.ndarray


class Burst(NamedTuple):
    """A closed minute that met the detector's thresholds."""

    second: int  # the decision second at which the minute has closed
    pattern: str
    clarity: float  # 0..1


def one_minute_bars(tape: Tape) -> Minutes:
    """Return the day's one-minute bars; what is not known of them is 0."""
    mid = np.nan_to_num(tape.of(mid_price))
    bars = mid.reshape(MINUTES, 60)
    close, high, low = bars[:, -1], bars.max(axis=1), bars.min(axis=1)
    before = np.concatenate([close[:1], close[:-1]])
    known = before > 0
    change = np.where(known, close / np.where(known, before, 1.0) - 1.0, 0.0)
    true_range = np.where(known, np.maximum(high, before) - np.minimum(low, before), 0.0)
    total = np.concatenate([[0.0], np.cumsum(true_range)])
    minute = np.arange(1, MINUTES + 1)
    fast = (total[minute] - total[np.maximum(minute - 5, 0)]) / 5.0
    slow = (total[minute] - total[np.maximum(minute - 14, 0)]) / 14.0
    expansion = np.where(slow > 0, fast / np.where(slow > 0, slow, 1.0), 0.0)
    return Minutes(
        close, high, low, change,
        np.nan_to_num(minute_surge(tape.of(minute_volume))), expansion,
        np.nan_to_num(tape.of(vwap)).reshape(MINUTES, 60)[:, -1],
    )  # fmt: skip


def bursts(bars: Minutes, config: DetectionConfig) -> list[Burst]:
    """Return every minute that surged in volume, moved, and expanded its range."""
    hits = np.flatnonzero(
        (bars.surge >= config.volume_surge)
        & (np.abs(bars.change) >= config.price_velocity)
        & (bars.expansion >= config.atr_expansion)
    )
    return [_named(bars, int(minute), config) for minute in hits if minute >= 20]


def _named(bars: Minutes, minute: int, config: DetectionConfig) -> Burst:
    recent = slice(minute - 5, minute)
    ceiling, floor = bars.high[recent].max(), bars.low[recent].min()
    width = (ceiling - floor) / bars.close[minute]
    day_high = bars.high[: minute + 1].max()
    rising = bars.change[minute] > 0
    if rising and bars.close[minute] > ceiling:
        pattern, clarity = "breakout", 1.0 - min(width / 0.05, 1.0)
    elif rising and bars.close[minute] < 0.97 * day_high:
        pattern, clarity = "bounce", min(bars.change[minute] / 0.03, 1.0)
    elif not rising and floor > 0.98 * day_high:
        pattern, clarity = "flush", min(-bars.change[minute] / 0.04, 1.0)
    elif not rising and bars.close[minute] > bars.vwap[minute]:
        pattern, clarity = "distribution", 0.5
    else:
        pattern, clarity = "momentum", min(abs(bars.change[minute]) / 0.03, 1.0)
    strength = min(bars.surge[minute] / (2.0 * config.volume_surge), 1.0)
    return Burst(60 * (minute + 1), pattern, 0.5 * clarity + 0.5 * strength)
