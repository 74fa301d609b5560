"""Small days on which every future changes something, and the smallest there are."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from reference.tapes import OPEN, P, Q, make_day, nasty_day, ns, resume, stop

from lowfloat.days import Day


@lru_cache(maxsize=8)
def varied_day(seed: int) -> Day:
    """Return a nasty day whose columns all vary: venues, reasons, confidences, delays."""
    day, rng = nasty_day(seed), np.random.default_rng(seed)

    def drawn(table, **bounds):
        length = len(table.ts_recv)
        columns = {
            name: rng.integers(*bound, length).astype(getattr(table, name).dtype)
            for name, bound in bounds.items()
        }
        delay = rng.integers(0, 10**6, length)
        return table._replace(ts_event=table.ts_event - delay, **columns)

    return replace(
        day,
        trades=drawn(day.trades, publisher=(1, 90), sequence=(1, 2**31)),
        quotes=drawn(day.quotes, publisher=(1, 90), sequence=(1, 2**31)),
        status=drawn(
            day.status, reason=(1, 60), confidence=(1, 100), is_short_sell_restricted=(-1, 2)
        ),
    ).check()


def smallest_days() -> list[Day]:
    """Return an empty day, days of one record, and one whose coverage ends early."""
    quote, print_ = Q(ns(OPEN), 4.00, 4.02), P(ns(OPEN), 4.01)
    return [
        make_day([]),
        make_day([quote]),
        make_day([], trades=[print_]),
        make_day([], [stop(ns(OPEN)), resume(ns(OPEN + 300))]),
        make_day([quote], trades=[print_], end_second=OPEN + 1),
    ]
