"""The eighteen things a trader looks for to tell the phase of a move, each from 0 to 1.

Three to a phase of the life of a move. A score is 0 where the thing is absent, 1 where it is
plain, and goes in a line between two thresholds that are named beside it. They are not
probabilities, and no phase follows from three of them: the tracker weighs what it sees by how
often it was seen in each phase.
"""

from collections.abc import Callable

import numpy as np

from lowfloat.tape.blocks import sweep_balance
from lowfloat.tape.book import bid_steps, spread
from lowfloat.tape.column import Column, Tape
from lowfloat.tape.events import BID, events, usual_size
from lowfloat.tape.flow import buy_pressure_60
from lowfloat.tape.impact import absorbed
from lowfloat.tape.levels import high_of_day, high_tests, since_high
from lowfloat.tape.price import average_trend, average_true_range, change, mid_price, width_60
from lowfloat.tape.resting import level_ratio, net_stack
from lowfloat.tape.swings import retrace, swings
from lowfloat.tape.volume import surge_now, volume_trend
from lowfloat.tape.windows import (
    faded_mean,
    lagged,
    positive,
    ramp,
    trailing_max,
    trailing_min,
)

WINDOW = 60  # seconds, the window in which phases are told


def _in_atrs(tape: Tape, dollars: np.ndarray) -> np.ndarray:
    atr = tape.of(average_true_range)
    return dollars / positive(atr)


def minute_range(tape: Tape) -> np.ndarray:
    """Return the range of the mid over 60 s in units of the ATR(14)."""
    return _in_atrs(tape, tape.of(width_60))


def _low_volume(tape: Tape) -> np.ndarray:
    return ramp(tape.of(surge_now), 1.5, 0.5)


def _tight_range(tape: Tape) -> np.ndarray:
    return ramp(tape.of(minute_range), 1.0, 0.5)


def _absorption(tape: Tape) -> np.ndarray:
    response = ramp(trailing_max(-tape.of(absorbed), 10), 0.4, 0.7)
    at_level = ramp(tape.of(level_ratio)[BID], 1.0, 3.0)
    building = ramp(tape.of(net_stack), 1.0, 4.0)
    return np.maximum(np.maximum(response, at_level), building)


def _volume_spike(tape: Tape) -> np.ndarray:
    return ramp(tape.of(surge_now), 1.5, 3.0)


def _range_expansion(tape: Tape) -> np.ndarray:
    mid = tape.of(mid_price)
    above = mid > lagged(trailing_max(mid, 300), WINDOW)  # where it was before the last minute
    return np.where(np.isnan(mid), np.nan, above) * ramp(tape.of(minute_range), 1.0, 1.5)


def _aggressive_buying(tape: Tape) -> np.ndarray:
    return ramp(tape.of(buy_pressure_60), 0.5, 0.65)


def _sustained_volume(tape: Tape) -> np.ndarray:
    return ramp(trailing_min(tape.of(surge_now), WINDOW), 1.0, 1.5)


def _trending(tape: Tape) -> np.ndarray:
    slope = _in_atrs(tape, tape.of(average_trend) * tape.of(mid_price))
    return 0.5 * ramp(slope, 0.0, 1.0) + 0.5 * ramp(tape.of(swings).higher_lows, 0.0, 2.0)


def _pullback_buying(tape: Tape) -> np.ndarray:
    return ramp(tape.of(retrace), 0.6, 0.4) * ramp(tape.of(buy_pressure_60), 0.4, 0.55)


def _near_high(tape: Tape) -> np.ndarray:
    return ramp(tape.of(mid_price) / tape.of(high_of_day), 0.97, 0.99)


def _volume_divergence(tape: Tape) -> np.ndarray:
    fading = ramp(-tape.of(volume_trend), 0.1, 0.7)
    return tape.of(_near_high) * fading


def _range_contraction(tape: Tape) -> np.ndarray:
    extended = ramp(tape.of(swings).top / tape.of(swings).base, 1.03, 1.08)
    return extended * ramp(tape.of(minute_range), 1.0, 0.5)


def _failed_highs(tape: Tape) -> np.ndarray:
    waited = ramp(tape.of(since_high).astype(np.float64), 30.0, 90.0)
    return waited * ramp(tape.of(high_tests), 0.0, 2.0)


def _high_volume_selling(tape: Tape) -> np.ndarray:
    selling = ramp(tape.of(buy_pressure_60), 0.5, 0.4)
    return selling * ramp(tape.of(surge_now), 0.75, 1.5)


def _lower_highs(tape: Tape) -> np.ndarray:
    return ramp(tape.of(swings).lower_highs, 0.0, 2.0)


def _bid_weakness(tape: Tape) -> np.ndarray:
    leaving = ramp(-tape.of(net_stack), 1.0, 4.0)
    return np.fmax(leaving, ramp(-tape.of(bid_steps), 0.0, 0.3))


def _panic_selling(tape: Tape) -> np.ndarray:
    fall = ramp(-change(tape, WINDOW), 0.01, 0.02)
    return fall * ramp(tape.of(buy_pressure_60), 0.5, 0.35)


def _cascade_stops(tape: Tape) -> np.ndarray:
    run = ramp(-tape.of(events).run.astype(np.float64), 4.0, 12.0)
    low = lagged(trailing_min(tape.of(mid_price), 120), 10)
    below = np.where(np.isnan(low), np.nan, tape.of(mid_price) < low)
    swept = ramp(-tape.of(sweep_balance), 0.5, 2.0)
    return np.fmax(run, swept) * below


def _no_bid(tape: Tape) -> np.ndarray:
    usual = lagged(faded_mean(tape.of(spread), 900.0), 10)
    gone = ramp(tape.seconds.bid_size / tape.of(usual_size), 0.3, 0.05)
    wide = ramp(tape.of(spread) / usual, 1.5, 2.5)
    weak = np.where(tape.seconds.bid > 0, np.fmax(wide, gone), 1.0)
    return np.where(np.isnan(tape.of(usual_size)), np.nan, weak)  # before there was a book


def _score(name: str, meaning: str, values: Callable[[Tape], np.ndarray]) -> Column:
    return Column(name, "score", 0.0, 1.0, 0, 0.0, meaning, "", values)


COLUMNS = (
    _score("low_volume", "shares of 60 s over a mean minute of the 20 before: 1 at a half, 0 at "
           "1.5", _low_volume),
    _score("tight_range", "range of 60 s in ATR(14): 1 at a half, 0 at 1", _tight_range),
    _score("absorption", "the largest of: absorption at the bid of the last 10 s, 0.4 to 0.7; "
           "shares executed at the bid over the most displayed there, 1 to 3; net_stack, 1 to 4",
           _absorption),
    _score("volume_spike", "shares of 60 s over a mean minute of the 20 before, 1.5 to 3",
           _volume_spike),
    _score("range_expansion", "range of 60 s in ATR(14), 1 to 1.5, if the mid is above its high of "
           "the 300 s before these 60", _range_expansion),
    _score("aggressive_buying", "buy_pressure_60s, 0.5 to 0.65", _aggressive_buying),
    _score("sustained_volume", "the least that low_volume's ratio was over 60 s, 1 to 1.5",
           _sustained_volume),
    _score("trending", "half of: average_trend in ATR(14), 0 to 1; half of: higher lows, 0 to 2",
           _trending),
    _score("pullback_buying", "retrace, 0.6 down to 0.4, times buy_pressure_60s, 0.4 to 0.55",
           _pullback_buying),
    _score("volume_divergence", "mid over its high of day, 0.97 to 0.99, times volume_trend, -0.1 "
           "down to -0.7", _volume_divergence),
    _score("range_contraction_score", "top of the leg over its base, 1.03 to 1.08, times range of "
           "60 s in ATR(14), 1 down to 0.5", _range_contraction),
    _score("failed_highs", "seconds since the high of day, 30 to 90, times tests of it, 0 to 2",
           _failed_highs),
    _score("high_volume_selling", "buy_pressure_60s, 0.5 down to 0.4, times low_volume's ratio, "
           "0.75 to 1.5", _high_volume_selling),
    _score("lower_highs_score", "lower swing highs in a row, 0 to 2", _lower_highs),
    _score("bid_weakness", "the larger of: net_stack, -1 down to -4; bid_steps_60s, 0 down to -0.3",
           _bid_weakness),
    _score("panic_selling", "return_60s, -1 % down to -2 %, times buy_pressure_60s, 0.5 down to "
           "0.35", _panic_selling),
    _score("cascade_stops", "if the mid is below its low of the 120 s up to 10 s ago, the larger "
           "of: sells in a row, 4 to 12; sweep_balance_10s, -0.5 down to -2", _cascade_stops),
    _score("no_bid", "1 without a bid, else the larger of: spread over its mean, fading over 900 s "
           "up to 10 s ago, 1.5 to 2.5; bid size in usual sizes of a side, 0.3 down to 0.05",
           _no_bid),
)  # fmt: skip
