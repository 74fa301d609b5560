"""What detectors read off a tape: one value at the end of each second, and rules to tell events.

All of it is causal: what stands at second ``b`` is known at the decision of ``b + 1``.
"""

from typing import NamedTuple

import numpy as np

from lowfloat.tape.book import spread
from lowfloat.tape.column import Tape
from lowfloat.tape.flow import buy_pressure_60, pressure
from lowfloat.tape.halts import is_halted
from lowfloat.tape.levels import high_of_day, since_high, vwap
from lowfloat.tape.price import average_true_range, change, is_sound, mid_price, width_60
from lowfloat.tape.volume import surge_now, unusual_volume
from lowfloat.tape.windows import lagged, positive, seconds_since, standing


class Reading(NamedTuple):
    """Arrays of length 57,600; what is not known is NaN, and no comparison with it holds.

    Attributes:
        mid: dollars.
        spread: dollars, the last of a sound book.
        vwap: dollars, since 04:00.
        atr: dollars, ATR(14) of closed minutes.
        high: dollars, highest mid of the day so far.
        since_high: int64, seconds since it was made, -1 before there is one.
        surge: shares of 60 s over the mean of the 20 minutes closed before them.
        velocity: change of the mid over 60 s, as a fraction.
        expansion: range of the mid over 60 s over the ATR(14) before it, less 1.
        pressure_10: share of buyers in the volume of 10 s.
        pressure: the same of 60 s.
        volume_z: how unusual the shares of 10 s are, in deviations.
        halted: bool, whether the second ends in a known halt.
    """

    mid: np.ndarray
    spread: np.ndarray
    vwap: np.ndarray
    atr: np.ndarray
    high: np.ndarray
    since_high: np.ndarray
    surge: np.ndarray
    velocity: np.ndarray
    expansion: np.ndarray
    pressure_10: np.ndarray
    pressure: np.ndarray
    volume_z: np.ndarray
    halted: np.ndarray


def reading_of(tape: Tape) -> Reading:
    """Read a tape; ask for it with ``tape.of(reading_of)``."""
    mid, atr = tape.of(mid_price), tape.of(average_true_range)
    return Reading(
        mid=mid,
        spread=standing(tape.of(spread) * mid, is_sound(tape.seconds)),
        vwap=tape.of(vwap),
        atr=atr,
        high=tape.of(high_of_day),
        since_high=tape.of(since_high),
        surge=tape.of(surge_now),
        velocity=change(tape, 60),
        expansion=tape.of(width_60) / positive(lagged(atr, 60)) - 1.0,
        pressure_10=pressure(tape.seconds, 10),
        pressure=tape.of(buy_pressure_60),
        volume_z=tape.of(unusual_volume),
        halted=tape.of(is_halted),
    )


def begins(condition: np.ndarray, again_after: int) -> list[int]:
    """Return the seconds at which a condition begins to hold.

    Args:
        condition: bool.
        again_after: seconds after one that was told in which no other is.
    """
    told: list[int] = []
    for second in np.flatnonzero(condition & ~np.concatenate([[False], condition[:-1]])).tolist():
        if not told or second - told[-1] >= again_after:
            told.append(second)
    return told


def lasting(condition: np.ndarray) -> np.ndarray:
    """Return for how many seconds in a row a condition has held, this one included, int64."""
    since = seconds_since(~condition)
    return np.where(since >= 0, since, np.arange(1, len(condition) + 1))
