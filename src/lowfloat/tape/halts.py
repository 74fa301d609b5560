"""Halts and the short-sale restriction, as far as they have been announced."""

import numpy as np

from lowfloat.days.seconds import Seconds
from lowfloat.tape.column import Column
from lowfloat.tape.windows import lagged, seconds_since

COLUMNS = (
    Column("halted", "flag", 0.0, 1.0, 0, "1 in a halt"),
    Column("since_halt", "squashed", 0.0, 1.0, 0, "t / (t + 300) since the last halt, 1 if none"),
    Column("halts_today", "log count", 0.0, 5.0, 0, "ln(1 + halts begun since 04:00)"),
    Column("short_sale_restricted", "flag", 0.0, 1.0, 0, "1 while Rule 201 restricts short sales"),
)


def columns(seconds: Seconds) -> list[np.ndarray]:
    """Return the columns at the end of each bucket, in the order of ``COLUMNS``."""
    halted = seconds.halted > 0
    begun = halted & ~lagged(halted, 1)
    since = seconds_since(halted)
    return [
        halted.astype(np.float64),
        np.where(since >= 0, since / (since + 300.0), 1.0),
        np.log1p(np.cumsum(begun)),
        (seconds.short_sale_restricted > 0).astype(np.float64),
    ]
