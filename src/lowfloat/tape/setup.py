"""The quality of a setup: six questions that a trader asks before sizing up.

Each factor is 1 or 0, or not known, as when there is no feed that could tell. The quality is the
weight of those that hold over the weight of those that are known.
"""

from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import NS, SECONDS_PER_SESSION
from lowfloat.base.units import Fraction, NonNegative, Seconds
from lowfloat.tape.column import Column, Tape
from lowfloat.tape.levels import gap
from lowfloat.tape.ranges import ranges
from lowfloat.tape.volume import premarket_relative_volume, surge
from lowfloat.tape.windows import positive


class SetupRules(NamedTuple):
    """Weights and thresholds of the setup quality; a weight of 0 leaves its factor out.

    Attributes:
        volume: weight of a surge of volume,
        min_surge: of the last closed minute over the mean of the 20 before.
        range: weight of a fresh breakout from a long range,
        min_range_seconds: that had lasted longer than this.
        catalyst: weight of a catalyst: a headline today or, where no news is known, its proxy:
        catalyst_gap: a gap of at least this, or
        catalyst_volume: premarket volume of at least so many times the usual.
        time: weight of the time of day,
        before_second: earlier than this second of the session; 23,400 is 10:30.
        sector: weight of the sector rising too.
        no_failure: weight of no breakout having failed today.
    """

    volume: NonNegative = 0.2
    min_surge: NonNegative = 3.0
    range: NonNegative = 0.2
    min_range_seconds: Seconds = 1800
    catalyst: NonNegative = 0.2
    catalyst_gap: Fraction = 0.10
    catalyst_volume: NonNegative = 5.0
    time: NonNegative = 0.1
    before_second: Seconds = 23_400
    sector: NonNegative = 0.1
    no_failure: NonNegative = 0.2


class SetupQuality(NamedTuple):
    """Float64 arrays of length 57,600, each of 0, 1 or NaN but for the quality.

    Attributes:
        volume: whether volume surges.
        range: whether the mid broke out of a long range less than 300 s ago and did not fail.
        catalyst: whether there is a catalyst.
        time: whether it is early.
        sector: whether the sector rises.
        no_failure: whether no breakout failed today.
        quality: 0 to 1, NaN if no factor is known.
    """

    volume: np.ndarray
    range: np.ndarray
    catalyst: np.ndarray
    time: np.ndarray
    sector: np.ndarray
    no_failure: np.ndarray
    quality: np.ndarray


def setup_quality(tape: Tape, rules: SetupRules = SetupRules()) -> SetupQuality:  # noqa: B008
    """Return the quality of the setup at the end of each second, and what it is made of."""
    found = tape.of(ranges)
    second = np.arange(1, SECONDS_PER_SESSION + 1)  # the decision that follows
    factors = {
        "volume": _holds(tape.of(surge), tape.of(surge) > rules.min_surge),
        "range": _holds(found.broken, found.broken > rules.min_range_seconds),
        "catalyst": _catalyst(tape, rules),
        "time": (second < rules.before_second).astype(np.float64),
        "sector": _holds(tape.sector_gain, tape.sector_gain > 0),
        "no_failure": _holds(found.failed, found.failed == 0),
    }
    known = np.zeros(len(second))
    total = np.zeros(len(second))
    for name, factor in factors.items():
        weight = getattr(rules, name)
        known += np.where(np.isnan(factor), 0.0, weight)
        total += weight * np.nan_to_num(factor)
    quality = total / positive(known)
    return SetupQuality(**factors, quality=np.minimum(quality, 1.0))


def _holds(values: np.ndarray, condition: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), np.nan, condition)


def _catalyst(tape: Tape, rules: SetupRules) -> np.ndarray:
    """Return 1 from the first headline on; without a news feed, what gap and volume suggest."""
    if tape.headlines is not None:
        ends = tape.session.start_ns + NS * np.arange(1, SECONDS_PER_SESSION + 1)
        return (np.searchsorted(np.sort(tape.headlines), ends) > 0).astype(np.float64)
    gapped, busy = tape.of(gap), tape.of(premarket_relative_volume)
    suggests = (gapped >= rules.catalyst_gap) | (busy >= rules.catalyst_volume)
    return np.where(np.isnan(gapped) & np.isnan(busy), np.nan, suggests)


def _default(tape: Tape) -> SetupQuality:
    return setup_quality(tape)


def _part(name: str, meaning: str, missing: float) -> Column:
    return Column(f"setup_{name}", "score", 0.0, 1.0, 0, missing, meaning, "",
                  lambda tape: getattr(tape.of(_default), name))  # fmt: skip


COLUMNS = (
    _part("volume", "1 if the last closed minute had over 3 times the mean of the 20 before", 0.0),
    _part("range", "1 if the mid broke out of a range of over 1,800 s less than 300 s ago and has "
          "not failed", 0.0),
    _part("catalyst", "1 from the first headline of the day on; where no news is known, if the gap "
          "is at least 10 % or premarket volume at least 5 times the usual", 0.0),
    _part("time", "1 before 10:30", 0.0),
    _part("sector", "1 if the sector is above its previous close", 0.0),
    _part("no_failure", "1 if no breakout failed today", 1.0),
    _part("quality", "weights .2 volume, .2 range, .2 catalyst, .1 time, .1 sector, .2 no failure "
          "of what holds over those of what is known", 0.0),
)  # fmt: skip
