"""What a live scanner would have shown: alerts that use only what had been received."""

import numpy as np

from lowfloat.days.seconds import Seconds
from lowfloat.index.config import AlertConfig
from lowfloat.tape.price import mid_price
from lowfloat.tape.windows import trailing_sum


def first_alert(seconds: Seconds, previous_close: float, config: AlertConfig) -> int | None:
    """Return the decision second at which the day first met the alert's terms, or None.

    Args:
        seconds: the day per second.
        previous_close: dollars; 0 if not known, then the gain is over the day's first mid.
        config: the terms.
    """
    mid = mid_price(seconds)
    known = np.flatnonzero(mid > 0)
    if not len(known):
        return None
    base = previous_close if previous_close > 0 else float(mid[known[0]])
    met = (
        (mid >= base * (1.0 + config.min_gain))
        & (np.cumsum(seconds.volume) >= config.min_volume)
        & (trailing_sum(seconds.value, 60) >= config.min_minute_value)
        & (seconds.halted == 0)
    )
    buckets = np.flatnonzero(met)
    # What the bucket held is known at the decision of the second after it.
    return int(buckets[0]) + 1 if len(buckets) else None
