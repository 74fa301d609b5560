"""Prices that people watch: the previous close, the open, VWAP, highs and lows, round numbers."""

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.base.prices import NANODOLLARS_PER_DOLLAR
from lowfloat.tape.column import Column, Tape
from lowfloat.tape.events import events
from lowfloat.tape.halts import is_halted
from lowfloat.tape.price import mid_price
from lowfloat.tape.windows import (
    lagged,
    log1p,
    positive,
    seconds_since,
    squashed,
    standing,
    trailing_max,
)

NEAR_HIGH, AWAY_FROM_HIGH = 0.003, 0.01
ROUND = 0.5  # dollars
ROUNDING = 1e-6


def high_of_day(tape: Tape) -> np.ndarray:
    """Return the highest mid so far in dollars, NaN before there is one."""
    return np.fmax.accumulate(tape.of(mid_price))


def low_of_day(tape: Tape) -> np.ndarray:
    """Return the lowest mid so far in dollars, NaN before there is one."""
    return np.fmin.accumulate(tape.of(mid_price))


def since_high(tape: Tape) -> np.ndarray:
    """Return the seconds since the mid last made a high of the day, -1 before there is a mid."""
    mid = tape.of(mid_price)
    before = np.concatenate([[np.nan], tape.of(high_of_day)[:-1]])
    return seconds_since((mid > before) | (np.isnan(before) & ~np.isnan(mid)))


def since_low(tape: Tape) -> np.ndarray:
    """Return the seconds since the mid last made a low of the day, -1 before there is a mid."""
    mid = tape.of(mid_price)
    before = np.concatenate([[np.nan], tape.of(low_of_day)[:-1]])
    return seconds_since((mid < before) | (np.isnan(before) & ~np.isnan(mid)))


def since_break(tape: Tape) -> np.ndarray:
    """Return the seconds since the mid last rose above its highest of the 300 s before, or -1."""
    mid = tape.of(mid_price)
    return seconds_since(mid > lagged(trailing_max(mid, 300), 1))


def vwap(tape: Tape) -> np.ndarray:
    """Return the volume-weighted average price in dollars since 04:00, NaN before a print."""
    return _vwap_since(tape, np.zeros(len(tape.seconds.bid), np.int64))


def _vwap_since(tape: Tape, first: np.ndarray) -> np.ndarray:
    """Return the VWAP of the seconds from ``first[b]`` on; below 0 there is none."""
    volume = np.concatenate([[0], np.cumsum(tape.seconds.volume)])
    value = np.concatenate([[0.0], np.cumsum(tape.seconds.value)])
    begin = np.maximum(first, 0)
    shares = volume[1:] - volume[begin]
    some = (first >= 0) & (shares > 0)
    return np.where(some, (value[1:] - value[begin]) / np.where(some, shares, 1), np.nan)


def _open_vwap(tape: Tape) -> np.ndarray:
    opens = tape.session.second(tape.session.regular_open_ns)
    second = np.arange(len(tape.seconds.bid))
    return _vwap_since(tape, np.where(second >= opens, opens, -1))


def _halt_vwap(tape: Tape) -> np.ndarray:
    """Return the VWAP since trading last resumed, NaN in a halt and before one."""
    halted = tape.of(is_halted)
    resumed = ~halted & np.concatenate([[False], halted[:-1]])
    first = standing(np.arange(len(halted), dtype=np.float64), resumed)
    return _vwap_since(tape, np.where(halted | np.isnan(first), -1, first).astype(np.int64))


def _vwap_deviation(tape: Tape) -> np.ndarray:
    average = tape.of(vwap)
    volume = np.maximum(np.cumsum(tape.seconds.volume), 1)
    variance = np.cumsum(tape.of(events).squared_value) / volume - average**2
    # Below a tenth of a cent it is the rounding of the sums.
    sd = np.where(variance > 1e-6, np.sqrt(np.maximum(variance, 1e-6)), np.nan)
    return (tape.of(mid_price) - average) / sd


def _since_cross(tape: Tape) -> np.ndarray:
    """Return the seconds since the mid came to its side of VWAP, below 0 under it; squashed."""
    gap = tape.of(mid_price) - tape.of(vwap)
    # At VWAP it has crossed nothing; what is less than any price step is rounding.
    side = standing(np.sign(gap), np.abs(gap) > ROUNDING)
    crossed = side != np.concatenate([[np.nan], side[:-1]])
    since = seconds_since(crossed & ~np.isnan(side)).astype(np.float64)
    return np.where(np.isnan(side), np.nan, side * squashed(since, 300.0))


def premarket_high(tape: Tape) -> np.ndarray:
    """Return the highest mid before 09:30 so far, in dollars."""
    opens = tape.session.second(tape.session.regular_open_ns)
    high = tape.of(high_of_day).copy()
    high[opens:] = high[opens - 1]
    return high


def high_tests(tape: Tape) -> np.ndarray:
    """Return how often the mid came back to its high of the day; NaN before there is one."""
    out = np.empty(len(tape.seconds.bid))
    _count_tests(tape.of(mid_price), out)
    return out


@kernel
def _count_tests(mid: np.ndarray, out: np.ndarray) -> None:
    high, tests, away = 0.0, 0.0, False
    for b in range(len(mid)):
        if mid[b] > high * (1.0 + NEAR_HIGH):
            tests, away = 0.0, False
        elif mid[b] <= high * (1.0 - AWAY_FROM_HIGH):
            away = True
        elif away and mid[b] >= high * (1.0 - NEAR_HIGH):
            tests, away = tests + 1.0, False  # be it a little higher: it is the same level
        if mid[b] > high:
            high = mid[b]
        out[b] = tests if high > 0.0 else np.nan


def _over(tape: Tape, level: np.ndarray) -> np.ndarray:
    return tape.of(mid_price) / level - 1.0


def _gain(tape: Tape) -> np.ndarray:
    close = tape.baseline.previous_close / NANODOLLARS_PER_DOLLAR
    return _over(tape, np.full(len(tape.seconds.bid), close or np.nan))


def gap(tape: Tape) -> np.ndarray:
    """Return the first price of regular hours over the previous close, less 1; NaN before it."""
    opened = tape.of(events).open_price
    close = tape.baseline.previous_close / NANODOLLARS_PER_DOLLAR
    return positive(opened) / (close or np.nan) - 1.0


def _place(tape: Tape) -> np.ndarray:
    high, low = tape.of(high_of_day), tape.of(low_of_day)
    return (tape.of(mid_price) - low) / np.where(high > low, high - low, np.nan)


def _to_round(tape: Tape) -> np.ndarray:
    mid = tape.of(mid_price)
    return (mid - ROUND * np.floor(mid / ROUND + 0.5)) / mid


def _age(since: np.ndarray) -> np.ndarray:
    return np.where(since >= 0, squashed(since.astype(np.float64), 300.0), np.nan)


COLUMNS = (
    Column("gain_on_day", "fraction", -1.0, 5.0, 0, 0.0,
           "mid over the previous close, less 1", "", _gain),
    Column("gap", "fraction", -1.0, 5.0, 0, 0.0,
           "first last price of regular hours over the previous close, less 1", "",
           lambda tape: tape.of(gap)),
    Column("distance_to_vwap", "fraction", -1.0, 1.0, 0, 0.0,
           "mid over VWAP since 04:00, less 1", "", lambda tape: _over(tape, tape.of(vwap))),
    Column("vwap_deviation", "deviations", -10.0, 10.0, 0, 0.0,
           "mid less VWAP over the volume-weighted deviation of prices since 04:00, if this is "
           "above a tenth of a cent", "", _vwap_deviation),
    Column("distance_to_open_vwap", "fraction", -1.0, 1.0, 0, 0.0,
           "mid over VWAP since 09:30, less 1", "", lambda tape: _over(tape, _open_vwap(tape))),
    Column("distance_to_halt_vwap", "fraction", -1.0, 1.0, 0, 0.0,
           "mid over VWAP since trading last resumed, less 1", "",
           lambda tape: _over(tape, _halt_vwap(tape))),
    Column("since_vwap_cross", "squashed", -1.0, 1.0, 0, 0.0,
           "t / (t + 300) since the mid came to its side of VWAP, below 0 if it lies below", "",
           _since_cross),
    Column("distance_to_high", "fraction", -1.0, 0.0, 0, 0.0,
           "mid over its high of day, less 1", "", lambda tape: _over(tape, tape.of(high_of_day))),
    Column("distance_to_low", "fraction", 0.0, 5.0, 0, 0.0,
           "mid over its low of day, less 1", "", lambda tape: _over(tape, tape.of(low_of_day))),
    Column("since_high", "squashed", 0.0, 1.0, 0, 1.0,
           "t / (t + 300) since the last high of day", "", lambda tape: _age(tape.of(since_high))),
    Column("since_low", "squashed", 0.0, 1.0, 0, 1.0,
           "t / (t + 300) since the last low of day", "", lambda tape: _age(tape.of(since_low))),
    Column("since_break", "squashed", 0.0, 1.0, 0, 1.0,
           "t / (t + 300) since the mid last rose above its highest of the 300 s before", "",
           lambda tape: _age(tape.of(since_break))),
    Column("place_in_range", "share", 0.0, 1.0, 0, 0.5,
           "mid less low of day over the range of the day", "", _place),
    Column("high_tests", "log count", 0.0, 5.0, 0, 0.0,
           "ln(1 + times the mid came within 0.3 % of its high after it was 1 % below), since "
           "the high last rose by more than 0.3 % at once", "",
           lambda tape: log1p(tape.of(high_tests))),
    Column("distance_to_premarket_high", "fraction", -1.0, 5.0, 0, 0.0,
           "mid over its highest before 09:30, less 1", "",
           lambda tape: _over(tape, tape.of(premarket_high))),
    Column("distance_to_round", "fraction", -0.5, 0.5, 0, 0.0,
           "mid less the nearest half dollar, the higher of two, over mid", "", _to_round),
)  # fmt: skip
