"""The resident form of a day's book, as the fill kernels read it."""

import numpy as np

QUOTE = np.dtype(
    [
        ("ts", np.int64),  # received, ns UTC
        ("bid", np.int32),  # price units, 0 if empty
        ("ask", np.int32),
        ("bid_size", np.int32),  # shares
        ("ask_size", np.int32),
    ],
    align=True,
)
"""One state of the top of book. Trades are left out: they leave the book as it was."""

SECOND = np.dtype(
    [
        ("quote", np.int64),  # row of the first quote received at or after this second began
        ("bid", np.int32),  # book known at the decision of this second, price units, 0 if empty
        ("ask", np.int32),
        ("mark", np.int32),  # last bid of a two-sided, uncrossed book, 0 before the first
        ("halted", np.int8),  # known trading state: 1 in a halt
        ("phase", np.int8),  # MomentumPhase known at the decision
    ],
    align=True,
)
"""What is known of the book when the decision of one second is taken.

In a deck it is followed by the second's market columns, see ``env/deck.py``.
"""

DAY = np.dtype(
    [
        ("start_ns", np.int64),  # 04:00 New York
        ("first_quote", np.int64),  # rows [first_quote, last_quote) of the quotes
        ("last_quote", np.int64),
        ("first_halt", np.int64),  # rows [first_halt, last_halt) of the halts
        ("last_halt", np.int64),
        ("sec_fee", np.int64),  # hundredths of a dollar per million dollars sold
        ("taf_fee", np.int64),  # microdollars per share sold
        ("taf_cap", np.int64),  # microdollars per trade
        ("end_second", np.int32),  # end of the session or of the data
        ("data_ends_early", np.int32),  # 1 if the data end before the session does
    ],
    align=True,
)
"""Constants of one resident day."""
