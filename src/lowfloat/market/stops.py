"""Stops: orders that prints wake, and that then sell where the market is."""

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.base.prices import MICRODOLLARS_PER_UNIT, NANODOLLARS_PER_UNIT
from lowfloat.market.order import away, tick_at

STOP_FIELDS = [
    ("stop_price", np.int32),  # price units, 0 if there is none
    ("stop_trail", np.int32),  # price units below the high, 0 if it stays where it is
    ("stop_high", np.int32),  # highest price since it was set, price units
    ("stop_due", np.int64),  # when a triggered stop's order reaches the market, 0 if none is due
]


@kernel
def fixed_stop(state, limits):
    """Return the price of a stop so far below the average entry price, price units."""
    average = state.cost / (MICRODOLLARS_PER_UNIT * state.shares)
    return max(1, away(int(average * (1.0 - limits.stop_distance)), -1))


@kernel
def trail_of(state, limits):
    """Return how far a trailing stop stays below the high, price units."""
    return max(tick_at(state.mark), int(state.mark * limits.trail_distance))


@kernel
def trailing_stop(high, trail):
    """Return the price of a stop that trails a high."""
    return max(1, away(high - trail, -1))


@kernel
def clear_stop(state):
    """Take the stop away."""
    state.stop_price = 0
    state.stop_trail = 0
    state.stop_high = 0
    state.stop_due = 0


@kernel
def is_triggered(state, tape_print):
    """Follow a print that sets the last price; return whether it triggers the stop."""
    if tape_print.price <= state.stop_price * NANODOLLARS_PER_UNIT:
        return True
    if state.stop_trail > 0:
        state.stop_high = max(state.stop_high, tape_print.price // NANODOLLARS_PER_UNIT)
        state.stop_price = max(state.stop_price, trailing_stop(state.stop_high, state.stop_trail))
    return False
