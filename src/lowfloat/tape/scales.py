"""The recent past at several scales, for models that read sequences, without copying the day.

A scale is a step and a length: one row each second for the last minute, one each minute for the
last half hour, one each five minutes for the last two hours. The last row of every scale is the
decision's own. Coarse scales skip rows; what happened between them is in the columns that look
back as far, such as the volume or the range of 300 s.
"""

from typing import NamedTuple

import numpy as np


class Scale(NamedTuple):
    """A step in seconds, and how many rows."""

    seconds: int
    length: int


SCALES = (Scale(1, 60), Scale(60, 30), Scale(300, 24))


def windows_at(
    table: np.ndarray, second: int, scales: tuple[Scale, ...] = SCALES
) -> tuple[np.ndarray, ...]:
    """Return the rows up to a decision at each scale, oldest first.

    Args:
        table: of shape ``(seconds + 1, columns)``, such as ``MarketTable.values`` or its mask.
        second: the decision, 0 to 57,600.
        scales: steps and lengths.

    Returns:
        One array of shape ``(length, columns)`` per scale: a view of the table that cannot be
        written to. Where a window reaches back beyond 04:00, row 0 stands for what came before,
        which is what was known in advance; these are copies.

    Raises:
        ValueError: the second is not one of the table.
    """
    if not 0 <= second < len(table):
        raise ValueError(f"`second` was {second}; use 0 to {len(table) - 1}.")
    windows = []
    for step, length in scales:
        first = second - step * (length - 1)
        if first >= 0:
            window = table[first : second + 1 : step]
        else:
            window = table[np.maximum(np.arange(first, second + 1, step), 0)]
        window.flags.writeable = False
        windows.append(window)
    return tuple(windows)
