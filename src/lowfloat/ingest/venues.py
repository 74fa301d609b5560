"""The best quote of each venue of a feed, and the best of them all, as rows of ``Quotes``.

A feed tells of its books in events: runs of records of one venue with one exchange time, ended
by the flag LAST. Only the quote at the end of an event ever stood; the ones inside it did not,
and are counted. Where several venues share a feed, the best quote of the stock is the best price
over the venues, with the sizes of all venues at that price.
"""

from typing import Any, NamedTuple

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.base.prices import MAX_PRICE_UNITS, NANODOLLARS_PER_UNIT
from lowfloat.base.records import MAX_SIZE, MAYBE_BAD_BOOK, SNAPSHOT
from lowfloat.ingest.dbn_layouts import UNDEF_PRICE, UNDEF_SIZE

FAULTS = (
    "undefined_price", "bad_price", "zero_size", "bad_size", "bad_time", "snapshot",
    "intermediate", "bad_book", "crossed_own",
)  # fmt: skip
"""What kernels count: the last fields of the state."""

LAST = 128
"""Flag of the last record of an event."""

MAX_PRICE = MAX_PRICE_UNITS * NANODOLLARS_PER_UNIT

CONSOLIDATED_PUBLISHERS = frozenset((30, 59, 60, 93, 94, 95, 134, 135))
"""Publishers whose quote is the best of others: OPRA, the EQUS of each feed, CTA and UTP.

Once one of them has a quote, it alone counts: the sizes behind it would be added twice.
"""

_CONSOLIDATORS = np.isin(np.arange(256), list(CONSOLIDATED_PUBLISHERS))
_ADD, _CANCEL, _MODIFY, _CLEAR, _NOT_SAID = (ord(letter) for letter in "ACMRN")
_NOTHING, _MAX_SIZE = np.int64(0), np.int64(MAX_SIZE)

_BOTH_SIDES = [("bid", "i8"), ("ask", "i8"), ("bid_size", "i8"), ("ask_size", "i8")]

VENUE = np.dtype(
    [
        *_BOTH_SIDES,
        ("publisher", "i8"),
        ("counts_orders", "i8"),
        ("doubtful", "i8"),
        ("is_of_others", "i8"),
    ]
)
"""A venue: its quote as it stands, and what is known about its records.

``counts_orders`` is 1 from the first record on that counts an order: a side with the count 0 is
empty then. ``doubtful`` is for books built from orders, see :mod:`lowfloat.ingest.order_book`.
"""

STATE = np.dtype([
    # The quote that the open event shows, and the record that changed it last.
    *_BOTH_SIDES, ("doubtful", "i8"), ("action", "i8"), ("sequence", "i8"), ("changes", "i8"),
    # The open event: its venue (-1 if none is open) and its last record.
    ("venue", "i8"), ("publisher", "i8"), ("ts_event", "i8"), ("ts_recv", "i8"), ("flags", "i8"),
    # The last row written, and what is known about the feed.
    ("top_bid", "i8"), ("top_ask", "i8"), ("top_bid_size", "i8"), ("top_ask_size", "i8"),
    ("venues", "i8"), ("consolidator", "i8"), *((name, "i8") for name in FAULTS),
])  # fmt: skip


class Venues(NamedTuple):
    """What is kept between records.

    Attributes:
        table: the venues, of type ``VENUE``; the first ``state.venues`` are known.
        state: one record of type ``STATE``.
    """

    table: np.ndarray
    state: np.ndarray


def new_venues(room: int = 1) -> Venues:
    """Return the state of a feed that has told nothing yet, with room for some venues."""
    state = np.zeros(1, STATE)
    state["venue"] = state["consolidator"] = -1
    return Venues(np.zeros(room, VENUE), state)


def roomier_venues(venues: Venues) -> Venues:
    """Return the same state with room for twice as many venues."""
    table = np.concatenate((venues.table, np.zeros_like(venues.table)))
    return venues._replace(table=table)


def counted_faults(venues: Venues) -> np.ndarray:
    """Return a view, int64, of the counts of ``FAULTS`` that kernels add to."""
    return venues.state.view(np.int64)[-len(FAULTS) :]


# Kernels below take the record of the state rather than all of ``Venues``: what is passed from
# kernel to kernel is copied on each call, and a record is but an address.


@kernel
def venue_of(state: Any, table: np.ndarray, publisher: int) -> Any:
    """Return the place of a venue in the table, entering it if it is new; -1 if there is no room.

    ``publisher`` is -1 in a feed that shows one consolidated book, whoever changed it.
    """
    for place in range(state.venues):
        if table[place].publisher == publisher:
            return place
    place = state.venues
    if place == len(table):
        return np.int64(-1)
    table[place].publisher = publisher
    table[place].is_of_others = publisher < 0 or (
        publisher < len(_CONSOLIDATORS) and _CONSOLIDATORS[publisher]
    )
    state.venues = place + 1
    return place


@kernel
def is_cut_off(state: Any, publisher: int, ts_event: int, flags: int) -> bool:
    """Tell whether the next record shows that the open event has ended.

    The records of a snapshot keep the times of the orders they repeat, so only LAST ends it.
    """
    snapshot = state.flags & flags & SNAPSHOT != 0
    return publisher != state.publisher or (ts_event != state.ts_event and not snapshot)


@kernel
def begin_event(state: Any, here: Any, venue: int) -> None:
    """Open an event of a venue, whose record ``here`` has the quote that stands."""
    state.venue = venue
    state.bid, state.bid_size = here.bid, here.bid_size
    state.ask, state.ask_size = here.ask, here.ask_size
    state.changes = 0


@kernel
def side_shown(state: Any, price: int, size: int, is_empty: bool) -> Any:
    """Return price and size of a side of the book, both 0 if there is none that can be."""
    if is_empty or price == UNDEF_PRICE or size == 0 or size == UNDEF_SIZE:
        return _NOTHING, _NOTHING
    if price <= 0 or price > MAX_PRICE:
        state.bad_price += 1
        return _NOTHING, _NOTHING
    if size > MAX_SIZE:
        state.bad_size += 1
        return _NOTHING, _NOTHING
    return price, size


@kernel
def show(state: Any, bid: Any, ask: Any, doubtful: bool, action: int, sequence: int) -> None:
    """Set the quote that the open event shows, each side as price and size."""
    if doubtful:
        bid = ask = (_NOTHING, _NOTHING)
    state.doubtful = doubtful
    if (
        (bid[0] == state.bid)
        & (ask[0] == state.ask)
        & (bid[1] == state.bid_size)
        & (ask[1] == state.ask_size)
    ):
        return
    state.changes += 1
    state.bid, state.bid_size = bid
    state.ask, state.ask_size = ask
    state.action = action if action in (_ADD, _CANCEL, _MODIFY, _CLEAR) else _NOT_SAID
    state.sequence = sequence


@kernel
def settle(state: Any, here: Any) -> bool:
    """End the open event of the venue ``here``; tell whether its quote is another one now."""
    venue, state.venue = state.venue, np.int64(-1)
    if state.changes == 0:
        return False
    if (
        (state.bid == here.bid)
        & (state.ask == here.ask)
        & (state.bid_size == here.bid_size)
        & (state.ask_size == here.ask_size)
    ):
        state.intermediate += state.changes
        return False
    state.intermediate += state.changes - 1
    here.bid, here.bid_size = state.bid, state.bid_size
    here.ask, here.ask_size = state.ask, state.ask_size
    if here.is_of_others:
        state.consolidator = venue
    elif here.bid > here.ask and here.ask > 0:
        state.crossed_own += 1
    return True


@kernel
def is_new_best(state: Any, table: np.ndarray) -> bool:
    """Find the best quote over the venues; tell whether it is another one than the last."""
    first, after = np.int64(0), state.venues
    if state.consolidator >= 0:
        first, after = state.consolidator, state.consolidator + 1
    bid, ask, bid_size, ask_size = _NOTHING, _NOTHING, _NOTHING, _NOTHING
    for place in range(first, after):
        here = table[place]
        if here.bid > bid:
            bid, bid_size = here.bid, here.bid_size
        elif here.bid == bid:
            bid_size += here.bid_size
        if here.ask > 0 and (here.ask < ask or ask == 0):
            ask, ask_size = here.ask, here.ask_size
        elif here.ask == ask:
            ask_size += here.ask_size
    bid_size, ask_size = min(bid_size, _MAX_SIZE), min(ask_size, _MAX_SIZE)
    if (
        (bid == state.top_bid)
        & (ask == state.top_ask)
        & (bid_size == state.top_bid_size)
        & (ask_size == state.top_ask_size)
    ):
        return False
    state.top_bid, state.top_bid_size = bid, bid_size
    state.top_ask, state.top_ask_size = ask, ask_size
    return True


@kernel
def write_best(state: Any, row: Any) -> None:
    """Write the best quote, with the last record of the event that changed it, to a row."""
    flags = state.flags & ~MAYBE_BAD_BOOK
    if state.doubtful and state.top_bid == 0 and state.top_ask == 0:
        flags |= MAYBE_BAD_BOOK
    row.ts_event, row.ts_recv = state.ts_event, state.ts_recv
    row.bid_price, row.ask_price = state.top_bid, state.top_ask
    row.bid_size, row.ask_size = state.top_bid_size, state.top_ask_size
    row.action, row.flags = state.action, flags
    row.publisher, row.sequence = state.publisher, state.sequence


@kernel
def end_event(state: Any, table: np.ndarray, row: Any) -> bool:
    """Let the quote that the open event shows stand; tell whether it made a row.

    Args:
        state: the state, with an open event.
        table: the venues.
        row: a row of ``ROWS[Quotes]``; it is written if the best quote of all changed.
    """
    here = table[state.venue]
    if not settle(state, here):
        return False
    if state.venues == 1:  # as it nearly always is: nothing to compare with
        state.top_bid, state.top_bid_size = here.bid, here.bid_size
        state.top_ask, state.top_ask_size = here.ask, here.ask_size
    elif not is_new_best(state, table):
        return False
    write_best(state, row)
    return True
