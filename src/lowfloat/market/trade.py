"""The record of one trade, from flat to flat, and what a run of trades does to a trader.

A trade may run through several episodes of a day; its number, and all that is counted here, belong
to the account and not to the episode.
"""

from typing import Any

import numpy as np

from lowfloat.base.codes import MomentumPhase
from lowfloat.base.jit import kernel
from lowfloat.base.prices import MICRODOLLARS_PER_DOLLAR, UNITS_PER_DOLLAR

TRADE = np.dtype(
    [
        ("number", np.int32),  # of the account's trades, from 1; 0 stands for no trade
        ("day", np.int32),  # row of the deck
        ("entry_second", np.int32),
        ("exit_second", np.int32),
        ("shares", np.int32),  # most that were held
        ("bought", np.int32),  # shares, in all
        ("settled", np.int32),  # shares that were written down, and not sold
        ("fills", np.int32),
        ("episodes", np.int32),  # that it ran through
        ("high_mark", np.int32),  # of the marks while it was open, price units
        ("low_mark", np.int32),
        ("entry_phase", np.int8),  # MomentumPhase known at the decision
        ("exit_phase", np.int8),
        ("forced", np.int8),  # 1 if some of it was closed by force
        ("round_trip", np.int8),  # 1 if it was a winner once, and lost
        ("paid", np.int64),  # microdollars for the shares bought, without fees
        ("got", np.int64),  # microdollars for the shares sold or settled, without fees
        ("fees", np.int64),  # microdollars
        ("risk", np.int64),  # microdollars that were at risk down to the first stop
    ],
    align=True,
)
"""One trade. Its net gain is ``got - paid - fees``, and in multiples of its risk its R.

Its favourable and adverse excursions are those of the marks from the average entry price,
``paid / (100 * bought)`` price units.
"""


def described(trade: np.void) -> dict[str, Any]:
    """Return a closed trade in dollars a share, dollars, fractions and words."""
    bought = int(trade["bought"])
    entry = int(trade["paid"]) / (MICRODOLLARS_PER_DOLLAR * bought)
    net = int(trade["got"]) - int(trade["paid"]) - int(trade["fees"])
    seen = trade["low_mark"] > 0  # it was open at a decision
    return {
        "entry_second": int(trade["entry_second"]),
        "exit_second": int(trade["exit_second"]),
        "shares": int(trade["shares"]),
        "entry_price": entry,
        "exit_price": int(trade["got"]) / (MICRODOLLARS_PER_DOLLAR * bought),
        "net_pnl": net / MICRODOLLARS_PER_DOLLAR,
        "fees": int(trade["fees"]) / MICRODOLLARS_PER_DOLLAR,
        "r_multiple": net / int(trade["risk"]),
        "mfe": max(int(trade["high_mark"]) / UNITS_PER_DOLLAR - entry, 0.0),
        "mae": min(int(trade["low_mark"]) / UNITS_PER_DOLLAR - entry, 0.0) if seen else 0.0,
        "fills": int(trade["fills"]),
        "phase_at_entry": MomentumPhase(int(trade["entry_phase"])).label,
        "phase_at_exit": MomentumPhase(int(trade["exit_phase"])).label,
        "forced": bool(trade["forced"]),
        "settled": bool(trade["settled"]),
        "round_trip": bool(trade["round_trip"]),
        "episodes": int(trade["episodes"]),
    }


RECORD_FIELDS = [
    ("open", TRADE),  # the open trade, number 0 if flat
    ("closed", TRADE),  # the trade that the last step closed, number 0 if it closed none
    ("wins_in_row", np.int32),
    ("losses_in_row", np.int32),
    ("round_trips", np.int32),  # winners that became losers
    ("loss_second", np.int32),  # when the last losing trade was closed, -1 if none was
    ("flat_low", np.int32),  # lowest mark since the account was flat, price units, 0 if unknown
    ("traded", np.int64),  # microdollars paid in all closed trades
    ("confidence", np.float64),  # falls with each round trip, recovers with each winner
]
WINNER = 1.01  # a trade whose mark was this much above its average entry was a winner
LOSES, REGAINS, LEAST_CONFIDENCE = 0.9, 1.02, 0.1


@kernel
def begin_trade(trade, number, day, second, phase):
    """Begin the record of a trade."""
    trade.number = number
    trade.day = day
    trade.entry_second = second
    trade.exit_second = -1
    trade.shares = 0
    trade.bought = 0
    trade.settled = 0
    trade.fills = 0
    trade.episodes = 1
    trade.high_mark = 0
    trade.low_mark = 0
    trade.entry_phase = phase
    trade.exit_phase = phase
    trade.forced = 0
    trade.round_trip = 0
    trade.paid = 0
    trade.got = 0
    trade.fees = 0
    trade.risk = 0


@kernel
def open_record(state):
    """Begin the record of an account that has not traded."""
    begin_trade(state.open, np.int64(0), np.int32(0), np.int32(-1), np.int8(0))
    state.closed = state.open
    state.wins_in_row = 0
    state.losses_in_row = 0
    state.round_trips = 0
    state.loss_second = -1
    state.flat_low = 0
    state.traded = 0
    state.confidence = 1.0


@kernel
def mark_trade(state, mark):
    """Follow a mark, price units."""
    trade = state.open
    if trade.number == 0:
        if mark > 0:
            state.flat_low = min(state.flat_low, mark) if state.flat_low > 0 else mark
        return
    trade.high_mark = max(trade.high_mark, mark)
    trade.low_mark = min(trade.low_mark, mark) if trade.low_mark > 0 else mark


@kernel
def end_trade(state, second, phase, usual_risk):
    """Close the open trade's record, and count what it means for the next.

    Args:
        state: with :data:`RECORD_FIELDS`.
        second: at whose decision the account is known to be flat.
        phase: known at its decision.
        usual_risk: fraction of what was paid that is at risk if there was no stop.
    """
    trade = state.open
    trade.exit_second = second
    trade.exit_phase = phase
    if trade.risk == 0:
        trade.risk = max(1, int(trade.paid * usual_risk))
    net = trade.got - trade.paid - trade.fees
    was_winner = trade.high_mark * 100.0 * trade.bought >= WINNER * trade.paid
    if net > 0:
        state.wins_in_row += 1
        state.losses_in_row = 0
        state.confidence = min(1.0, state.confidence * REGAINS)
    else:
        state.losses_in_row += 1
        state.wins_in_row = 0
        state.loss_second = second
        if was_winner:
            trade.round_trip = 1
            state.round_trips += 1
            state.confidence = max(LEAST_CONFIDENCE, state.confidence * LOSES)
    state.traded += trade.paid
    state.closed = trade
    trade.number = 0
    state.flat_low = 0
