"""How the hour of the day scales activity and spread, before any story of the day is told."""

from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import REGULAR_OPEN, Session
from lowfloat.synth.preset import Hours

HOUR = 3600
LAST_MINUTES = 600


class Rhythm(NamedTuple):
    """Time-of-day factors of a session.

    Attributes:
        rate: float64, shape (session seconds,): factor on the rate of orders, about 1 in the
            regular session.
        spread: float64, shape (session seconds,): factor on the half-spread.
    """

    rate: np.ndarray
    spread: np.ndarray


def rhythm_of(session: Session, hours: Hours) -> Rhythm:
    """Return the factors for every second of a session; a half day ends its story earlier."""
    close = session.second(session.regular_close_ns)
    steps = [
        (0, hours.from_0400),
        (3 * HOUR, hours.from_0700),
        (4 * HOUR, hours.from_0800),
        (REGULAR_OPEN, hours.from_0930),
        (REGULAR_OPEN + HOUR // 2, hours.from_1000),
        (REGULAR_OPEN + 2 * HOUR, hours.from_1130),
        (REGULAR_OPEN + 9 * HOUR // 2, hours.from_1400),
    ]
    steps = [step for step in steps if step[0] < close]  # a half day has no afternoon
    steps += [
        (close - LAST_MINUTES, hours.last_minutes),
        (close, hours.after_close),
        (close + HOUR, hours.evening),
    ]
    rate, spread = np.empty(session.seconds), np.empty(session.seconds)
    for second, hour in steps:
        rate[second:] = hour.rate
        spread[second:] = hour.spread
    return Rhythm(rate, spread)
