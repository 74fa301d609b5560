"""How much trades, against the last minutes and the day so far."""

import numpy as np

from lowfloat.days.seconds import Seconds
from lowfloat.tape.column import Column
from lowfloat.tape.windows import per_closed_minute, trailing_sum

SURGE_MINUTES = 20

COLUMNS = (
    Column("volume_60s", "log shares", 0.0, 20.0, 60, "ln(1 + shares of the last 60 s)"),
    Column("value_60s", "log dollars", 0.0, 25.0, 60, "ln(1 + dollars of the last 60 s)"),
    Column(
        "volume_surge", "squashed", 0.0, 1.0, 60 * (SURGE_MINUTES + 2),
        "r / (r + 2), r the last closed minute over the mean of the 20 closed before it",
    ),
    Column("volume_so_far", "log shares", 0.0, 25.0, 0, "ln(1 + shares since 04:00)"),
)  # fmt: skip


def minute_surge(volume: np.ndarray) -> np.ndarray:
    """Return, per minute, its volume over the mean of the 20 minutes before it.

    Minutes without volume count. The result is 0 where fewer than 20 minutes came before, or
    these had no volume at all.
    """
    minutes = volume.reshape(-1, 60).sum(axis=1)
    total = np.concatenate([[0], np.cumsum(minutes)])
    surge = np.zeros(len(minutes))
    base = (total[SURGE_MINUTES:-1] - total[: -SURGE_MINUTES - 1]) / SURGE_MINUTES
    surge[SURGE_MINUTES:] = np.where(
        base > 0, minutes[SURGE_MINUTES:] / np.where(base > 0, base, 1.0), 0.0
    )
    return surge


def columns(seconds: Seconds) -> list[np.ndarray]:
    """Return the columns at the end of each bucket, in the order of ``COLUMNS``."""
    surge = per_closed_minute(minute_surge(seconds.volume), len(seconds.volume))
    # A sum of floats over a window may end an ulp below zero; a sum of money does not.
    value = np.maximum(trailing_sum(seconds.value, 60), 0.0)
    return [
        np.log1p(trailing_sum(seconds.volume, 60)),
        np.log1p(value),
        surge / (surge + 2.0),
        np.log1p(np.cumsum(seconds.volume)),
    ]
