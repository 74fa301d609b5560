"""The price: how it changed, how much it moves about, how wide its range is."""

import numpy as np

from lowfloat.base.prices import UNITS_PER_DOLLAR
from lowfloat.days.seconds import Seconds
from lowfloat.tape.column import Column, Tape
from lowfloat.tape.windows import (
    lagged,
    per_closed_minute,
    positive,
    standing,
    trailing_max,
    trailing_min,
    trailing_sum,
)

ATR_MINUTES, RECENT_MINUTES = 14, 5
SHORT_MINUTES, LONG_MINUTES = 9, 20


def is_sound(seconds: Seconds) -> np.ndarray:
    """Return whether the book is two-sided and not crossed at the end of each second."""
    return (seconds.bid > 0) & (seconds.ask > seconds.bid)


def mid_of(seconds: Seconds) -> np.ndarray:
    """Return the mid in dollars at the end of each second.

    While a side is empty or the book is crossed the last mid stands; before there is one, the
    last print does; before that NaN.
    """
    mid = (seconds.bid + seconds.ask) / (2.0 * UNITS_PER_DOLLAR)
    stands = standing(mid, is_sound(seconds))
    printed = positive(seconds.last)
    return np.where(np.isnan(stands), printed, stands)


def mid_price(tape: Tape) -> np.ndarray:
    """Return the mid in dollars, as :func:`mid_of` says."""
    return mid_of(tape.seconds)


def change(tape: Tape, seconds: int) -> np.ndarray:
    """Return the mid over the mid so many seconds ago, less 1."""
    mid = tape.of(mid_price)
    return mid / lagged(mid, seconds) - 1.0


def steps(tape: Tape) -> np.ndarray:
    """Return the change of each second, 0 where it is not known."""
    return np.nan_to_num(change(tape, 1))


def volatility(tape: Tape, seconds: int) -> np.ndarray:
    """Return the root of the sum of squared changes of one second."""
    total = np.sqrt(np.maximum(trailing_sum(tape.of(_squares), seconds), 0.0))
    return np.where(np.isnan(tape.of(mid_price)), np.nan, total)


def _squares(tape: Tape) -> np.ndarray:
    return tape.of(steps) ** 2


def width(tape: Tape, seconds: int) -> np.ndarray:
    """Return the high less the low of the mid over so many seconds, in dollars."""
    mid = tape.of(mid_price)
    return trailing_max(mid, seconds) - trailing_min(mid, seconds)


def width_60(tape: Tape) -> np.ndarray:
    """Return the high less the low of the mid over 60 s, in dollars."""
    return width(tape, 60)


def _width_300(tape: Tape) -> np.ndarray:
    return width(tape, 300)


def true_ranges(tape: Tape) -> np.ndarray:
    """Return the true range in dollars of each one-minute bar of the mid, NaN before the first.

    A bar's range reaches to the close of the bar before, where there is one.
    """
    bars = tape.of(mid_price).reshape(-1, 60)
    known = ~np.isnan(bars[:, -1])
    high = np.where(known, np.fmax.reduce(bars, axis=1), np.nan)
    low = np.where(known, np.fmin.reduce(bars, axis=1), np.nan)
    before = np.concatenate([[np.nan], bars[:-1, -1]])
    return np.fmax(high, before) - np.fmin(low, before)


def minute_atr(tape: Tape) -> np.ndarray:
    """Return Wilder's ATR(14) in dollars after each minute; the plain mean of the first 14."""
    atr, mean, known = np.full(len(tape.of(true_ranges)), np.nan), 0.0, 0
    for minute, true_range in enumerate(tape.of(true_ranges).tolist()):
        if true_range == true_range:
            known += 1
            mean += (true_range - mean) / min(known, ATR_MINUTES)
            atr[minute] = mean
    return atr


def average_true_range(tape: Tape) -> np.ndarray:
    """Return the ATR(14) in dollars as of the last closed minute, NaN before the first."""
    return per_closed_minute(tape.of(minute_atr), len(tape.seconds.bid))


def _atr_expansion(tape: Tape) -> np.ndarray:
    ranges, atr = tape.of(true_ranges), tape.of(minute_atr)
    recent = np.full(len(ranges), np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(ranges, RECENT_MINUTES)
    recent[RECENT_MINUTES - 1 :] = windows.mean(axis=1)
    before = lagged(atr, RECENT_MINUTES)
    ratio = recent / positive(before) - 1.0
    return per_closed_minute(ratio, len(tape.seconds.bid))


def _efficiency(tape: Tape) -> np.ndarray:
    mid = tape.of(mid_price)
    way = trailing_sum(np.abs(np.nan_to_num(mid - lagged(mid, 1))), 300)
    moved = np.abs(mid - lagged(mid, 300))
    # A sum of floats over a window may be left with a rounding error; a cent is a real way.
    return np.where(way > 1e-6, moved / np.where(way > 1e-6, way, 1.0), np.nan)


def average_trend(tape: Tape) -> np.ndarray:
    """Return the exponential mean of 9 closes of minutes over that of 20, less 1."""
    closes = tape.of(mid_price)[59::60]
    means = np.full((2, len(closes)), np.nan)
    for row, minutes in enumerate((SHORT_MINUTES, LONG_MINUTES)):
        mean, known = 0.0, 0
        for minute, close in enumerate(closes.tolist()):
            if close == close:
                known += 1
                mean += (close - mean) * max(2.0 / (minutes + 1), 1.0 / known)
                means[row, minute] = mean
    return per_closed_minute(means[0] / means[1] - 1.0, 60 * len(closes))


def _over_mid(dollars: np.ndarray, tape: Tape) -> np.ndarray:
    return dollars / tape.of(mid_price)


def _contraction(tape: Tape) -> np.ndarray:
    wide = tape.of(_width_300)
    return tape.of(width_60) / positive(wide)


WILDER = "Wilder, New Concepts in Technical Trading Systems, 1978"
KAUFMAN = "Kaufman, Smarter Trading, 1995 (efficiency ratio)"

COLUMNS = (
    Column("return_1s", "fraction", -0.2, 0.2, 1, 0.0,
           "mid over the mid 1 s ago, less 1", "", lambda tape: change(tape, 1)),
    Column("return_5s", "fraction", -0.2, 0.2, 5, 0.0,
           "mid over the mid 5 s ago, less 1", "", lambda tape: change(tape, 5)),
    Column("return_30s", "fraction", -0.5, 0.5, 30, 0.0,
           "mid over the mid 30 s ago, less 1", "", lambda tape: change(tape, 30)),
    Column("return_60s", "fraction", -0.5, 0.5, 60, 0.0,
           "mid over the mid 60 s ago, less 1", "", lambda tape: change(tape, 60)),
    Column("return_300s", "fraction", -1.0, 1.0, 300, 0.0,
           "mid over the mid 300 s ago, less 1", "", lambda tape: change(tape, 300)),
    Column("return_1800s", "fraction", -1.0, 3.0, 1800, 0.0,
           "mid over the mid 1,800 s ago, less 1", "", lambda tape: change(tape, 1800)),
    Column("acceleration_60s", "fraction", -0.5, 0.5, 600, 0.0,
           "return of 60 s less a tenth of that of 600 s", "",
           lambda tape: change(tape, 60) - 0.1 * change(tape, 600)),
    Column("volatility_60s", "fraction", 0.0, 0.5, 60, 0.0,
           "root of the sum of squared returns of 1 s over 60 s", "",
           lambda tape: volatility(tape, 60)),
    Column("volatility_300s", "fraction", 0.0, 1.0, 300, 0.0,
           "root of the sum of squared returns of 1 s over 300 s", "",
           lambda tape: volatility(tape, 300)),
    Column("atr_14m", "fraction", 0.0, 0.5, 0, 0.0,
           "ATR(14) of closed one-minute bars of the mid, over mid; the mean of the first 14",
           WILDER, lambda tape: _over_mid(tape.of(average_true_range), tape)),
    Column("atr_expansion", "fraction", -1.0, 10.0, 0, 0.0,
           "mean true range of the last 5 closed minutes over the ATR(14) before them, less 1",
           WILDER, _atr_expansion),
    Column("range_60s", "fraction", 0.0, 1.0, 60, 0.0,
           "high less low of the mid over 60 s, over mid", "",
           lambda tape: _over_mid(tape.of(width_60), tape)),
    Column("range_300s", "fraction", 0.0, 1.0, 300, 0.0,
           "high less low of the mid over 300 s, over mid", "",
           lambda tape: _over_mid(tape.of(_width_300), tape)),
    Column("range_1800s", "fraction", 0.0, 2.0, 1800, 0.0,
           "high less low of the mid over 1,800 s, over mid", "",
           lambda tape: _over_mid(width(tape, 1800), tape)),
    Column("range_contraction", "ratio", 0.0, 1.0, 300, 1.0,
           "range of 60 s over range of 300 s", "", _contraction),
    Column("efficiency_300s", "ratio", 0.0, 1.0, 300, 0.0,
           "distance of the mid over 300 s, over the way it went second by second", KAUFMAN,
           _efficiency),
    Column("average_trend", "fraction", -0.5, 0.5, 0, 0.0,
           "exponential mean of 9 over that of 20 closes of minutes, less 1; plain means of "
           "the first 5 and 10", "", lambda tape: tape.of(average_trend)),
)  # fmt: skip
