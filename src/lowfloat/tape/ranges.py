"""Ranges that hold, breakouts from them, and whether these fail.

At any second the *range* is the longest stretch up to now in which the mid stayed within 3 %, or
2 ATR(14) where that is more. A mid above the top of a range that had lasted five minutes, while
twice as much trades as in the 20 minutes before, is a *breakout*. It has failed once the mid is
back below that top within five minutes, and has held once they are over; until one or the other
no new breakout is told.
"""

from typing import NamedTuple

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.tape.column import Column, Tape
from lowfloat.tape.price import average_true_range, mid_price
from lowfloat.tape.volume import surge_now
from lowfloat.tape.windows import log1p, squashed

WIDEST, WIDEST_ATRS = 0.03, 2.0
LEAST_SECONDS = 300
LEAST_SURGE = 2.0
FAILS_WITHIN = 300


class Ranges(NamedTuple):
    """Float64 arrays of length 57,600, NaN before the first mid.

    Attributes:
        seconds: how long the range lasts.
        top: dollars, highest mid of it.
        bottom: dollars, lowest mid of it.
        broken: seconds that the range had lasted that was last broken out of; 0 before a
            breakout, after one that failed, and 300 s after one that held.
        failed: breakouts that failed so far today.
    """

    seconds: np.ndarray
    top: np.ndarray
    bottom: np.ndarray
    broken: np.ndarray
    failed: np.ndarray


def ranges(tape: Tape) -> Ranges:
    """Follow the ranges of the mid and the breakouts from them."""
    mid = tape.of(mid_price)
    widest = np.fmax(WIDEST * mid, WIDEST_ATRS * np.nan_to_num(tape.of(average_true_range)))
    out = Ranges(*(np.full(len(mid), np.nan) for _ in Ranges._fields))
    waiting = np.empty((2, len(mid)), np.int64)
    surging = np.nan_to_num(tape.of(surge_now)) >= LEAST_SURGE
    _follow(mid, widest, surging, waiting, out)
    return out


@kernel
def _follow(
    mid: np.ndarray, widest: np.ndarray, surging: np.ndarray, waiting: np.ndarray, out: Ranges
) -> None:
    """Slide a window that is shortened until it is narrow enough; see ``trailing_max``."""
    first = 0  # second of the window
    high = low = high_end = low_end = 0  # of the two queues of candidates
    level, broke_at, broken = 0.0, -1, 0.0
    failed = 0
    for b in range(len(mid)):
        price = mid[b]
        if np.isnan(price):
            first = b + 1
            continue
        if broke_at >= 0:
            if price < level:
                failed += 1
                broke_at = -1
            elif b - broke_at >= FAILS_WITHIN:
                broke_at = -1
        if broke_at < 0 and surging[b] and high_end > high:
            top = mid[waiting[0, high]]
            if price > top and b - first >= LEAST_SECONDS:
                level, broke_at, broken = top, b, float(b - first)
        while high_end > high and mid[waiting[0, high_end - 1]] <= price:
            high_end -= 1
        waiting[0, high_end] = b
        high_end += 1
        while low_end > low and mid[waiting[1, low_end - 1]] >= price:
            low_end -= 1
        waiting[1, low_end] = b
        low_end += 1
        while mid[waiting[0, high]] - mid[waiting[1, low]] > widest[b]:
            first += 1
            if waiting[0, high] < first:
                high += 1
            if waiting[1, low] < first:
                low += 1
        out.seconds[b] = b + 1 - first
        out.top[b], out.bottom[b] = mid[waiting[0, high]], mid[waiting[1, low]]
        out.broken[b] = broken if broke_at >= 0 else 0.0
        out.failed[b] = failed


def _width(tape: Tape) -> np.ndarray:
    found = tape.of(ranges)
    return (found.top - found.bottom) / tape.of(mid_price)


COLUMNS = (
    Column("range_seconds", "squashed", 0.0, 1.0, 0, 0.0,
           "t / (t + 1800), t how long the mid has stayed within 3 % or 2 ATR(14)", "",
           lambda tape: squashed(tape.of(ranges).seconds, 1800.0)),
    Column("range_width", "fraction", 0.0, 1.0, 0, 0.0,
           "high less low of that stretch, over mid", "", _width),
    Column("breakout", "squashed", 0.0, 1.0, 0, 0.0,
           "t / (t + 1800), t how long the range had lasted that the mid broke out of less than "
           "300 s ago and has not fallen back into, 0 if none", "",
           lambda tape: squashed(tape.of(ranges).broken, 1800.0)),
    Column("failed_breakouts", "log count", 0.0, 4.0, 0, 0.0,
           "ln(1 + breakouts today that were back below the top within 300 s)", "",
           lambda tape: log1p(tape.of(ranges).failed)),
)  # fmt: skip
