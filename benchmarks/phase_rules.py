"""The phase of the move, by plain causal rules: what the tracker is held against.

The rules are tried in order and the first that holds names the phase; a new phase must be named
for five seconds in a row before it is taken over, so that a single print does not flip it.
"""

import numpy as np

from lowfloat.base.codes import MomentumPhase
from lowfloat.tape.column import Tape
from lowfloat.tape.flow import buy_pressure_60, tape_speed
from lowfloat.tape.levels import high_of_day, vwap
from lowfloat.tape.price import change, mid_price
from lowfloat.tape.volume import surge
from lowfloat.tape.windows import lagged, seconds_since, trailing_max

HOLD_SECONDS = 5


def phases_by_rules(tape: Tape) -> np.ndarray:
    """Return the phase known at each decision second 0..57,600, as int8 ``MomentumPhase``."""
    raw = _named_by_rules(tape)
    run = seconds_since(np.concatenate([[True], raw[1:] != raw[:-1]])) + 1
    # A halt is told at once, and so is its end.
    halted = raw == MomentumPhase.HALTED
    reopened = ~halted & np.concatenate([[False], halted[:-1]])
    settled = np.where((run >= HOLD_SECONDS) | halted | reopened, raw, -1)
    index = np.arange(len(raw))
    last = np.maximum.accumulate(np.where(settled >= 0, index, -1))
    held = np.where(last >= 0, settled[np.maximum(last, 0)], MomentumPhase.DEAD)
    return np.concatenate([[MomentumPhase.DEAD], held]).astype(np.int8)


def _named_by_rules(tape: Tape) -> np.ndarray:
    # A comparison with what is not known is False.
    seconds, mid = tape.seconds, tape.of(mid_price)
    day_high = tape.of(high_of_day)
    off_high = 1.0 - mid / day_high
    since_high = seconds_since(mid > np.concatenate([[0.0], day_high[:-1]]))
    recent_high = (since_high >= 0) & (since_high < 60)
    above_vwap = mid > tape.of(vwap)
    surging = tape.of(surge)
    pressure = tape.of(buy_pressure_60)
    ceiling = lagged(trailing_max(mid, 300), 1)
    width = (trailing_max(mid, 300) + trailing_max(-mid, 300)) / mid
    half_minute, minute, five = (change(tape, window) for window in (30, 60, 300))
    since_break = seconds_since((mid > ceiling) & (minute > 0.005) & (surging > 2.0))
    breaking = (since_break >= 0) & (since_break < 30) & (minute > 0.0)

    rules = [
        (seconds.halted > 0, MomentumPhase.HALTED),
        (np.isnan(mid) | (tape_speed(seconds, 300) < 0.02), MomentumPhase.DEAD),
        ((minute > 0.04) & (five > 0.10), MomentumPhase.PARABOLIC),
        (breaking, MomentumPhase.BREAKOUT),
        (half_minute < -0.02, MomentumPhase.FLUSH),
        (above_vwap & (five > 0.01) & (recent_high | (off_high < 0.015)), MomentumPhase.MOMENTUM),
        (~above_vwap & (minute > 0.01), MomentumPhase.BOUNCE),
        (
            above_vwap & (since_high >= 60) & (since_high < 300) & (minute <= 0) & (surging > 1.5),
            MomentumPhase.EXHAUSTION,
        ),
        (above_vwap & (off_high > 0.02) & (pressure < 0.4), MomentumPhase.DISTRIBUTION),
        (~above_vwap & (five < 0.0), MomentumPhase.FADE),
        (above_vwap & (width < 0.05), MomentumPhase.CONSOLIDATION),
    ]
    conditions = [condition for condition, _ in rules]
    return np.select(conditions, [int(phase) for _, phase in rules], MomentumPhase.ACCUMULATION)
