"""What is added up over the events of a day, and what each of them adds by itself."""

import math
from typing import NamedTuple

import numpy as np

from lowfloat.base.codes import Mark
from lowfloat.base.jit import kernel
from lowfloat.base.prices import NANODOLLARS_PER_UNIT
from lowfloat.base.records import MAYBE_BAD_BOOK, SNAPSHOT, Quotes, Trades
from lowfloat.ingest.faults import MAX_PRICE

CENT, DOLLAR = 10_000_000, 1_000_000_000

# What stands: the book by kind. A book is doubtful if the feed says so or a price is impossible.
EMPTY, ONE_SIDED, TWO_SIDED, LOCKED, CROSSED, DOUBTFUL = range(6)
REGULAR = 1  # of the parts of a session
CELLS = 6  # part of the session, times two, plus 1 in a halt
TRADE, QUOTE = 0, 1

# Counters that the walk keeps.
(
    ABSURD, OFF_GRID, SNAPSHOTS, BAD_BOOK, OUTLIERS, BREAKS, DOLLAR_PRINTS, SUB_PENNY, JUDGED,
    NATIVE, WRONG_SIDE, FAR, REGULAR_PRINTS, STALE, INSIDE, ACTIVE_GAPS, UNSIGNED,
) = range(17)  # fmt: skip
# Counters that it keeps per table.
NEGATIVE, APART, BACKWARDS, SAME_TIME, REPEATED, HUGE, BEYOND = range(7)
COUNTERS = 17

OUT_OF_TURN = int(Mark.LATE | Mark.OFFICIAL_OPEN | Mark.OFFICIAL_CLOSE)
"""Prints that do not stand at their time, as a plain number for compiled code."""

BINS = 2048
"""Bins of a histogram of int64: exact below 64, then 32 to each doubling."""

RATIO = 1 << 10
"""What 1 is in the histogram of prices over the mid."""

SIZE_RATIO = 1 << 20
"""What 1 is in the histogram of sizes over those displayed, of which some are very small."""


class Limits(NamedTuple):
    """What the walk measures against: times in nanoseconds, prices in nanodollars."""

    band_regular: float
    band_extended: float
    break_regular: float
    break_extended: float
    absurd_bps: int
    huge_size: int
    halt_edge: int
    silence: int
    active_events: int
    backwards: int
    apart: int
    stale: int


class Tally(NamedTuple):
    """What the walk adds up.

    Attributes:
        counts: int64 (COUNTERS,).
        of_table: int64 (2, 7), for prints and for quotes.
        time: int64 (CELLS, 6), nanoseconds by cell and by what stood.
        rows: int64 (CELLS, 6), quotes.
        prints: int64 (CELLS, 2), prints and their shares that count for volume.
        ends: int64 (3, 2), times of the first and the last event of each part; 0 without one.
        spread: int64 (20,001), nanoseconds by spread in basis points, in regular hours.
        clocks: int64 (2, BINS), records by ``ts_recv - ts_event`` where it is not negative.
        clock_ends: int64 (2, 3), its least and its largest value, and the furthest step back.
        sizes: int64 (2, BINS), prints, and sides of quotes, by size.
        ratios: int64 (2, BINS), judged prints by RATIO * price / mid, and by SIZE_RATIO *
            size over the size displayed where they print at the touch.
        confidence: int64 (256,), prints.
        marks: int64 (16,), prints by bit of the marks.
        longest: int64 (2,), length and begin of the longest silence.
    """

    counts: np.ndarray
    of_table: np.ndarray
    time: np.ndarray
    rows: np.ndarray
    prints: np.ndarray
    ends: np.ndarray
    spread: np.ndarray
    clocks: np.ndarray
    clock_ends: np.ndarray
    sizes: np.ndarray
    ratios: np.ndarray
    confidence: np.ndarray
    marks: np.ndarray
    longest: np.ndarray


@kernel
def add_quotes(quotes: Quotes, begin: int, end: int, limits: Limits, tally: Tally) -> bool:
    """Add what each quote says by itself; tell whether all are possible."""
    sizes, counts, of_table = tally.sizes[QUOTE], tally.counts, tally.of_table[QUOTE]
    for row in range(begin, end):
        bid, ask = quotes.bid_price[row], quotes.ask_price[row]
        bid_size, ask_size = np.int64(quotes.bid_size[row]), np.int64(quotes.ask_size[row])
        if min(min(bid, ask), min(bid_size, ask_size)) < 0:
            return False
        if (bid == 0) != (bid_size == 0) or (ask == 0) != (ask_size == 0):
            return False
        if bid > 0:
            sizes[bin_of(bid_size)] += 1
        if ask > 0:
            sizes[bin_of(ask_size)] += 1
        counts[OFF_GRID] += _off_grid(bid) or _off_grid(ask)
        counts[SNAPSHOTS] += quotes.flags[row] & SNAPSHOT != 0
        counts[BAD_BOOK] += quotes.flags[row] & MAYBE_BAD_BOOK != 0
        of_table[BEYOND] += max(bid, ask) > MAX_PRICE
        of_table[HUGE] += max(bid_size, ask_size) > limits.huge_size
        if row and quotes.ts_recv[row] == quotes.ts_recv[row - 1]:
            of_table[SAME_TIME] += 1
            of_table[REPEATED] += (
                quotes.sequence[row] != 0
                and quotes.sequence[row] == quotes.sequence[row - 1]
                and quotes.ts_event[row] == quotes.ts_event[row - 1]
                and quotes.publisher[row] == quotes.publisher[row - 1]
                and quotes.action[row] == quotes.action[row - 1]
                and quotes.flags[row] == quotes.flags[row - 1]
                and bid == quotes.bid_price[row - 1]
                and ask == quotes.ask_price[row - 1]
                and bid_size == quotes.bid_size[row - 1]
                and ask_size == quotes.ask_size[row - 1]
            )
    return True


@kernel
def add_trades(trades: Trades, begin: int, end: int, limits: Limits, tally: Tally) -> bool:
    """Add what each print says by itself; tell whether all are possible."""
    sizes, counts, of_table = tally.sizes[TRADE], tally.counts, tally.of_table[TRADE]
    for row in range(begin, end):
        price, size = trades.price[row], np.int64(trades.size[row])
        if price <= 0 or size <= 0:
            return False
        sizes[bin_of(size)] += 1
        tally.confidence[trades.confidence[row]] += 1
        for bit in range(16):
            tally.marks[bit] += trades.marks[row] >> bit & 1
        counts[UNSIGNED] += trades.side[row] == 0
        if price >= DOLLAR:
            counts[DOLLAR_PRINTS] += 1
            counts[SUB_PENNY] += price % CENT != 0
        of_table[BEYOND] += price > MAX_PRICE
        of_table[HUGE] += size > limits.huge_size
        if row and trades.ts_recv[row] == trades.ts_recv[row - 1]:
            of_table[SAME_TIME] += 1
            of_table[REPEATED] += (
                trades.sequence[row] != 0
                and trades.sequence[row] == trades.sequence[row - 1]
                and trades.ts_event[row] == trades.ts_event[row - 1]
                and trades.publisher[row] == trades.publisher[row - 1]
                and price == trades.price[row - 1]
                and size == trades.size[row - 1]
                and trades.side[row] == trades.side[row - 1]
                and trades.confidence[row] == trades.confidence[row - 1]
                and trades.marks[row] == trades.marks[row - 1]
            )
    return True


@kernel
def add_clocks(
    times: np.ndarray, events: np.ndarray, marks: np.ndarray, begin: int, end: int,
    limits: Limits, clocks: np.ndarray, ends: np.ndarray, of_table: np.ndarray,
) -> None:  # fmt: skip
    """Add how the two clocks of a table's rows compare; ``marks`` may be empty."""
    far = 1 << 61  # a nonsense time must not wrap around
    for row in range(begin, end):
        ts = times[row]
        event = min(max(events[row], ts - far), ts + far)
        delay = ts - event
        if delay >= 0:
            clocks[bin_of(delay)] += 1
        else:
            of_table[NEGATIVE] += 1
        ends[0] = min(ends[0], delay) if row else delay
        ends[1] = max(ends[1], delay) if row else delay
        if len(marks) == 0 or not marks[row] & OUT_OF_TURN:
            of_table[APART] += abs(delay) > limits.apart
            if row:
                back = min(max(events[row - 1], ts - far), ts + far) - event
                of_table[BACKWARDS] += back > limits.backwards
                ends[2] = max(ends[2], back)


@kernel
def _off_grid(price: int) -> bool:
    return price % (CENT if price >= DOLLAR else NANODOLLARS_PER_UNIT) != 0


@kernel
def bin_of(value: int) -> int:
    """Return the bin of a number from 0 on: its highest six bits and how many follow."""
    shift = 0
    while value >> shift >= 1 << 14:
        shift += 8
    while value >> shift >= 64:
        shift += 1
    return 32 * shift + (value >> shift)


def quantile(bins: np.ndarray, share: float) -> int | None:
    """Return the least bin's lower bound that ``share`` of the entries do not exceed."""
    total = int(bins.sum())
    if not total:
        return None
    at = int(np.searchsorted(np.cumsum(bins), max(math.ceil(share * total), 1)))
    shift = max(at // 32 - 1, 0)
    return (at - 32 * shift) << shift
