"""Prints of a LEAN tick file, and what they count for by LEAN's sale conditions."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lowfloat.base.clock import Session, new_york_ns
from lowfloat.base.codes import Mark
from lowfloat.base.prices import ROUND_LOT
from lowfloat.base.records import MAX_SIZE, ROWS, Trades
from lowfloat.ingest.faults import MAX_PRICE
from lowfloat.ingest.lean_lines import DAY_NS, FINRA, PUBLISHERS, Member, columns_of
from lowfloat.ingest.source import Piece

# LEAN's TradeConditionFlags, those that are more than an ordinary sale:
# https://github.com/QuantConnect/Lean/blob/master/Common/Data/Auxiliary/TradeConditionFlags.cs
_SETTLED_OTHERWISE = 1 << 1 | 1 << 2 | 1 << 3  # cash, next day, seller's option
_OPENING, _CLOSING, _REOPENING = 1 << 6, 1 << 7, 1 << 8
_DERIVATIVELY_PRICED = 1 << 9
_EXTENDED_HOURS = 1 << 10 | 1 << 13  # Form T, extended hours
_SOLD_LAST, _OUT_OF_SEQUENCE = 1 << 11, 1 << 14
_STOCK_OPTION, _AVERAGE_PRICE, _PRICE_VARIATION = 1 << 18, 1 << 20, 1 << 22
_OFFICIAL_CLOSE, _PRIOR_PRICE, _OFFICIAL_OPEN = 1 << 24, 1 << 25, 1 << 26
_ODD_LOT = 1 << 31
_UNDOCUMENTED = 1 << 30 | ~((1 << 32) - 1)

_AUCTIONS = _OPENING | _CLOSING | _REOPENING
_OFFICIAL = _OFFICIAL_OPEN | _OFFICIAL_CLOSE
_REPORTED_LATE = _SOLD_LAST | _OUT_OF_SEQUENCE | _PRIOR_PRICE
_NO_PRICE = (
    _SETTLED_OTHERWISE | _STOCK_OPTION | _AVERAGE_PRICE | _PRICE_VARIATION | _OFFICIAL
    | _UNDOCUMENTED
)  # fmt: skip
_NO_HIGH_LOW = _NO_PRICE | _ODD_LOT
_NO_LAST = _NO_HIGH_LOW | _DERIVATIVELY_PRICED | _REPORTED_LATE
_NO_TAPE = _NO_PRICE | _DERIVATIVELY_PRICED | _REPORTED_LATE | _AUCTIONS


def trade_pieces(path: Path, member: Member, session: Session) -> Iterator[Piece]:
    """Yield the prints of a tick file.

    Raises:
        FeedError: the file is damaged; the message names the line.
    """
    midnight = new_york_ns(member.date, 0)
    for line, columns in columns_of(path, member):
        since, price, size, venue, condition, suspicious = columns
        faults: dict[str, int] = {}
        kept = np.ones(columns.shape[1], bool)
        for fault, bad in (
            ("corrected", suspicious == 1),
            ("bad_time", (since < 0) | (since >= DAY_NS)),
            ("bad_price", (price <= 0) | (price > MAX_PRICE)),
            ("zero_size", size == 0),
            ("bad_size", (size < 0) | (size > MAX_SIZE)),
        ):
            faults[fault] = int((kept & bad).sum())
            kept &= ~bad
        rows = np.zeros(int(kept.sum()), ROWS[Trades])
        rows["ts_event"] = rows["ts_recv"] = midnight + since[kept]
        rows["price"], rows["size"] = price[kept], size[kept]
        rows["publisher"] = PUBLISHERS[venue[kept]]
        regular = (rows["ts_recv"] >= session.regular_open_ns) & (
            rows["ts_recv"] < session.regular_close_ns
        )
        rows["marks"] = marks_of(condition[kept], size[kept], venue[kept] == FINRA, regular)
        rows["sequence"] = (line + np.flatnonzero(kept)) & 0xFFFFFFFF
        yield Piece(member.symbol, rows, {name: n for name, n in faults.items() if n})


def marks_of(
    condition: np.ndarray, size: np.ndarray, off_exchange: np.ndarray, regular: np.ndarray
) -> np.ndarray:
    """Return the marks of prints.

    A condition of extended hours says nothing outside the regular session, and within it that
    the print comes late.

    Args:
        condition: bits of ``TradeConditionFlags``, int64.
        size: shares.
        off_exchange: whether a trade reporting facility reported it.
        regular: whether it was printed in the regular session.
    """
    extended = (condition & _EXTENDED_HOURS) != 0
    late = (condition & _REPORTED_LATE != 0) | (extended & regular)
    # Sold out of sequence keeps its right to a high or low, unless it was made after hours.
    stray = extended & (regular | (condition & _OUT_OF_SEQUENCE != 0))
    marks = np.zeros(len(condition), np.uint16)
    for mark, on in (
        (Mark.LAST, (condition & _NO_LAST == 0) & ~stray),
        (Mark.HIGH_LOW, (condition & _NO_HIGH_LOW == 0) & ~stray),
        (Mark.VOLUME, condition & _OFFICIAL == 0),
        (Mark.TAPE, (condition & _NO_TAPE == 0) & ~stray),
        (Mark.AUCTION, condition & _AUCTIONS != 0),
        (Mark.OFF_EXCHANGE, off_exchange),
        (Mark.ODD_LOT, (condition & _ODD_LOT != 0) | (size < ROUND_LOT)),
        (Mark.LATE, late),
        (Mark.OFFICIAL_OPEN, condition & _OFFICIAL_OPEN != 0),
        (Mark.OFFICIAL_CLOSE, condition & _OFFICIAL_CLOSE != 0),
    ):
        marks[on] |= np.uint16(mark)
    return marks
