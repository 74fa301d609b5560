"""An order that waits in the book: its place in the queue, and what reaches it.

Only the top of the book is in the data, so the shares ahead of the order are followed from what
was displayed when it came, from the prints at its price and, if the rules are that kind, from
cancellations, of which some part stood ahead of it. With queue model 0 only prints move it on.
Formulas of the queue: R. Rigtorp, "Estimating order queue position" (2013), with f(x) = x.
"""

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.base.prices import NANODOLLARS_PER_UNIT

WORKING_FIELDS = [
    ("working_ns", np.int64),  # when it was placed, 0 if it waits to be
    ("working_value", np.int64),  # microdollars of the shares it got so far
    ("working_taken_value", np.int64),  # of these, of shares that it took
    ("working_charged", np.int64),  # microdollars of fees so far
    ("working_ahead", np.float64),  # shares ahead of it
    ("working", np.int64),  # signed shares still wished for, 0 if no order works
    ("working_limit", np.int64),  # price units
    ("working_shown", np.int32),  # displayed at its price by the last book, -1 if it was not best
    ("working_passed", np.int32),  # shares printed at its price since
    ("working_filled", np.int64),  # shares it got so far
    ("working_taken", np.int64),  # of these, shares that it took
]


@kernel
def clear_working(state):
    """Forget the working order."""
    state.working = 0
    state.working_limit = 0
    state.working_ns = 0
    state.working_ahead = 0.0
    state.working_shown = -1
    state.working_passed = 0
    state.working_filled = 0
    state.working_value = 0
    state.working_taken = 0
    state.working_taken_value = 0
    state.working_charged = 0


@kernel
def join_queue(state, quote, ns):
    """Place the working order in a book that it does not cross."""
    buys = state.working > 0
    best, size = (quote.bid, quote.bid_size) if buys else (quote.ask, quote.ask_size)
    better = state.working_limit > best if buys else state.working_limit < best
    state.working_ns = ns
    state.working_passed = 0
    state.working_shown = -1
    if better:
        state.working_ahead = 0.0
    elif state.working_limit == best:
        state.working_ahead = float(size)
        state.working_shown = size
    else:
        state.working_ahead = float(size * 3 // 2)


@kernel
def reached_by_print(state, tape_print, rules):
    """Return how many shares of a print in the book reach the placed order."""
    if tape_print.lit == 0:
        return 0
    side = 1 if state.working > 0 else -1
    beyond = side * (state.working_limit * NANODOLLARS_PER_UNIT - tape_print.price)
    if beyond > 0:
        state.working_ahead = 0.0
        return tape_print.size
    if beyond < 0 or tape_print.side != -side:
        return 0
    state.working_passed += tape_print.size
    over = tape_print.size - state.working_ahead
    if over <= 0.0:
        state.working_ahead -= tape_print.size
        return 0
    state.working_ahead = 0.0
    return int(over) * (100 - rules.passive_haircut) // 100


@kernel
def follow_book(state, quote, rules):
    """Move the placed order on, or leave it, as a sound book state says that it does not cross."""
    buys = state.working > 0
    best, size = (quote.bid, quote.bid_size) if buys else (quote.ask, quote.ask_size)
    if best != state.working_limit:
        if (best < state.working_limit) == buys:
            state.working_ahead = 0.0
        state.working_shown = -1
        return
    ahead = state.working_ahead
    if rules.queue_model == 1 and state.working_shown >= 0:
        gone = state.working_shown - size - state.working_passed
        if gone > 0:
            behind = max(0.0, state.working_shown - ahead)
            part = behind / (behind + ahead) if behind + ahead > 0.0 else 1.0
            ahead = max(0.0, ahead - (1.0 - part) * gone)
    state.working_ahead = min(ahead, float(size))
    state.working_shown = size
    state.working_passed = 0
