"""How the hour of the day scales activity and spread, before any story of the day is told."""

from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import REGULAR_OPEN, Session

HOUR = 3600


class Rhythm(NamedTuple):
    """Time-of-day factors of a session.

    Attributes:
        rate: float64, shape (session seconds,): factor on the rate of orders, about 1 in the
            regular session.
        spread: float64, shape (session seconds,): factor on the half-spread.
    """

    rate: np.ndarray
    spread: np.ndarray


def rhythm_of(session: Session) -> Rhythm:
    """Return the factors for every second of a session; a half day ends its story earlier."""
    close = session.second(session.regular_close_ns)
    # Liquidity comes in steps: venues and market makers join at fixed times.
    steps = [
        (0, 0.03, 2.6),
        (3 * HOUR, 0.12, 1.9),
        (4 * HOUR, 0.25, 1.5),
        (REGULAR_OPEN, 1.8, 1.0),
        (REGULAR_OPEN + HOUR // 2, 1.2, 1.0),
        (REGULAR_OPEN + 2 * HOUR, 0.7, 1.1),
        (REGULAR_OPEN + 9 * HOUR // 2, 0.8, 1.0),
    ]
    steps = [step for step in steps if step[0] < close]  # a half day has no afternoon
    steps += [(close - 600, 1.3, 1.0), (close, 0.15, 1.7), (close + HOUR, 0.08, 2.1)]
    rate, spread = np.empty(session.seconds), np.empty(session.seconds)
    for second, rate_factor, spread_factor in steps:
        rate[second:] = rate_factor
        spread[second:] = spread_factor
    return Rhythm(rate, spread)
