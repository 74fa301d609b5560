"""The nine actions, and which of them may be sent."""

from typing import NamedTuple

import numpy as np

from lowfloat.base.codes import Action
from lowfloat.base.jit import kernel
from lowfloat.base.prices import MICRODOLLARS_PER_UNIT
from lowfloat.base.units import PositiveDollars

NUM_ACTIONS = len(Action)


class RiskRules(NamedTuple):
    """Money of the account."""

    cash: PositiveDollars = 25_000.0  # dollars at the start of an episode
    max_position: PositiveDollars = 10_000.0  # dollars, at the known ask


class Limits(NamedTuple):
    """The same in microdollars, as kernels read it."""

    cash: int
    max_position: int


def limits_of(risk: RiskRules) -> Limits:
    """Convert dollars to the ledger's integers."""
    return Limits(round(risk.cash * 1_000_000), round(risk.max_position * 1_000_000))


@kernel
def order_shares(action, ask, account, limits):
    """Return the shares an action wishes to trade: above 0 to buy, below 0 to sell, or 0.

    A buy is a quarter to four quarters of the maximum position at the known ask, as far as room
    and cash are left; a sale is that part of the shares held, at least one.
    """
    if action == 0:
        return 0
    if action <= 4:
        if ask <= 0:
            return 0
        most = limits.max_position // (MICRODOLLARS_PER_UNIT * ask)
        affordable = account.cash // (MICRODOLLARS_PER_UNIT * ask)
        wish = most * action // 4
        return max(0, min(wish, most - account.shares, affordable))
    if account.shares == 0:
        return 0
    return -max(1, account.shares * (action - 4) // 4)


@kernel
def legal_actions(known, account, may_trade, may_enter, limits):
    """Return which actions may be sent, as a tuple of nine bools.

    HOLD always may. A buy or a sale needs a known two-sided book outside a halt and at least one
    share to trade. HOLD is the only action while a position is being closed.

    Args:
        known: ``SECOND`` record of the decision.
        account: account record.
        may_trade: False while the position is being closed or the episode is over.
        may_enter: False near the end of the session.
        limits: :class:`Limits`.
    """
    open_book = may_trade and known.halted == 0 and 0 < known.bid < known.ask
    # One share's value; the comparisons below are `order_shares(...) > 0` without its divisions.
    value = MICRODOLLARS_PER_UNIT * np.int64(known.ask)
    room = limits.max_position >= (account.shares + 1) * value
    buy = open_book and may_enter and room and account.cash >= value
    buy_half = buy and limits.max_position >= 2 * value
    buy_quarter = buy and limits.max_position >= 4 * value
    sell = open_book and account.shares > 0
    return (True, buy_quarter, buy_half, buy_half, buy, sell, sell, sell, sell)
