"""The ledger of one account: cash, shares, cost, fees, and what the open trade has been through.

All money is integer microdollars. ``cash + 100 * shares * mark`` is the equity, where the mark is
the last bid of a sound book, so a position is worth what it could be sold for. At every step
``realized + (100 * shares * mark - cost) - fees == equity - start_equity`` exactly.
"""

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.base.prices import MICRODOLLARS_PER_UNIT

ACCOUNT_FIELDS = [
    ("cash", np.int64),  # microdollars
    ("shares", np.int64),
    ("cost", np.int64),  # microdollars paid for the shares still held, without fees
    ("fees", np.int64),  # microdollars, all paid in this episode
    ("realized", np.int64),  # microdollars, gains of sold shares before fees
    ("mark", np.int64),  # price units
    ("equity", np.int64),  # microdollars
    ("start_equity", np.int64),
    ("peak_mark", np.int64),  # highest mark since the position was opened, price units
    ("entry_second", np.int32),  # when the position was opened, -1 if flat
    ("exit_second", np.int32),  # when the last position was closed, -1 if there was none
    ("entry_equity", np.int64),  # equity just before the position was opened, microdollars
    ("fills", np.int32),
    ("trades", np.int32),  # positions opened and closed again
    ("wins", np.int32),  # of these, with a gain after all costs
]


@kernel
def open_account(account, cash, second):
    """Set an account to ``cash`` microdollars and no position."""
    account.cash = cash
    account.shares = 0
    account.cost = 0
    account.fees = 0
    account.realized = 0
    account.mark = 0
    account.equity = cash
    account.start_equity = cash
    account.peak_mark = 0
    account.entry_second = -1
    account.exit_second = -1
    account.entry_equity = cash
    account.fills = 0
    account.trades = 0
    account.wins = 0


@kernel
def buy(account, shares, value, fee, second):
    """Book a purchase of ``shares`` for ``value`` and ``fee`` microdollars."""
    if account.shares == 0:
        account.entry_second = second
        account.entry_equity = account.cash
        account.peak_mark = 0
    account.cash -= value + fee
    account.shares += shares
    account.cost += value
    account.fees += fee
    account.fills += 1


@kernel
def sell(account, shares, value, fee, second, is_fill):
    """Book a sale of ``shares`` for ``value`` less ``fee`` microdollars.

    The cost of a part is rounded down; the remainder stays with the shares still held, so that
    the cost is exactly 0 when flat. A settlement is booked the same way, and is no fill.
    """
    # Cost per share first: cost * shares would pass 2^63 at the largest admitted position.
    whole = account.cost // account.shares
    cost = whole * shares + (account.cost - whole * account.shares) * shares // account.shares
    account.cash += value - fee
    account.shares -= shares
    account.cost -= cost
    account.fees += fee
    account.realized += value - cost
    account.fills += is_fill
    if account.shares == 0:
        account.trades += 1
        account.wins += account.cash > account.entry_equity
        account.entry_second = -1
        account.exit_second = second


@kernel
def mark_to(account, mark):
    """Value the position at ``mark`` price units."""
    account.mark = mark
    account.equity = account.cash + MICRODOLLARS_PER_UNIT * account.shares * mark
    account.peak_mark = max(account.peak_mark, mark) if account.shares > 0 else 0
