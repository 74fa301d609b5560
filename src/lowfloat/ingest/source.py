"""What every reader of vendor files hands on: rows in the store's own columns, file by file."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lowfloat.base.records import ROWS

TABLE_OF = {dtype: table for table, dtype in ROWS.items()}


class Piece(NamedTuple):
    """Rows of one table of one symbol, in the order of the file.

    Attributes:
        symbol: ticker.
        rows: of ``ROWS[Trades]``, ``ROWS[Quotes]`` or ``ROWS[Status]``; without any it only tells
            of faults.
        faults: how many records of each kind of fault were repaired or left out on the way to
            these rows; see :mod:`lowfloat.ingest.faults` for the kinds.
    """

    symbol: str
    rows: np.ndarray
    faults: Mapping[str, int] = {}


@dataclass(frozen=True, eq=False)
class SourceFile:
    """A vendor file that can be used.

    Attributes:
        path: where it lies.
        name: how reports name it.
        dataset: the vendor's name of the feed.
        tables: the tables it has rows of.
        read: yields its pieces in bounded memory, given the symbols wanted (None for all);
            raises FeedError where the file is damaged.
        date: the session date it is of, if the file says; else its rows tell.
        flags: what a user of its days must know.
    """

    path: Path
    name: str
    dataset: str
    tables: frozenset[type]
    read: Callable[[frozenset[str] | None], Iterator[Piece]]
    date: dt.date | None = None
    flags: frozenset[str] = field(default_factory=frozenset)
