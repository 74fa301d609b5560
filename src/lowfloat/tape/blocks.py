"""Large size on the tape: large hits, blocks, and orders that sweep several prices at once."""

import numpy as np

from lowfloat.tape.column import Column, Tape
from lowfloat.tape.events import ASK, BID, events, usual_size
from lowfloat.tape.windows import log1p, trailing_sum


def _swept(tape: Tape, side: int) -> np.ndarray:
    return log1p(trailing_sum(tape.of(events).swept[:, side], 10))


def sweep_balance(tape: Tape) -> np.ndarray:
    """Return the shares swept of offers less of bids in 10 s, in usual sizes of a side."""
    found = tape.of(events)
    net = trailing_sum(found.swept[:, ASK] - found.swept[:, BID], 10)
    return net / tape.of(usual_size)


BLOCK = (
    "prints of 60 s of at least the running 99th percentile of sizes and 20,000, 10,000, 5,000 or "
    "2,500 shares below $1, $3, $7 or above, or of $25,000"
)

COLUMNS = (
    Column("large_ask_hits_10s", "log count", 0.0, 8.0, 10, 0.0,
           "ln(1 + large buys in 10 s), large being the running 95th percentile of sizes", "",
           lambda tape: log1p(trailing_sum(tape.seconds.large_buys, 10))),
    Column("large_bid_hits_10s", "log count", 0.0, 8.0, 10, 0.0,
           "ln(1 + large sells in 10 s), large being the running 95th percentile of sizes", "",
           lambda tape: log1p(trailing_sum(tape.seconds.large_sells, 10))),
    Column("blocks_bought_60s", "log count", 0.0, 8.0, 60, 0.0,
           f"ln(1 + n), n bought {BLOCK}", "",
           lambda tape: log1p(trailing_sum(tape.of(events).blocks_bought, 60))),
    Column("blocks_sold_60s", "log count", 0.0, 8.0, 60, 0.0,
           f"ln(1 + n), n sold {BLOCK}", "",
           lambda tape: log1p(trailing_sum(tape.of(events).blocks_sold, 60))),
    Column("blocks_unsigned_60s", "log count", 0.0, 8.0, 60, 0.0,
           f"ln(1 + n), n {BLOCK}, without a known aggressor", "",
           lambda tape: log1p(trailing_sum(tape.of(events).blocks_unsigned, 60))),
    Column("sweeps_of_ask_10s", "log shares", 0.0, 15.0, 10, 0.0,
           "ln(1 + shares of 10 s of orders that took several offers, each print within 1 ms of "
           "the one before by the exchange's clock)", "",
           lambda tape: _swept(tape, ASK)),
    Column("sweeps_of_bid_10s", "log shares", 0.0, 15.0, 10, 0.0,
           "ln(1 + shares of 10 s of orders that took several bids, each print within 1 ms of "
           "the one before by the exchange's clock)", "",
           lambda tape: _swept(tape, BID)),
    Column("sweep_balance_10s", "depths", -10.0, 10.0, 0, 0.0,
           "shares swept of offers less of bids in 10 s, over the usual size of a side", "",
           sweep_balance),
)  # fmt: skip
