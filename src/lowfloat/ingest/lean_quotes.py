"""The book of a LEAN tick file of quotes, line by line.

A line of quotes states one side. What the sides are of differs from file to file, and is seen
from the lines. Files of QuantConnect's own data hold the *national* best quote: each change is a
line for the bid and a line for the ask at the same millisecond, mostly of two exchanges; the last
line of a side is the best price, whoever shows it. Other files hold the quotes of each
*exchange*, from which the best is found here. Read the wrong way round, books are crossed nearly
all of the time.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import Session, new_york_ns
from lowfloat.base.jit import kernel
from lowfloat.base.records import MAX_SIZE, ROWS, Quotes
from lowfloat.ingest.faults import MAX_PRICE
from lowfloat.ingest.lean_lines import (
    DAY_NS,
    KINDS,
    PUBLISHERS,
    ROWS_AT_ONCE,
    VENUES,
    Member,
    columns_of,
)
from lowfloat.ingest.source import Piece

# Of QuoteConditionFlags, those of a quote that can be traded with, and of lines with price bands.
_FIRM = 1 << 0 | 1 << 11  # regular, opening
_CLOSING_QUOTE = 1 << 3  # the last one of an exchange: the national best stands without it
_BANDS = 1 << 18 | 1 << 19

_NOT_SAID = ord("N")


class _Books(NamedTuple):
    """What stands between two lines of quotes; each array is of int64.

    Attributes:
        bid_price: nanodollars per venue, 0 if it shows no bid; all in place 0 if national.
        bid_size: shares.
        ask_price: nanodollars.
        ask_size: shares.
        event: the change under way: 1 if there is one, its time, its line, 1 if it is a bid
            alone, which the ask of the same change may follow, and the venues of bid and ask.
        told: the best quote as last told: bid price and size, ask price and size.
    """

    bid_price: np.ndarray
    bid_size: np.ndarray
    ask_price: np.ndarray
    ask_size: np.ndarray
    event: np.ndarray
    told: np.ndarray


_FAULTS = ("bad_time", "undefined_price", "bad_price", "bad_size", "bad_book", "crossed_own")
_BAD_TIME, _UNDEFINED, _BAD_PRICE, _BAD_SIZE, _BAD_BOOK, _CROSSED_OWN = range(6)


def quote_pieces(path: Path, member: Member, session: Session) -> Iterator[Piece]:
    """Yield the changes of the best quote of a tick file.

    Raises:
        FeedError: the file is damaged; the message names the line.
    """
    national = _is_national(path, member)
    books = _Books(*(np.zeros(n, np.int64) for n in (*[VENUES] * 4, 6, 4)))
    midnight = new_york_ns(member.date, 0)
    out = np.zeros(ROWS_AT_ONCE + 1, ROWS[Quotes])
    nothing = np.zeros((len(KINDS[Quotes]), 0), np.int64)
    faults = np.zeros(len(_FAULTS), np.int64)

    def piece(line: int, columns: np.ndarray, final: bool) -> Piece:
        faults[:] = 0
        n = _consolidate(columns, line, midnight, national, final, books, PUBLISHERS, out, faults)
        counts = {name: int(n) for name, n in zip(_FAULTS, faults, strict=True) if n}
        return Piece(member.symbol, out[:n].copy(), counts)

    for line, columns in columns_of(path, member):
        yield piece(line, columns, False)
    yield piece(0, nothing, True)


def _is_national(path: Path, member: Member) -> bool:
    """Return whether the lines are the national best quote; see the head of this page.

    Nearly all lines are then pairs, and some pairs are of two exchanges, which the two sides of
    one exchange's quote never are.
    """
    bids, pairs, mixed = 0, 0, 0
    last = np.zeros((len(KINDS[Quotes]), 1), np.int64)  # a pair may straddle two blocks
    for _, columns in columns_of(path, member):
        joined = np.concatenate([last, columns], axis=1)
        since, bid, ask, venue = joined[0], joined[1], joined[3], joined[5]
        is_bid, is_ask = (bid != 0) & (ask == 0), (ask != 0) & (bid == 0)
        pair = is_bid[:-1] & is_ask[1:] & (since[:-1] == since[1:])
        bids += int((bid[1:] != 0).sum())
        pairs += int(pair.sum())
        mixed += int((pair & (venue[:-1] != venue[1:])).sum())
        last = joined[:, -1:]
    return pairs >= 0.9 * bids and mixed > 0.001 * pairs


@kernel
def _consolidate(
    columns: np.ndarray,
    line: int,
    midnight: int,
    national: bool,
    final: bool,
    books: _Books,
    publishers: np.ndarray,
    out: np.ndarray,
    faults: np.ndarray,
) -> int:
    """Take lines of quotes into the books; write a row per change of the best, return how many.

    A bid and an ask of the same change are one change. It is told once a line follows that does
    not belong to it, or if ``final``.
    """
    count = 0
    event = books.event
    for i in range(columns.shape[1]):
        since, venue = columns[0, i], columns[5, i]
        bid_price, bid_size = columns[1, i], columns[2, i]
        ask_price, ask_size = columns[3, i], columns[4, i]
        condition, suspicious = columns[6, i], columns[7, i]
        if since < 0 or since >= DAY_NS:
            faults[_BAD_TIME] += 1
            continue
        if condition & _BANDS:
            faults[_BAD_BOOK] += 1
            continue
        bid_said, ask_said = bid_price != 0 or bid_size != 0, ask_price != 0 or ask_size != 0
        follows = event[3] and ask_said and not bid_said and event[1] == since
        if event[0] and not (follows and (national or event[4] == venue)):
            count = _tell(midnight, national, books, publishers, out, count, faults)
        if not event[0]:
            event[4] = venue
        place = 0 if national else venue
        firm = _FIRM | _CLOSING_QUOTE if national else _FIRM
        if condition & ~firm or suspicious:
            faults[_BAD_BOOK] += 1
            bid_price, bid_size, ask_price, ask_size = 0, 0, 0, 0
            bid_said, ask_said = bid_said or not national, ask_said or not national
        if bid_said or not ask_said:
            bid_price, bid_size = _sound(bid_price, bid_size, faults)
            books.bid_price[place], books.bid_size[place] = bid_price, bid_size
        if ask_said or not bid_said:
            ask_price, ask_size = _sound(ask_price, ask_size, faults)
            books.ask_price[place], books.ask_size[place] = ask_price, ask_size
        event[0], event[1], event[2], event[3] = 1, since, line + i, bid_said and not ask_said
        event[5] = venue
    if final and event[0]:
        count = _tell(midnight, national, books, publishers, out, count, faults)
    return count


@kernel
def _sound(price: int, size: int, faults: np.ndarray) -> tuple[int, int]:
    """Return a side that can be, else an empty one."""
    if price == 0 and size != 0:
        faults[_UNDEFINED] += 1
    elif price < 0 or price > MAX_PRICE:
        faults[_BAD_PRICE] += 1
    elif size < 0 or size > MAX_SIZE:
        faults[_BAD_SIZE] += 1
    elif size > 0:
        return price, size
    return 0, 0


@kernel
def _tell(
    midnight: int,
    national: bool,
    books: _Books,
    publishers: np.ndarray,
    out: np.ndarray,
    count: int,
    faults: np.ndarray,
) -> int:
    """End the change under way; write the best quote after it if it is another than before."""
    event, told = books.event, books.told
    bid, bid_size, ask, ask_size = 0, 0, 0, 0
    for place in range(1 if national else len(books.bid_price)):
        own_bid, own_ask = books.bid_price[place], books.ask_price[place]
        if not national and own_ask and own_bid > own_ask:
            faults[_CROSSED_OWN] += place == event[5]
            continue  # an exchange never crosses itself: neither side is to be believed
        if own_bid > bid:
            bid, bid_size = own_bid, 0
        if own_bid and own_bid == bid:
            bid_size += books.bid_size[place]
        if own_ask and (ask == 0 or own_ask < ask):
            ask, ask_size = own_ask, 0
        if own_ask and own_ask == ask:
            ask_size += books.ask_size[place]
    bid_size, ask_size = min(bid_size, MAX_SIZE), min(ask_size, MAX_SIZE)
    event[0] = 0
    if bid == told[0] and bid_size == told[1] and ask == told[2] and ask_size == told[3]:
        return count
    changer = event[5] if bid == told[0] and bid_size == told[1] else event[4]
    told[0], told[1], told[2], told[3] = bid, bid_size, ask, ask_size
    row = out[count]
    row["ts_event"] = row["ts_recv"] = midnight + event[1]
    row["bid_price"], row["bid_size"] = bid, bid_size
    row["ask_price"], row["ask_size"] = ask, ask_size
    row["action"], row["flags"] = _NOT_SAID, 0
    row["publisher"] = publishers[changer]
    row["sequence"] = event[2]
    return count + 1
