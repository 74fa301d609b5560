"""What stood behind the best price: levels that came to light as the one before them went away.

Only the top of the book is in the data. When the best offer goes, the next one shows how far away
the second level was and what it held, and so for bids. A day's own such levels are what deeper
levels are drawn from.
"""

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.market.book import REVEAL


def with_runs(quotes: np.ndarray) -> np.ndarray:
    """Fill in the runs of a day's ``QUOTE`` records, and return them."""
    for side in ("bid", "ask"):
        price = quotes[side]
        begins = np.flatnonzero(np.diff(price, prepend=-1))
        quotes[f"{side}_run"] = np.repeat(begins, np.diff(begins, append=len(price)))
    return quotes


def reveals_of(quotes: np.ndarray, snapshot: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a day's reveals of bids and of offers, ``REVEAL`` records in order of time.

    Args:
        quotes: ``QUOTE`` records of the day.
        snapshot: bool, which of them repeat a state and do not tell of a change.
    """
    sound = (quotes["bid"] > 0) & (quotes["bid"] < quotes["ask"])
    told = sound & ~snapshot
    change = told[1:] & told[:-1]
    rows = np.arange(1, len(quotes))
    found = []
    for side, outward in (("bid", -1), ("ask", 1)):
        distance = outward * np.diff(quotes[side])
        at = rows[change & (distance > 0)]
        reveals = np.zeros(len(at), REVEAL)
        reveals["row"], reveals["distance"] = at, distance[at - 1]
        reveals["size"] = quotes[f"{side}_size"][at]
        found.append(reveals)
    return found[0], found[1]


@kernel
def known_reveals(reveals, first, last, row):
    """Return how many of the reveals ``first..last-1`` came by book state ``row`` of their day."""
    low, high = first, last
    while low < high:
        middle = (low + high) // 2
        if reveals[middle].row <= row:
            low = middle + 1
        else:
            high = middle
    return low - first
