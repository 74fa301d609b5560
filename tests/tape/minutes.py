"""Days told minute by minute, as a trader would tell them, for what looks at more than a second."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from reference.tapes import OPEN, P, Q, make_day, ns

from lowfloat.days import Day


class M(NamedTuple):
    """One minute: the mid goes in a line from ``begin`` to ``end``; volume is even over it."""

    begin: float
    end: float
    volume: int = 1_200
    buys: float = 0.5
    bid_size: int = 1_000
    ask_size: int = 1_000
    spread: float = 0.02


CALM = [M(4.00, 4.00), M(4.00, 4.02), M(4.02, 4.00), M(4.00, 3.98), M(3.98, 4.00)] * 5
"""25 minutes about $4.00, which make a baseline of volume and an ATR of two cents."""


def told(minutes: Iterable[M], first: int = OPEN) -> Day:
    """Return the day; the minutes begin at ``first``, prints are at the touch."""
    quotes, prints = [], []
    for number, minute in enumerate(minutes):
        bought = 0.0
        for tick, mid in enumerate(np.linspace(minute.begin, minute.end, 60)):
            when = ns(first + 60 * number + tick)
            bid = round(mid - minute.spread / 2, 2)
            ask = round(bid + minute.spread, 2)
            quotes.append(Q(when, bid, ask, minute.bid_size, minute.ask_size))
            bought += minute.buys
            side = 1 if bought >= 1.0 else -1
            bought -= side > 0
            shares = minute.volume * (tick + 1) // 60 - minute.volume * tick // 60
            if shares:
                # Half a second later: what it takes is put back before the next change.
                prints.append(P(when + 5 * 10**8, ask if side > 0 else bid, shares, side))
    return make_day(quotes, trades=prints)


def end_of(minutes: list[M], first: int = OPEN) -> int:
    """Return the decision second at which the last minute is over."""
    return first + 60 * len(minutes)
