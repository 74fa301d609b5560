"""Kernels that pass once over records of a DBN file and write rows.

They write straight into the arrays handed in. Sentinels are mapped on the way. What an event of
the feed is, and what a best quote is, stands in :mod:`lowfloat.ingest.venues`.
"""

from typing import Any

import numpy as np

from lowfloat.base.codes import Mark
from lowfloat.base.jit import kernel
from lowfloat.base.prices import ROUND_LOT
from lowfloat.base.records import MAX_SIZE, MAYBE_BAD_BOOK, SNAPSHOT
from lowfloat.ingest.auctions import OFF_EXCHANGE_PUBLISHERS
from lowfloat.ingest.dbn_layouts import PUBLISHER_SPECIFIC, UNDEF_PRICE, UNDEF_TIMESTAMP
from lowfloat.ingest.order_book import OrderBook, apply, best, has_room
from lowfloat.ingest.venues import (
    LAST,
    MAX_PRICE,
    Venues,
    begin_event,
    end_event,
    is_cut_off,
    show,
    side_shown,
    venue_of,
)

EACH_CHANGE, BEFORE_PRINT, EACH_INTERVAL = 0, 1, 2
"""When records show the book: with each change, just before a print, or after an interval."""

_REPORTED = np.isin(np.arange(256), list(OFF_EXCHANGE_PUBLISHERS))
_ORDINARY, _ODD_LOT = int(Mark.ORDINARY), int(Mark.ODD_LOT)
_OFF_EXCHANGE, _TAPE, _AUCTION = int(Mark.OFF_EXCHANGE), int(Mark.TAPE), int(Mark.AUCTION)
_BUY, _SELL = ord("B"), ord("A")
_ADD, _CANCEL, _MODIFY, _CLEAR = (ord(letter) for letter in "ACMR")
_TRADE, _FILL, _NONE = (ord(letter) for letter in "TFN")
_NO_TIME = np.uint64(UNDEF_TIMESTAMP)
_END_OF_TIME = np.uint64(2**63)
_ONE_BOOK = np.int64(-1)


@kernel
def _event_time(state: Any, ts_event: np.uint64, ts_recv: np.uint64) -> Any:
    """Return the exchange time, or that of receipt if the former is not said or cannot be."""
    if ts_event < _END_OF_TIME:
        return np.int64(ts_event)
    if ts_event != _NO_TIME:
        state.bad_time += 1
    return np.int64(ts_recv)


@kernel
def _write_print(
    state: Any, row: Any, price: int, size: int, side: int, flags: int, publisher: int,
    ts_event: int, ts_recv: int, sequence: int,
) -> bool:  # fmt: skip
    """Write a record as a print, unless it cannot be one; tell whether it was written."""
    if flags & SNAPSHOT:
        state.snapshot += 1
    elif price == UNDEF_PRICE:
        state.undefined_price += 1
    elif price <= 0 or price > MAX_PRICE:
        state.bad_price += 1
    elif size == 0:
        state.zero_size += 1
    elif size > MAX_SIZE:
        state.bad_size += 1
    else:
        row.ts_event, row.ts_recv = ts_event, ts_recv
        row.price, row.size = price, size
        row.side = (side == _BUY) - (side == _SELL)
        row.confidence = 100 if side in (_BUY, _SELL) else 0
        marks = _ORDINARY | _ODD_LOT if size < ROUND_LOT else _ORDINARY
        if publisher < len(_REPORTED) and _REPORTED[publisher]:
            marks |= _OFF_EXCHANGE
        if publisher == 0 and flags & PUBLISHER_SPECIFIC:
            marks = marks & ~_TAPE | _AUCTION
        row.marks, row.publisher, row.sequence = marks, publisher, sequence
        return True
    return False


@kernel
def read_prints(records: np.ndarray, venues: Venues, trades: np.ndarray) -> int:
    """Write each record as a print; return the number of rows."""
    state = venues.state[0]
    prints = 0
    for i in range(len(records)):
        record = records[i]
        if record.ts_recv >= _END_OF_TIME:
            state.bad_time += 1
            continue
        ts_event = _event_time(state, record.ts_event, record.ts_recv)
        prints += _write_print(
            state, trades[prints], np.int64(record.price), np.int64(record.size),
            np.int64(record.side), np.int64(record.flags), np.int64(record.publisher_id),
            ts_event, np.int64(record.ts_recv), np.int64(record.sequence),
        )  # fmt: skip
    return prints


@kernel
def read_tops(
    records: np.ndarray,
    begin: int,
    showing: int,
    one_book: bool,
    venues: Venues,
    trades: np.ndarray,
    prints: int,
    quotes: np.ndarray,
    changes: int,
) -> tuple[int, int, int]:
    """Write the prints and the changes of the best quote of records that show a top of book.

    Args:
        records: of the layout of mbp-1.
        begin: the first one to read.
        showing: when they show the book.
        one_book: whether it is one consolidated book; its records count no orders and have no
            sequence.
        venues: the state.
        trades: room for a row per record.
        prints: rows written so far.
        quotes: room for a row per record and one more.
        changes: rows written so far.

    Returns:
        the record at which there was no room for its venue, or the number of records; and the
        numbers of rows written.
    """
    state, table = venues.state[0], venues.table
    for i in range(begin, len(records)):
        record = records[i]
        if record.ts_recv >= _END_OF_TIME:
            state.bad_time += 1
            continue
        publisher, flags = np.int64(record.publisher_id), np.int64(record.flags)
        venue = venue_of(state, table, _ONE_BOOK if one_book else publisher)
        if venue < 0:
            return i, prints, changes
        here = table[venue]
        sequence = np.int64(0 if one_book else record.sequence)
        action, ends, ts_event = np.int64(record.action), True, np.int64(record.ts_recv)
        if showing == EACH_INTERVAL:
            action = np.int64(_NONE)  # and the exchange time it states is that of the last print
        else:
            ts_event = _event_time(state, record.ts_event, record.ts_recv)
            if showing == BEFORE_PRINT or action == _TRADE:
                prints += _write_print(
                    state, trades[prints], np.int64(record.price), np.int64(record.size),
                    np.int64(record.side), flags, publisher, ts_event, np.int64(record.ts_recv),
                    sequence,
                )  # fmt: skip
            if showing == BEFORE_PRINT:
                action = np.int64(_NONE)
            else:
                ends = flags & LAST != 0
                if state.venue >= 0 and is_cut_off(state, publisher, ts_event, flags):
                    changes += end_event(state, table, quotes[changes])
        if state.venue < 0:
            begin_event(state, here, venue)
        state.publisher, state.flags = publisher, flags
        state.ts_event, state.ts_recv = ts_event, np.int64(record.ts_recv)
        changes_nothing = action in (_TRADE, _FILL)
        if changes_nothing and ends and state.changes > 0:
            action, sequence = np.int64(state.action), np.int64(state.sequence)
            changes_nothing = False
        if not changes_nothing:
            if not one_book and (record.bid_count > 0 or record.ask_count > 0):
                here.counts_orders = 1
            counted = here.counts_orders != 0
            cleared = action == _CLEAR and not one_book
            no_bid = cleared or (counted and record.bid_count == 0)
            no_ask = cleared or (counted and record.ask_count == 0)
            bid = side_shown(state, record.bid_price, np.int64(record.bid_size), no_bid)
            ask = side_shown(state, record.ask_price, np.int64(record.ask_size), no_ask)
            doubtful = flags & MAYBE_BAD_BOOK != 0
            state.bad_book += doubtful
            show(state, bid, ask, doubtful, action, sequence)
        if ends:
            changes += end_event(state, table, quotes[changes])
    return len(records), prints, changes


@kernel
def read_orders(
    records: np.ndarray,
    begin: int,
    venues: Venues,
    book: OrderBook,
    trades: np.ndarray,
    prints: int,
    quotes: np.ndarray,
    changes: int,
) -> tuple[int, int, int]:
    """Write the prints and the changes of the best quote of a feed of orders.

    Args:
        records: of the layout of mbo.
        begin: the first one to read.
        venues: the state.
        book: the orders.
        trades: room for a row per record.
        prints: rows written so far.
        quotes: room for a row per record and one more.
        changes: rows written so far.

    Returns:
        the record at which there was no room, or the number of records; and the numbers of rows
        written.
    """
    state, table = venues.state[0], venues.table
    for i in range(begin, len(records)):
        record = records[i]
        publisher, flags = np.int64(record.publisher_id), np.int64(record.flags)
        venue = venue_of(state, table, publisher)
        if venue < 0 or not has_room(book, venue):
            return i, prints, changes
        if record.ts_recv >= _END_OF_TIME:
            state.bad_time += 1
            continue
        here = table[venue]
        action, sequence = np.int64(record.action), np.int64(record.sequence)
        ts_event = _event_time(state, record.ts_event, record.ts_recv)
        if action == _TRADE:
            prints += _write_print(
                state, trades[prints], np.int64(record.price), np.int64(record.size),
                np.int64(record.side), flags, publisher, ts_event, np.int64(record.ts_recv),
                sequence,
            )  # fmt: skip
        if state.venue >= 0 and is_cut_off(state, publisher, ts_event, flags):
            changes += end_event(state, table, quotes[changes])
        if state.venue < 0:
            begin_event(state, here, venue)
        state.publisher, state.flags = publisher, flags
        state.ts_event, state.ts_recv = ts_event, np.int64(record.ts_recv)
        if action in (_ADD, _CANCEL, _MODIFY, _CLEAR):
            if flags & MAYBE_BAD_BOOK:
                state.bad_book += 1
                here.doubtful = 1  # orders may be missing until the venue starts anew
            elif action == _CLEAR:
                here.doubtful = 0
            apply(
                state, book, venue, action, np.int64(record.side), record.order_id, record.price,
                np.int64(record.size), flags,
            )  # fmt: skip
            bid, ask = best(book, 2 * venue), best(book, 2 * venue + 1)
            show(state, bid, ask, here.doubtful != 0, action, sequence)
        elif action not in (_TRADE, _FILL, _NONE):
            state.bad_book += 1
        if flags & LAST:
            changes += end_event(state, table, quotes[changes])
    return len(records), prints, changes
