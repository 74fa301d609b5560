"""What is usual for a symbol before a day: the figures, without the tables they come from."""

import datetime as dt
from typing import NamedTuple

import numpy as np

from lowfloat.days.bars import MINUTES

_NO_VOLUME = np.zeros(MINUTES, np.int64)
_NO_VOLUME.flags.writeable = False


class Baseline(NamedTuple):
    """What is usual for a symbol before a day, in the shares of that day.

    With the symbol and the date alone it says that nothing is known.

    Attributes:
        symbol: ticker.
        date: the day it is for.
        previous_date: the last earlier session with a closing price; None if none is known.
        previous_close: its close, int nanodollars; 0 if none is known.
        previous_sessions_ago: how many exchange sessions ago it was: 1 is the session before.
        previous_source: ``store``, ``closes``, or ``bars`` and its resolution, such as
            ``bars 1m``; empty if none is known.
        average_volume: mean shares of a session; 0 if nothing is known.
        volume_sessions: how many of the 20 exchange sessions before had data and make the mean;
            0 if it was taken from the table ``volumes``, or nothing is known.
        cumulative_volume: int64 of length 960, mean shares traded from 04:00 to the end of each
            minute, over the stored days among these sessions; 0 if there are none.
        cumulative_sessions: how many stored days make ``cumulative_volume``.
        float_shares: tradable shares as last known at 04:00; None if not known.
    """

    symbol: str
    date: dt.date
    previous_date: dt.date | None = None
    previous_close: int = 0
    previous_sessions_ago: int = 0
    previous_source: str = ""
    average_volume: int = 0
    volume_sessions: int = 0
    cumulative_volume: np.ndarray = _NO_VOLUME
    cumulative_sessions: int = 0
    float_shares: int | None = None
