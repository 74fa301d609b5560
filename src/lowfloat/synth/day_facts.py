"""What became of one day: its range, its pauses, its swings, its open and close."""

import datetime as dt
from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import NS
from lowfloat.base.codes import Mark
from lowfloat.base.jit import kernel
from lowfloat.base.records import LULD_PAUSE
from lowfloat.days.bars import official_open, summary_of
from lowfloat.synth.observed import Observed

REVERSAL = 0.05
"""Move against a leg, of the logarithm of the mid, that ends it."""

_BEFORE_PAUSE = 300 * NS
_EARLY = 900 * NS  # 09:30 to 09:45


class Pause(NamedTuple):
    """A volatility pause.

    Attributes:
        upward: whether the price had risen in the five minutes before it.
        seconds: its length.
        gap: the first print after it over the last before it, less 1; NaN without one of them.
    """

    upward: bool
    seconds: float
    gap: float


class Outcome(NamedTuple):
    """What became of a day; prices in nanodollars, 0 if there is none.

    Attributes:
        symbol: ticker.
        date: session date.
        open: official open, or what stands for it.
        close: official close, or what stands for it.
        range: highest print over lowest, less 1; NaN without prints.
        early_high: whether the highest print of the regular hours came between 09:30 and 09:45.
        pauses: its volatility pauses.
    """

    symbol: str
    date: dt.date
    open: int
    close: int
    range: float
    early_high: bool
    pauses: tuple[Pause, ...]


def outcome_of(day: Observed) -> Outcome:
    """Return what became of a day."""
    summary, trades, session = summary_of(day.day), day.day.trades, day.day.session
    regular = (trades.ts_recv >= session.regular_open_ns) & (
        trades.ts_recv < session.regular_close_ns
    )
    moving = np.flatnonzero(regular & ((trades.marks & np.uint16(Mark.HIGH_LOW)) > 0))
    high_ns = int(trades.ts_recv[moving[np.argmax(trades.price[moving])]]) if len(moving) else 0
    return Outcome(
        symbol=day.day.symbol,
        date=day.day.date,
        open=official_open(trades, session),
        close=summary.close,
        range=summary.high / summary.low - 1 if summary.low else np.nan,
        early_high=0 <= high_ns - session.regular_open_ns < _EARLY,
        pauses=tuple(_pause(day, begin, end) for begin, end in _luld_pauses(day)),
    )


def _luld_pauses(day: Observed) -> list[tuple[int, int]]:
    status = day.day.status
    paused = status.reason == LULD_PAUSE
    starts = set(np.minimum(status.ts_event, status.ts_recv)[paused].tolist())
    return [(begin, end) for begin, end in day.halts if begin in starts]


def _pause(day: Observed, begin: int, end: int) -> Pause:
    trades = day.day.trades
    times = trades.ts_recv
    first, last, after = np.searchsorted(times, (begin - _BEFORE_PAUSE, begin, end))
    for _, ended in day.halts:  # what was before another halt says nothing of the way into this
        if ended <= begin:
            first = max(first, int(np.searchsorted(times, ended)))
    moved = int(trades.price[last - 1]) - int(trades.price[first]) if first < last else 0
    known = last > 0 and after < len(times)
    gap = trades.price[after] / trades.price[last - 1] - 1 if known else np.nan
    return Pause(upward=moved > 0, seconds=(end - begin) / NS, gap=float(gap))


def legs_of(day: Observed) -> np.ndarray:
    """Return the speed of each swing of the mid in regular hours, log change per second, float64.

    A swing ends at its extreme, once the mid has come back from there by :data:`REVERSAL`. Only
    finished swings count, and none runs across a halt.
    """
    speeds = np.empty(len(day.log_mid))
    return speeds[: _legs(day.log_mid, day.regular, REVERSAL, speeds)].copy()


@kernel
def _legs(values: np.ndarray, trading: np.ndarray, reversal: float, speeds: np.ndarray) -> int:
    found = 0
    direction = 0  # of the present swing; 0 until one is known
    low, high = np.inf, -np.inf
    low_at, high_at = 0, 0
    for i in range(len(values)):
        if not trading[i]:
            direction = 0
            low, high = np.inf, -np.inf
            continue
        value = values[i]
        if np.isnan(value):
            continue
        if direction >= 0 and value > high:
            high, high_at = value, i
        if direction <= 0 and value < low:
            low, low_at = value, i
        if direction <= 0 and value - low >= reversal:
            if direction < 0:
                speeds[found] = (low - high) / (low_at - high_at)
                found += 1
            direction = 1
            high, high_at = value, i
        elif direction >= 0 and high - value >= reversal:
            if direction > 0:
                speeds[found] = (high - low) / (high_at - low_at)
                found += 1
            direction = -1
            low, low_at = value, i
    return found
