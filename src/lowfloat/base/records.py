"""The columns of stored events, as NamedTuples of one-dimensional arrays.

The arrays of one table have equal length and are ordered by ``ts_recv``. Times are nanoseconds
since the epoch, UTC; prices are nanodollars. A side of the book that is empty has price 0 and
size 0: feeds' sentinels are mapped once, at ingest, and never reach arithmetic.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np


class Trades(NamedTuple):
    """Prints of the tape.

    Attributes:
        ts_event: exchange time, int64.
        ts_recv: time the print could be known, int64, not decreasing.
        price: int64 nanodollars, above 0.
        size: int32 shares, above 0.
        side: int8, the aggressor: +1 bought, -1 sold, 0 unknown.
        confidence: uint8 percent, how far ``side`` is to be trusted: 100 as the feed says, less
            if it was inferred, 0 if it is unknown.
        marks: uint16 of :class:`lowfloat.base.codes.Mark`: what the print counts for.
        publisher: uint16, the venue, by Databento's publisher numbers; 0 if not said.
        sequence: uint32, the feed's number.
    """

    ts_event: np.ndarray
    ts_recv: np.ndarray
    price: np.ndarray
    size: np.ndarray
    side: np.ndarray
    confidence: np.ndarray
    marks: np.ndarray
    publisher: np.ndarray
    sequence: np.ndarray


class Quotes(NamedTuple):
    """Changes of the top of book, each with the book as it stands after it.

    Prints are no rows of this table: they leave the book as it was, and the change they cause
    follows as a row of its own. The states inside one event of the exchange never stood and are
    left out.

    Attributes:
        ts_event: exchange time, int64.
        ts_recv: time the change could be known, int64, not decreasing.
        bid_price: int64 nanodollars, 0 if there is no bid.
        ask_price: int64 nanodollars, 0 if there is no offer.
        bid_size: int32 shares, 0 if and only if there is no bid.
        ask_size: int32 shares, 0 if and only if there is no offer.
        action: uint8, the ASCII code of the feed's action: A added, C cancelled, M modified,
            R cleared, N not said.
        flags: uint8, Databento's bits: 32 part of a snapshot, 8 ``ts_recv`` is not exact, 4 the
            book may be wrong (both sides are then empty).
        publisher: uint16, the venue whose change it is; 0 if not said.
        sequence: uint32, the feed's number.
    """

    ts_event: np.ndarray
    ts_recv: np.ndarray
    bid_price: np.ndarray
    ask_price: np.ndarray
    bid_size: np.ndarray
    ask_size: np.ndarray
    action: np.ndarray
    flags: np.ndarray
    publisher: np.ndarray
    sequence: np.ndarray


class Status(NamedTuple):
    """Changes of the trading state, from midnight on so that 04:00 starts in the right state.

    Attributes:
        ts_event: exchange time, int64.
        ts_recv: time the change could be known, int64, not decreasing.
        action: uint16, Databento's status action (7 trading, 8 halt, 9 pause, 14 SSR change).
        reason: uint16, Databento's status reason (50 LULD pause).
        is_trading: int8, 1 yes, 0 no, -1 not said.
        is_short_sell_restricted: int8, 1 yes, 0 no, -1 not said.
        confidence: uint8 percent: 100 as a feed or a list of halts says, less if the change was
            inferred from the tape.
    """

    ts_event: np.ndarray
    ts_recv: np.ndarray
    action: np.ndarray
    reason: np.ndarray
    is_trading: np.ndarray
    is_short_sell_restricted: np.ndarray
    confidence: np.ndarray


DTYPES: dict[type, dict[str, Any]] = {
    Trades: dict(
        ts_event=np.int64, ts_recv=np.int64, price=np.int64, size=np.int32, side=np.int8,
        confidence=np.uint8, marks=np.uint16, publisher=np.uint16, sequence=np.uint32,
    ),
    Quotes: dict(
        ts_event=np.int64, ts_recv=np.int64, bid_price=np.int64, ask_price=np.int64,
        bid_size=np.int32, ask_size=np.int32, action=np.uint8, flags=np.uint8,
        publisher=np.uint16, sequence=np.uint32,
    ),
    Status: dict(
        ts_event=np.int64, ts_recv=np.int64, action=np.uint16, reason=np.uint16,
        is_trading=np.int8, is_short_sell_restricted=np.int8, confidence=np.uint8,
    ),
}  # fmt: skip

ROWS = {table: np.dtype(list(columns.items())) for table, columns in DTYPES.items()}
"""Per table, the record type of one row, for events that are on their way into a table."""

BLOCK_ROWS = 1 << 17
"""Rows of a table that are worked on at a time where a table may be large: megabytes."""

MAX_SIZE = 2**31 - 1
"""The most shares that a row can state."""

# Status actions that matter by number; others are told apart by what ``is_trading`` says.
TRADING = 7
HALT = 8
PAUSE = 9
SSR_CHANGE = 14

# Status reasons that this project writes itself.
NEWS_PENDING = 30
LULD_PAUSE = 50

# Bits of ``Quotes.flags``.
SNAPSHOT = 32
BAD_TS_RECV = 8
MAYBE_BAD_BOOK = 4


def empty(table: type) -> Any:
    """Return a table of the given class with no rows."""
    return table(**{name: np.empty(0, dtype) for name, dtype in DTYPES[table].items()})


def columns_of(table: type, rows: np.ndarray) -> Any:
    """Return rows of type ``ROWS[table]`` as a table, its columns copied."""
    return table(*(np.ascontiguousarray(rows[name]) for name in DTYPES[table]))


def blocks(table: Any, rows: int = BLOCK_ROWS) -> Iterator[Any]:
    """Yield a table as tables of at most ``rows`` rows, views of it."""
    for start in range(0, len(table[0]), rows):
        yield type(table)(*(column[start : start + rows] for column in table))


def read_only(table: Any) -> Any:
    """Return views that cannot be written to, as those of stored days are.

    A kernel that only reads is handed these, however the table was made, and is compiled once.
    """
    views = [np.ascontiguousarray(column).view() for column in table]
    for view in views:
        view.flags.writeable = False
    return type(table)(*views)
