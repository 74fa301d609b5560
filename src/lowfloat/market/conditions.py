"""What the market was like, second by second, for the rules that say how an order fares in it."""

import numpy as np

from lowfloat.base.clock import SECONDS_PER_SESSION
from lowfloat.base.prices import UNITS_PER_DOLLAR
from lowfloat.tape.bands import bands
from lowfloat.tape.column import Tape

MILLION = 1_000_000
SPAN = 10  # seconds of a change of the mid: over shorter ones it flickers, and seems to move more


def write_conditions(tape: Tape, seconds: np.ndarray) -> None:
    """Write prints, volumes, the movement of the mid and the price bands of a day.

    Args:
        tape: the day.
        seconds: ``SECOND`` records of length 57,601, changed in place. What is written at ``s``
            was received before ``s``.
    """
    summed = tape.seconds
    seconds["prints_5s"] = _before(summed.trades, 5)
    seconds["prints_300s"] = _before(summed.trades, 300)
    seconds["volume_60s"] = _before(summed.volume, 60)
    seconds["volume_300s"] = _before(summed.volume, 300)
    seconds["mid_variance"] = _before(_mid_moves(summed.bid, summed.ask) ** 2, 300) // SPAN
    known = tape.of(bands)
    for side in ("lower", "upper"):
        dollars = np.nan_to_num(getattr(known, side))
        seconds[f"{side}_band"][1:] = np.rint(dollars * UNITS_PER_DOLLAR)


def _before(counts: np.ndarray, span: int) -> np.ndarray:
    """Return, per decision, the sum of the ``span`` seconds before it."""
    total = np.concatenate([[0], np.cumsum(counts)])
    return total - total[np.maximum(np.arange(SECONDS_PER_SESSION + 1) - span, 0)]


def _mid_moves(bid: np.ndarray, ask: np.ndarray) -> np.ndarray:
    """Return the change of the mid over ``SPAN`` seconds in millionths, between sound books."""
    twice_mid = np.where((bid > 0) & (bid < ask), bid + ask, 0)
    before = np.concatenate([np.zeros(SPAN, np.int64), twice_mid[:-SPAN]])
    both = (before > 0) & (twice_mid > 0)
    moves = (twice_mid - before) * MILLION // np.where(both, before, 1)
    return np.where(both, np.clip(moves, -MILLION, MILLION), 0)
