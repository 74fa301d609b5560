"""The unit of the consolidated tapes' quote sizes: round lots, and since 2025-11-03 shares."""

import datetime as dt
from pathlib import Path

import numpy as np

from lowfloat.base.clock import new_york_ns
from lowfloat.base.prices import ROUND_LOT
from lowfloat.errors import FeedError

UNIT_FROM_CONTENT = "size_unit_from_content"
"""Flag of quotes before the change of unit whose sizes were found to be shares already."""

# Sizes of SIP quotes are round lots before this session and shares from it on:
# https://massive.com/blog/change-stocks-quotes-round-lots-to-shares
UNIT_CHANGE_NS = new_york_ns(dt.date(2025, 11, 3), 0)

_ONE = 1_000_000_000  # of what is counted in units of 1e-9
_ENOUGH_SIZES = 20  # to believe them more than the vendor's word


def quote_unit(path: Path, sizes: np.ndarray, ts: np.ndarray) -> tuple[int, frozenset[str]]:
    """Return how many shares one of a quote's size stands for before the change of unit.

    The vendors say round lots. But files of before the change are met that were made again later,
    in shares, so that the date alone does not tell. The sizes do: as shares, all of them are
    multiples of the round lot; as round lots, hardly any is, for that would be 10,000 shares at
    the best price. Where there are too few to judge, the vendors' word holds.

    Args:
        path: the file.
        sizes: sizes above 0 at the beginning of the file, in units of 1e-9.
        ts: their times.

    Raises:
        FeedError: some sizes look like the one and some like the other.
    """
    early = sizes[ts < UNIT_CHANGE_NS]
    if len(early) < _ENOUGH_SIZES:
        return ROUND_LOT, frozenset()
    even = float(np.mean(early % (ROUND_LOT * _ONE) == 0))
    if even >= 0.95:
        return 1, frozenset({UNIT_FROM_CONTENT})
    if even <= 0.5:
        return ROUND_LOT, frozenset()
    raise FeedError(
        f"{path}: of its first {len(early)} quote sizes {even:.0%} are multiples of 100; shares "
        "would have at least 95%, round lots at most 50%, so their unit is unknown."
    )


def lots_at(ts: np.ndarray, factor: int) -> np.ndarray:
    """Return per time how many shares one of a quote's size stands for.

    Args:
        ts: nanoseconds UTC.
        factor: the shares before the change of unit, of :func:`quote_unit`.
    """
    return np.where(ts < UNIT_CHANGE_NS, factor, 1)
