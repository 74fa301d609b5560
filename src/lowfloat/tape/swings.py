"""Legs and swings: where the move began, how much of it is given back, higher lows, lower highs.

A zig-zag that knows only the past. A high becomes a swing high when the mid has fallen from it by
2 % of it or by 1.5 ATR(14), whichever is more; a low becomes a swing low when the mid has risen
from it by as much. Until then it is only the extreme so far. They take turns; the first of the day
may be either. The leg begins at the last swing low, at first at the first mid of the day; its top
is the highest mid since.
"""

from typing import NamedTuple

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.tape.column import Column, Tape
from lowfloat.tape.price import average_true_range, mid_price
from lowfloat.tape.windows import log1p, positive, squashed

LEAST_SWING, SWING_ATRS = 0.02, 1.5


class Swings(NamedTuple):
    """Float64 arrays of length 57,600, NaN before the first mid.

    Attributes:
        base: dollars, where the leg begins.
        base_second: second of it.
        top: dollars, highest mid since.
        top_second: second of it, the first.
        low_since_top: dollars, lowest mid since the top.
        higher_highs: swing highs in a row that were each above the one before.
        higher_lows: swing lows in a row that were each above the one before.
        lower_highs: swing highs in a row that were each below the one before.
    """

    base: np.ndarray
    base_second: np.ndarray
    top: np.ndarray
    top_second: np.ndarray
    low_since_top: np.ndarray
    higher_highs: np.ndarray
    higher_lows: np.ndarray
    lower_highs: np.ndarray


def swings(tape: Tape) -> Swings:
    """Follow the swings of the mid."""
    mid = tape.of(mid_price)
    noise = SWING_ATRS * np.nan_to_num(tape.of(average_true_range))
    out = Swings(*(np.full(len(mid), np.nan) for _ in Swings._fields))
    _follow(mid, noise, out)
    return out


@kernel
def _follow(mid: np.ndarray, noise: np.ndarray, out: Swings) -> None:
    base = top = low_since_top = swing_high = swing_low = 0.0
    low = rebound = low_since_rebound = 0.0
    base_second = top_second = low_second = rebound_second = 0
    higher_highs = higher_lows = lower_highs = 0
    rising = falling = True  # until the first swing it may be either
    for b in range(len(mid)):
        if np.isnan(mid[b]):
            continue
        if base == 0.0:
            base = top = low_since_top = mid[b]
            base_second = top_second = b
        if mid[b] > top:
            top, top_second, low_since_top = mid[b], b, mid[b]
        if low == 0.0 or mid[b] < low:
            low, low_second = mid[b], b
            rebound, rebound_second, low_since_rebound = mid[b], b, mid[b]
        elif mid[b] > rebound:
            rebound, rebound_second, low_since_rebound = mid[b], b, mid[b]
        low_since_top = min(low_since_top, mid[b])
        low_since_rebound = min(low_since_rebound, mid[b])
        if rising and mid[b] <= top - max(LEAST_SWING * top, noise[b]):
            # The top is a swing high now. A day that begins with a fall has its first one there.
            if swing_high > 0.0:
                higher_highs = higher_highs + 1 if top > swing_high else 0
                lower_highs = lower_highs + 1 if top < swing_high else 0
            swing_high = top
            rising, falling = False, True
            low, low_second = mid[b], b
            rebound, rebound_second, low_since_rebound = mid[b], b, mid[b]
        elif falling and mid[b] >= low + max(LEAST_SWING * low, noise[b]):
            if swing_low > 0.0:
                higher_lows = higher_lows + 1 if low > swing_low else 0
            swing_low = low
            rising, falling = True, False
            base, base_second = low, low_second
            top, top_second, low_since_top = rebound, rebound_second, low_since_rebound
        out.base[b], out.base_second[b] = base, base_second
        out.top[b], out.top_second[b] = top, top_second
        out.low_since_top[b] = low_since_top
        out.higher_highs[b], out.higher_lows[b] = higher_highs, higher_lows
        out.lower_highs[b] = lower_highs


def _extension(tape: Tape) -> np.ndarray:
    return tape.of(mid_price) / tape.of(swings).base - 1.0


def retrace(tape: Tape) -> np.ndarray:
    """Return the fall from the top of the leg over its size, NaN while it has none."""
    found = tape.of(swings)
    size = found.top - found.base
    return (found.top - tape.of(mid_price)) / positive(size)


def _leg_age(tape: Tape) -> np.ndarray:
    age = np.arange(len(tape.seconds.bid)) - tape.of(swings).base_second
    return squashed(age, 300.0)


ZIGZAG = "zig-zag of 2 % or 1.5 ATR, confirmed only by what followed and was seen"

COLUMNS = (
    Column("extension", "fraction", -1.0, 5.0, 0, 0.0,
           "mid over the base of the leg, less 1", ZIGZAG, _extension),
    Column("retrace", "share", 0.0, 5.0, 0, 0.0,
           "fall of the mid from the top of the leg, over top less base", ZIGZAG,
           lambda tape: tape.of(retrace)),
    Column("leg_seconds", "squashed", 0.0, 1.0, 0, 0.0,
           "t / (t + 300) since the base of the leg", ZIGZAG, _leg_age),
    Column("higher_highs", "log count", 0.0, 4.0, 0, 0.0,
           "ln(1 + swing highs in a row each above the one before)", ZIGZAG,
           lambda tape: log1p(tape.of(swings).higher_highs)),
    Column("higher_lows", "log count", 0.0, 4.0, 0, 0.0,
           "ln(1 + swing lows in a row each above the one before)", ZIGZAG,
           lambda tape: log1p(tape.of(swings).higher_lows)),
    Column("lower_highs", "log count", 0.0, 4.0, 0, 0.0,
           "ln(1 + swing highs in a row each below the one before)", ZIGZAG,
           lambda tape: log1p(tape.of(swings).lower_highs)),
)  # fmt: skip
