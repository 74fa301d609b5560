"""The registry of the tape's columns, and the one place where "before now" is decided."""

import numpy as np

from lowfloat.base.clock import SECONDS_PER_SESSION
from lowfloat.days.day import Day
from lowfloat.days.seconds import Seconds
from lowfloat.tape import book, flow, halts, price, time_of_day, volume

COLUMNS = (
    *price.COLUMNS,
    *book.COLUMNS,
    *flow.COLUMNS,
    *volume.COLUMNS,
    *halts.COLUMNS,
    *time_of_day.COLUMNS,
)
NAMES = tuple(column.name for column in COLUMNS)


def market_columns(day: Day, seconds: Seconds, previous_close: float) -> np.ndarray:
    """Return what is known of the market at each decision second.

    Row ``s`` uses the buckets before ``s``: the columns at the end of bucket ``s - 1``. Row 0
    knows nothing of the day; its columns are those of an empty tape.

    Args:
        day: the day, for its session bounds only.
        seconds: the same day per second.
        previous_close: dollars, 0 if not known.

    Returns:
        float32 array of shape ``(57_601, len(COLUMNS))``, finite and within the columns' bounds.
    """
    seen = [
        *price.columns(seconds, previous_close),
        *book.columns(seconds, day.session.start_ns),
        *flow.columns(seconds),
        *volume.columns(seconds),
        *halts.columns(seconds),
    ]
    clock = time_of_day.columns(day.session)
    table = np.zeros((SECONDS_PER_SESSION + 1, len(COLUMNS)), np.float32)
    for i, column in enumerate(seen):
        table[1:, i] = column
        table[0, i] = _before_the_day(COLUMNS[i].name, column)
    for i, column in enumerate(clock, start=len(seen)):
        table[:, i] = column
    low = np.array([column.low for column in COLUMNS], np.float32)
    high = np.array([column.high for column in COLUMNS], np.float32)
    return np.clip(table, low, high, out=table)


def _before_the_day(name: str, column: np.ndarray) -> float:
    """Return a column's value at 04:00:00, before anything of the day is known."""
    if name == "previous_close_known":
        return float(column[0])
    return {"since_halt": 1.0, "buy_pressure_10s": 0.5, "buy_pressure_60s": 0.5}.get(name, 0.0)
