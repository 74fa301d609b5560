"""What a live scanner would have shown: alerts that use only what had been received."""

import numpy as np

from lowfloat.base.prices import NANODOLLARS_PER_DOLLAR
from lowfloat.index.config import AlertConfig
from lowfloat.tape.column import Tape
from lowfloat.tape.price import mid_price
from lowfloat.tape.volume import dollars_60, so_far


def first_alert(tape: Tape, config: AlertConfig) -> int | None:
    """Return the decision second at which the day first met the alert's terms, or None.

    Args:
        tape: the day; without a previous close the gain is over its first mid.
        config: the terms.
    """
    mid = tape.of(mid_price)
    known = np.flatnonzero(~np.isnan(mid))
    if not len(known):
        return None
    base = tape.baseline.previous_close / NANODOLLARS_PER_DOLLAR or float(mid[known[0]])
    met = (
        (mid >= base * (1.0 + config.min_gain))
        & (tape.of(so_far) >= config.min_volume)
        & (tape.of(dollars_60) >= config.min_minute_value)
        & (tape.seconds.halted == 0)
    )
    buckets = np.flatnonzero(met)
    # What the bucket held is known at the decision of the second after it.
    return int(buckets[0]) + 1 if len(buckets) else None
