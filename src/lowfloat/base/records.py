"""The columns of stored events, as NamedTuples of one-dimensional arrays.

The arrays of one table have equal length and are ordered by ``ts_recv``. Times are nanoseconds
since the epoch, UTC; prices are nanodollars. A side of the book that is empty has price 0 and
size 0: feeds' sentinels are mapped once, at ingest, and never reach arithmetic.
"""

from typing import NamedTuple

import numpy as np


class Trades(NamedTuple):
    """Prints of the tape.

    Attributes:
        ts_event: exchange time, int64.
        ts_recv: time the print could be known, int64, not decreasing.
        price: int64 nanodollars, above 0.
        size: int64 shares, above 0.
        side: int8, the aggressor: +1 bought, -1 sold, 0 unknown.
        sequence: int64, the feed's number.
    """

    ts_event: np.ndarray
    ts_recv: np.ndarray
    price: np.ndarray
    size: np.ndarray
    side: np.ndarray
    sequence: np.ndarray


class Quotes(NamedTuple):
    """Records of the top of book, each with the book as it stands after it.

    Attributes:
        ts_event: exchange time, int64.
        ts_recv: time the record could be known, int64, not decreasing.
        bid_price: int64 nanodollars, 0 if there is no bid.
        ask_price: int64 nanodollars, 0 if there is no offer.
        bid_size: int64 shares, 0 if and only if there is no bid.
        ask_size: int64 shares, 0 if and only if there is no offer.
        action: uint8, the ASCII code of the feed's action: A, C, M, R, or T for a trade, which
            leaves the book as it was.
        sequence: int64, the feed's number.
    """

    ts_event: np.ndarray
    ts_recv: np.ndarray
    bid_price: np.ndarray
    ask_price: np.ndarray
    bid_size: np.ndarray
    ask_size: np.ndarray
    action: np.ndarray
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
    """

    ts_event: np.ndarray
    ts_recv: np.ndarray
    action: np.ndarray
    reason: np.ndarray
    is_trading: np.ndarray
    is_short_sell_restricted: np.ndarray


DTYPES = {
    Trades: dict(
        ts_event=np.int64, ts_recv=np.int64, price=np.int64, size=np.int64, side=np.int8,
        sequence=np.int64,
    ),
    Quotes: dict(
        ts_event=np.int64, ts_recv=np.int64, bid_price=np.int64, ask_price=np.int64,
        bid_size=np.int64, ask_size=np.int64, action=np.uint8, sequence=np.int64,
    ),
    Status: dict(
        ts_event=np.int64, ts_recv=np.int64, action=np.uint16, reason=np.uint16,
        is_trading=np.int8, is_short_sell_restricted=np.int8,
    ),
}  # fmt: skip

TRADE_ACTION = ord("T")

# Status actions that matter by number; others are told apart by what ``is_trading`` says.
TRADING = 7
SSR_CHANGE = 14


def empty(table: type) -> NamedTuple:
    """Return a table of the given class with no rows."""
    return table(**{name: np.empty(0, dtype) for name, dtype in DTYPES[table].items()})
