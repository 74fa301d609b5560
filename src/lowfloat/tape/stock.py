"""What was known of the stock before the day began."""

import numpy as np

from lowfloat.base.clock import SECONDS_PER_SESSION
from lowfloat.base.prices import NANODOLLARS_PER_DOLLAR
from lowfloat.tape.column import Column, Tape
from lowfloat.tape.windows import log1p


def _constant(tape: Tape, value: float | None) -> np.ndarray:
    """Return a value for every decision, NaN if it is 0 or not known."""
    return np.full(SECONDS_PER_SESSION + 1, value or np.nan)


COLUMNS = (
    Column("previous_close_known", "flag", 0.0, 1.0, 0, 0.0, "1 if there is a previous close", "",
           lambda tape: np.full(SECONDS_PER_SESSION + 1, float(tape.baseline.previous_close > 0))),
    Column("previous_close", "log dollars", 0.0, 10.0, 0, 0.0, "ln(1 + previous close)", "",
           lambda tape: log1p(
               _constant(tape, tape.baseline.previous_close / NANODOLLARS_PER_DOLLAR))),
    Column("average_volume", "log shares", 0.0, 25.0, 0, 0.0,
           "ln(1 + shares of an average session of the 20 before)", "",
           lambda tape: log1p(_constant(tape, tape.baseline.average_volume))),
    Column("float_shares", "log shares", 0.0, 25.0, 0, 0.0, "ln(1 + tradable shares)", "",
           lambda tape: log1p(_constant(tape, tape.baseline.float_shares))),
)  # fmt: skip
