"""The resident form of a day's market, as the fill kernels read it."""

import numpy as np

from lowfloat.base.jit import kernel

QUOTE = np.dtype(
    [
        ("ts", np.int64),  # received, ns UTC
        ("bid", np.int32),  # price units, 0 if empty
        ("ask", np.int32),
        ("bid_size", np.int32),  # shares
        ("ask_size", np.int32),
        ("bid_run", np.int32),  # the day's row in which the bid came to its price
        ("ask_run", np.int32),
    ],
    align=True,
)
"""One state of the top of book. Trades are left out: they leave the book as it was.

A run is a row of states with the same best price on a side.
"""

REVEAL = np.dtype(
    [
        ("row", np.int32),  # the day's book state that shows it
        ("distance", np.int32),  # price units between the level and the one before it
        ("size", np.int32),  # shares
    ],
    align=True,
)
"""A level that came to light when the one before it went away."""

SECOND = np.dtype(
    [
        ("quote", np.int64),  # row of the first quote received at or after this second began
        ("mid_variance", np.int64),  # of the 300 s before, see `market/conditions.py`
        ("bid", np.int32),  # book known at the decision of this second, price units, 0 if empty
        ("ask", np.int32),
        ("mark", np.int32),  # last bid of a two-sided, uncrossed book, 0 before the first
        ("lower_band", np.int32),  # of limit up, limit down; 0 if there are none
        ("upper_band", np.int32),
        ("prints_5s", np.int32),  # of the tape, in the 5 s before
        ("prints_300s", np.int32),
        ("volume_60s", np.int32),  # shares
        ("volume_300s", np.int32),
        ("halted", np.int8),  # known trading state: 1 in a halt
        ("phase", np.int8),  # MomentumPhase known at the decision
    ],
    align=True,
)
"""What is known of the market when the decision of one second is taken.

In a deck it is followed by the second's market columns, see ``env/deck.py``.
"""

DAY = np.dtype(
    [
        ("start_ns", np.int64),  # 04:00 New York
        ("first_quote", np.int64),  # rows [first_quote, last_quote) of the quotes
        ("last_quote", np.int64),
        ("first_halt", np.int64),  # rows [first_halt, last_halt) of the halts
        ("last_halt", np.int64),
        ("first_reveal", np.int64),  # of bids: rows [first_reveal, first_ask_reveal)
        ("first_ask_reveal", np.int64),  # of offers: rows [first_ask_reveal, last_reveal)
        ("last_reveal", np.int64),
        ("sec_fee", np.int64),  # hundredths of a dollar per million dollars sold
        ("taf_fee", np.int64),  # microdollars per share sold
        ("taf_cap", np.int64),  # microdollars per trade
        ("end_second", np.int32),  # end of the session or of the data
        ("data_ends_early", np.int32),  # 1 if the data end before the session does
    ],
    align=True,
)
"""Constants of one resident day."""


@kernel
def quote_at(quotes, day, row, arrival_ns):
    """Return the row of the last quote received by ``arrival_ns``, -1 if there is none today.

    Args:
        quotes: ``QUOTE`` records of all resident days.
        day: ``DAY`` record.
        row: the first quote of the second in which ``arrival_ns`` lies.
        arrival_ns: when the order reaches the market.
    """
    while row < day.last_quote and quotes[row].ts <= arrival_ns:
        row += 1
    row -= 1
    return row if row >= day.first_quote else -1


@kernel
def last_resume(halts, day, arrival_ns):
    """Return -1 if trading is halted at ``arrival_ns``, else when the last halt ended, or 0.

    Args:
        halts: spans of all resident days, int64 ``(n, 2)``.
        day: ``DAY`` record.
        arrival_ns: when the order reaches the market.
    """
    resumed = 0
    for row in range(day.first_halt, day.last_halt):
        if halts[row, 0] > arrival_ns:
            break
        if arrival_ns < halts[row, 1]:
            return -1
        resumed = halts[row, 1]
    return resumed
