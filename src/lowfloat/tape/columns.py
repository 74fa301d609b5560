"""The registry of the tape's columns, and the one place where "before now" is decided.

To add a column, write a file with a ``COLUMNS`` tuple and name it here.
"""

from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import SECONDS_PER_SESSION
from lowfloat.base.jit import kernel
from lowfloat.tape import (
    bands,
    blocks,
    book,
    flow,
    halts,
    impact,
    levels,
    price,
    resting,
    stock,
    swings,
    time_of_day,
    volume,
)
from lowfloat.tape.column import Column, Tape

FILES = (
    price, levels, swings, volume, flow, blocks, book, resting, impact, halts, bands, time_of_day,
    stock,
)  # fmt: skip
COLUMNS: tuple[Column, ...] = tuple(column for file in FILES for column in file.COLUMNS)
NAMES = tuple(column.name for column in COLUMNS)


class MarketTable(NamedTuple):
    """What is known of the market at each decision second.

    Attributes:
        values: float32 of shape ``(57_601, columns)``, finite and within the columns' bounds.
        known: bool of the same shape; False where a column's ``missing`` stands in.
    """

    values: np.ndarray
    known: np.ndarray


def market_table(tape: Tape, columns: tuple[Column, ...] = COLUMNS) -> MarketTable:
    """Return what is known of the market at each decision second.

    Row ``s`` uses the seconds before ``s``: the columns at the end of second ``s - 1``. Row 0
    knows of the day only what is known in advance.
    """
    # Column by column in memory, as they are made; the transposed views go by the second.
    values = np.empty((len(columns), SECONDS_PER_SESSION + 1), np.float32)
    known = np.empty(values.shape, bool)
    for i, column in enumerate(columns):
        found = np.asarray(column.values(tape), np.float64)
        _settle(found, column.missing, column.low, column.high, values[i], known[i])
    return MarketTable(values.T, known.T)


@kernel
def _settle(
    found: np.ndarray, missing: float, low: float, high: float, values: np.ndarray,
    known: np.ndarray,
) -> None:  # fmt: skip
    """Shift a column to the decisions that follow its seconds, and put bounds to it."""
    later = len(values) - len(found)  # 0 for what is known in advance
    values[0], known[0] = missing, False
    for b in range(len(found)):
        known[b + later] = not np.isnan(found[b])
        values[b + later] = min(max(found[b], low), high) if known[b + later] else missing
