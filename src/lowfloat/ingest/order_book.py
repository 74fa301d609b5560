"""The book of each venue of a feed, kept order by order.

Orders lie in a hash table with open addressing, the sums of their sizes per price in one sorted
run per side whose end is the best price. Prices are kept as *keys*, a bid as it is and an offer
negated, so that the largest key is the best of either side. Nothing grows within a kernel: the
caller asks :func:`has_room` before each record, and :func:`roomier_book` for a larger book.
"""

from typing import Any, NamedTuple

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.base.records import MAX_SIZE
from lowfloat.ingest.dbn_layouts import UNDEF_PRICE
from lowfloat.ingest.venues import (
    MAX_PRICE,
)

TOP_OF_BOOK = 64
"""Flag of a record that states the whole of a side by its best price; it is of no order."""

_BID, _OFFER = ord("B"), ord("A")
_CANCEL, _MODIFY, _CLEAR = ord("C"), ord("M"), ord("R")
_NOTHING = np.int64(0)
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: spreads what is close together
_HIGH = np.uint64(32)

ORDER = np.dtype([("order_id", "u8"), ("era", "i8"), ("key", "i8"), ("size", "i8")])
"""A slot of the hash table; it is free if the size is 0.

An *era* is the time of one side of one venue's book between two clearings. Orders of a past era
stay in their slots, where nothing finds them, until the table is next rebuilt.
"""

LEVEL = np.dtype([("key", "i8"), ("size", "i8")])
SIDE = np.dtype([("depth", "i8"), ("era", "i8")])
COUNTS = np.dtype([("orders", "i8"), ("eras", "i8")])


class OrderBook(NamedTuple):
    """Orders and levels of the venues of a feed.

    Attributes:
        orders: slots of type ``ORDER``; their number is a power of two.
        sides: of type ``SIDE``: side 2v has the bids of venue v, side 2v + 1 its offers; how many
            levels each has, and its era.
        levels: of type ``LEVEL``, shape (sides, depth): the levels of each side.
        counts: one record of type ``COUNTS``: the slots in use, and the eras so far.
    """

    orders: np.ndarray
    sides: np.ndarray
    levels: np.ndarray
    counts: np.ndarray


def new_book(venues: int, orders: int = 16, depth: int = 4) -> OrderBook:
    """Return empty books of some venues, with room for ``orders / 2`` orders."""
    sides, counts = np.zeros(2 * venues, SIDE), np.zeros(1, COUNTS)
    sides["era"] = np.arange(2 * venues)
    counts["eras"] = 2 * venues
    return OrderBook(np.zeros(orders, ORDER), sides, np.zeros((2 * venues, depth), LEVEL), counts)


def roomier_book(book: OrderBook, venues: int) -> OrderBook:
    """Return the same book with room for more venues, and for more of what has no room left."""
    known, depth = book.levels.shape
    slots = len(book.orders)
    stands = (book.orders["size"] > 0) & np.isin(book.orders["era"], book.sides["era"])
    while 4 * (int(stands.sum()) + 1) > slots:
        slots *= 2
    larger = new_book(venues, slots, 2 * depth if book.sides["depth"].max() == depth else depth)
    larger.levels[:known, :depth] = book.levels
    larger.sides["era"] += book.counts["eras"]  # so that no venue begins in an era of another
    larger.sides[:known] = book.sides
    larger.counts["eras"] += book.counts["eras"]
    _fill(larger.orders, larger.counts[0], book.orders[stands])
    return larger


@kernel
def has_room(book: OrderBook, venue: int) -> bool:
    """Tell whether one more record of a venue fits, whatever it says."""
    bids, depth = 2 * venue, book.levels.shape[1]
    return (
        bids < len(book.sides)
        and 2 * (book.counts[0].orders + 1) <= len(book.orders)
        and book.sides[bids].depth < depth
        and book.sides[bids + 1].depth < depth
    )


@kernel
def apply(
    state: Any,
    book: OrderBook,
    venue: int,
    action: int,
    side: int,
    order_id: np.uint64,
    price: int,
    size: int,
    flags: int,
) -> None:
    """Change the book of a venue as one record of action A, C, M or R says.

    A record that contradicts the book, such as a cancel of an order that is not there, counts as
    ``bad_book``. An order that cannot be, for its price or its size, is counted and left out.
    """
    orders, counts = book.orders, book.counts[0]
    first = 2 * venue
    at = first + (side == _OFFER)
    bids, offers, ours = book.sides[first], book.sides[first + 1], book.sides[at]
    if action == _CLEAR:
        _clear(bids, counts)
        _clear(offers, counts)
        return
    has_side = side in (_BID, _OFFER)
    key = price if side == _BID else -price
    if flags & TOP_OF_BOOK:
        if not has_side:
            state.bad_book += 1
            return
        _clear(ours, counts)
        if action != _CANCEL and price != UNDEF_PRICE and _can_be(state, price, size):
            _put(book.levels[at], ours, key, size)
        return
    slot = _find(orders, order_id, bids.era, offers.era)
    order = orders[slot]
    there = order.size > 0
    if there != (action in (_CANCEL, _MODIFY)):
        state.bad_book += 1
    if there:
        taken = order.size
        if action == _CANCEL:
            taken = min(size, taken)
        at_before = first + (order.key < 0)
        _put(book.levels[at_before], book.sides[at_before], order.key, -taken)
        order.size -= taken
        if order.size == 0:
            _free(orders, slot)
            counts.orders -= 1
    if action == _CANCEL:
        return
    if not has_side:
        state.bad_book += 1
    elif _can_be(state, price, size):
        _occupy(
            orders, _find(orders, order_id, bids.era, offers.era), order_id, ours.era, key, size
        )
        counts.orders += 1
        _put(book.levels[at], ours, key, size)


@kernel
def best(book: OrderBook, side: int) -> Any:
    """Return price and size of the best level of a side, both 0 if it is empty."""
    depth = book.sides[side].depth
    if depth == 0:
        return _NOTHING, _NOTHING
    level = book.levels[side, depth - 1]
    return abs(level.key), min(level.size, MAX_SIZE)


@kernel
def _can_be(state: Any, price: int, size: int) -> bool:
    if price == UNDEF_PRICE:
        state.undefined_price += 1
    elif price <= 0 or price > MAX_PRICE:
        state.bad_price += 1
    elif size == 0:
        state.zero_size += 1
    elif size > MAX_SIZE:
        state.bad_size += 1
    else:
        return True
    return False


@kernel
def _clear(side: Any, counts: Any) -> None:
    side.depth = 0
    side.era = counts.eras
    counts.eras += 1


@kernel
def _home(orders: np.ndarray, order_id: np.uint64) -> Any:
    return np.int64(((order_id * _MIX) >> _HIGH) & np.uint64(len(orders) - 1))


@kernel
def _find(orders: np.ndarray, order_id: np.uint64, era: int, other_era: int) -> int:
    """Return the slot of an order of either era, or the free one that ends the search for it."""
    slot = _home(orders, order_id)
    while orders[slot].size > 0:
        order = orders[slot]
        if order.order_id == order_id and (order.era == era or order.era == other_era):
            break
        slot = (slot + 1) & (len(orders) - 1)
    return slot


@kernel
def _occupy(
    orders: np.ndarray, slot: int, order_id: np.uint64, era: int, key: int, size: int
) -> None:
    order = orders[slot]
    order.order_id, order.era, order.key, order.size = order_id, era, key, size


@kernel
def _fill(orders: np.ndarray, counts: Any, others: np.ndarray) -> None:
    for i in range(len(others)):
        order = others[i]
        slot = _home(orders, order.order_id)
        while orders[slot].size > 0:
            slot = (slot + 1) & (len(orders) - 1)
        _occupy(orders, slot, order.order_id, order.era, order.key, order.size)
        counts.orders += 1


@kernel
def _free(orders: np.ndarray, hole: int) -> None:
    """Close the gap of a freed slot: each order after it must still be found from its home."""
    last = len(orders) - 1
    slot = hole
    while True:
        slot = (slot + 1) & last
        order = orders[slot]
        if order.size == 0:
            break
        if (slot - _home(orders, order.order_id)) & last >= (slot - hole) & last:
            _occupy(orders, hole, order.order_id, order.era, order.key, order.size)
            hole = slot
    orders[hole].size = 0


@kernel
def _put(levels: np.ndarray, side: Any, key: int, size: int) -> None:
    """Add shares to a level, which is made if it is new and removed if none are left."""
    low, high = _NOTHING, side.depth
    while low < high:
        middle = (low + high) >> 1
        if levels[middle].key < key:
            low = middle + 1
        else:
            high = middle
    if low < side.depth and levels[low].key == key:
        levels[low].size += size
        if levels[low].size <= 0:
            side.depth -= 1
            for i in range(low, side.depth):
                levels[i].key, levels[i].size = levels[i + 1].key, levels[i + 1].size
    elif size > 0:
        for i in range(side.depth, low, -1):
            levels[i].key, levels[i].size = levels[i - 1].key, levels[i - 1].size
        levels[low].key, levels[low].size = key, size
        side.depth += 1
