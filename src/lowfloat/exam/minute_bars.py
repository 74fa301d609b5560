"""One-minute bars of the mid, gathered second by second from what a policy is shown."""

import numpy as np

from lowfloat.exam.policy import View
from lowfloat.tape.columns import NAMES

_SPREAD = NAMES.index("spread")
_BOOK_KNOWN = NAMES.index("book_known")
_VOLUME = NAMES.index("volume_60s")


def mid_of(view: View) -> np.ndarray:
    """Return the known mid of each row in price units, NaN where the book is not two-sided.

    The columns hold the spread over the mid and the account marks at the bid, so that the mid is
    ``bid / (1 - spread / 2)``. It is rounded to half a unit: the columns are float32, and two
    mids that are equal must not differ by their rounding.
    """
    known = view.columns[:, _BOOK_KNOWN] > 0
    spread = view.columns[:, _SPREAD].astype(np.float64)
    return np.where(known, np.rint(2.0 * view.state["mark"] / (1.0 - spread / 2.0)) / 2.0, np.nan)


class MinuteBars:
    """The last closed minutes of each row, the newest at ``[:, -1]``.

    A minute of which no two-sided book was known has NaN for its prices.

    Args:
        kept: number of closed minutes to keep.

    Attributes:
        opened: float64 ``(rows, kept)``, first mid of the minute in price units.
        high: highest mid at the end of a second.
        low: lowest mid at the end of a second.
        closed: last mid.
        volume: shares.
        minutes: number of minutes that have closed since 04:00.
    """

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._current = np.zeros((0, 4))

    def add(self, view: View, mid: np.ndarray) -> bool:
        """Take in one second; return whether a minute closed with it.

        Second 0 begins anew: the policy sits another exam.

        Args:
            view: what is known at a decision.
            mid: what :func:`mid_of` says of it.
        """
        if len(mid) != len(self._current) or view.second == 0:
            self._begin(len(mid))
        opened, high, low, closed = self._current.T
        np.copyto(opened, mid, where=np.isnan(opened))
        np.fmax(high, mid, out=high)
        np.fmin(low, mid, out=low)
        np.copyto(closed, mid, where=~np.isnan(mid))
        # The mid of a decision is that at the end of the second before it.
        if view.second == 0 or view.second % 60:
            return False
        for bars, value in zip(
            (self.opened, self.high, self.low, self.closed, self.volume),
            (opened, high, low, closed, np.expm1(view.columns[:, _VOLUME])),
            strict=True,
        ):
            bars[:, :-1] = bars[:, 1:]
            bars[:, -1] = value
        self._current[:] = np.nan
        self.minutes = view.second // 60
        return True

    def _begin(self, rows: int) -> None:
        shape = (rows, self._kept)
        self.opened, self.high, self.low, self.closed = (np.full(shape, np.nan) for _ in range(4))
        self.volume = np.zeros(shape)
        self.minutes = 0
        self._current = np.full((rows, 4), np.nan)
