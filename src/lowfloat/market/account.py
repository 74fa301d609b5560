"""The ledger of one account: cash, shares, cost and fees, and the trades that were made.

All money is integer microdollars. ``cash + 100 * shares * mark`` is the equity, where the mark is
the last bid of a sound book, so a position is worth what it could be sold for. At every step
``realized + (100 * shares * mark - cost) - fees == equity - day_equity`` exactly. An account is
opened for a day, or for an episode of it; episodes that go on with an account count from where
they began.
"""

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.base.prices import MICRODOLLARS_PER_UNIT
from lowfloat.market.trade import begin_trade, end_trade, mark_trade, open_record

ACCOUNT_FIELDS = [
    ("cash", np.int64),  # microdollars
    ("shares", np.int64),
    ("cost", np.int64),  # microdollars paid for the shares still held, without fees
    ("fees", np.int64),  # microdollars, all paid by this account
    ("realized", np.int64),  # microdollars, gains of sold shares before fees
    ("mark", np.int64),  # price units
    ("equity", np.int64),  # microdollars
    ("day_equity", np.int64),  # when the account was opened
    ("start_equity", np.int64),  # when the episode began
    ("start_fees", np.int64),
    ("start_trades", np.int32),
    ("start_wins", np.int32),
    ("peak_mark", np.int64),  # highest mark since the position was opened, price units
    ("entry_second", np.int32),  # when the position was opened, -1 if flat
    ("exit_second", np.int32),  # when the last position was closed, -1 if there was none
    ("fills", np.int32),
    ("trades", np.int32),  # positions opened and closed again
    ("wins", np.int32),  # of these, with a gain after all costs
]


@kernel
def open_account(account, cash):
    """Set an account to ``cash`` microdollars and no position."""
    account.cash = cash
    account.shares = 0
    account.cost = 0
    account.fees = 0
    account.realized = 0
    account.mark = 0
    account.equity = cash
    account.day_equity = cash
    account.peak_mark = 0
    account.entry_second = -1
    account.exit_second = -1
    account.fills = 0
    account.trades = 0
    account.wins = 0
    open_record(account)


@kernel
def begin_episode(account):
    """Count from here on what the episode makes of the account."""
    account.start_equity = account.equity
    account.start_fees = account.fees
    account.start_trades = account.trades
    account.start_wins = account.wins
    account.open.episodes += 1


@kernel
def buy(account, shares, value, fee, second, phase):
    """Book a purchase of ``shares`` for ``value`` and ``fee`` microdollars."""
    trade = account.open
    if account.shares == 0:
        account.entry_second = second
        account.peak_mark = 0
        begin_trade(trade, account.trades + 1, account.day, second, phase)
    account.cash -= value + fee
    account.shares += shares
    account.cost += value
    account.fees += fee
    account.fills += 1
    trade.bought += shares
    trade.shares = max(trade.shares, account.shares)
    trade.paid += value
    trade.fees += fee
    trade.fills += 1


@kernel
def sell(account, shares, value, fee, second, phase, usual_risk):
    """Book a sale of ``shares`` for ``value`` less ``fee`` microdollars.

    The cost of a part is rounded down; the remainder stays with the shares still held, so that
    the cost is exactly 0 when flat.
    """
    account.fills += 1
    account.open.fills += 1
    _part_with(account, shares, value, fee, second, second + 1, phase, usual_risk)


@kernel
def settle(account, price, second, phase, usual_risk):
    """Write down all shares to ``price`` price units: no fee, and no fill."""
    account.open.settled = account.shares
    value = MICRODOLLARS_PER_UNIT * price * account.shares
    _part_with(account, account.shares, value, 0, second, np.int64(second), phase, usual_risk)


@kernel
def _part_with(account, shares, value, fee, second, known, phase, usual_risk):
    # Flat is known at the decision after that of a sale, and at once after a settlement.
    # Cost per share first: cost * shares would pass 2^63 at the largest admitted position.
    whole = account.cost // account.shares
    cost = whole * shares + (account.cost - whole * account.shares) * shares // account.shares
    account.cash += value - fee
    account.shares -= shares
    account.cost -= cost
    account.fees += fee
    account.realized += value - cost
    trade = account.open
    trade.got += value
    trade.fees += fee
    if account.shares == 0:
        account.trades += 1
        account.wins += trade.got - trade.paid - trade.fees > 0
        account.entry_second = -1
        account.exit_second = second
        end_trade(account, known, phase, usual_risk)


@kernel
def mark_to(account, mark):
    """Value the position at ``mark`` price units."""
    account.mark = mark
    account.equity = account.cash + MICRODOLLARS_PER_UNIT * account.shares * mark
    account.peak_mark = max(account.peak_mark, mark) if account.shares > 0 else 0
    mark_trade(account, mark)
