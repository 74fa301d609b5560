"""The walk over a day: its prints and book changes in order of receipt, each held to the others.

A print comes before the book change of the same nanosecond, so that each print meets the book in
force before it. Time is charged to the book that stood, in the part of the session and the halt
that it passed in.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from lowfloat.base.codes import Mark
from lowfloat.base.jit import kernel
from lowfloat.base.records import DTYPES, MAYBE_BAD_BOOK, Quotes, Trades
from lowfloat.days.day import Day
from lowfloat.errors import FeedError
from lowfloat.ingest.faults import MAX_PRICE
from lowfloat.ingest.tally import (
    ABSURD,
    ACTIVE_GAPS,
    BINS,
    BREAKS,
    CELLS,
    COUNTERS,
    CROSSED,
    DOUBTFUL,
    EMPTY,
    FAR,
    INSIDE,
    JUDGED,
    LOCKED,
    NATIVE,
    ONE_SIDED,
    OUT_OF_TURN,
    OUTLIERS,
    QUOTE,
    RATIO,
    REGULAR,
    REGULAR_PRINTS,
    SIZE_RATIO,
    STALE,
    TRADE,
    TWO_SIDED,
    WRONG_SIDE,
    Limits,
    Tally,
    add_clocks,
    add_quotes,
    add_trades,
    bin_of,
)

BLOCK = 1 << 17
"""Rows of a table that are looked at before memory may be handed back."""

# Plain numbers: compiled code reads an enumeration's member slowly.
_HIGH_LOW, _VOLUME, _TAPE = int(Mark.HIGH_LOW), int(Mark.VOLUME), int(Mark.TAPE)
_AUCTION = int(Mark.AUCTION)

_WINDOW = 7  # prints: three before the one that is judged, and three after

BOUND = np.dtype([(n, np.int64) for n in ("ts", "cell", "begin", "end")])
"""A time at which the part of the session, or being in a halt, changes; and that halt's span."""

STATE = np.dtype(
    [(name, np.int64) for name in (
        "clock", "cell", "bound", "halts", "trade", "quote", "bid", "ask", "bid_size", "ask_size",
        "stands", "bps", "changed", "silent_from", "notable", "events", "newest", "prints",
        "next_bound",
    )]
)  # fmt: skip
"""Where the walk stands between two blocks."""

PRINT = np.dtype([(name, np.int64) for name in ("price", "mid", "cell", "halts")])


@kernel
def _walk(
    trades: Trades, quotes: Quotes, bounds: Any, limits: Limits, state: Any, recent: np.ndarray,
    window: Any, tally: Tally, trade_end: int, quote_end: int,
) -> bool:  # fmt: skip
    """Walk on until a table is at its given end; tell whether all rows keep order and bounds."""
    s = state[0]
    last = bounds[len(bounds) - 1].ts
    time, spread, rows, ends = tally.time, tally.spread, tally.rows, tally.ends
    while True:
        more_trades = s.trade < len(trades.ts_recv)
        more_quotes = s.quote < len(quotes.ts_recv)
        if (more_trades and s.trade >= trade_end) or (more_quotes and s.quote >= quote_end):
            return True
        if not more_trades and not more_quotes:
            _pass_bounds(last, s, bounds, limits, recent, tally)
            return True
        is_trade = more_trades and (
            not more_quotes or trades.ts_recv[s.trade] <= quotes.ts_recv[s.quote]
        )
        ts = trades.ts_recv[s.trade] if is_trade else quotes.ts_recv[s.quote]
        if ts < s.clock or ts >= last:
            return False
        if ts >= s.next_bound:
            _pass_bounds(ts, s, bounds, limits, recent, tally)
        time[s.cell, s.stands] += ts - s.clock
        if s.cell == 2 * REGULAR:
            if s.stands == TWO_SIDED:
                spread[s.bps] += ts - s.clock
            if ts - s.silent_from > s.notable:
                _end_silence(ts, s, limits, recent, tally)
        s.clock = s.silent_from = ts
        recent[s.newest] = ts
        s.newest = s.newest + 1 if s.newest + 1 < len(recent) else 0
        s.events += 1
        part = s.cell >> 1
        if ends[part, 0] == 0:
            ends[part, 0] = ts
        ends[part, 1] = ts
        if is_trade:
            _meet_book(trades, s, bounds, limits, window, tally)
            s.trade += 1
        else:
            row = s.quote
            bid, ask = quotes.bid_price[row], quotes.ask_price[row]
            s.bid, s.ask, s.changed = bid, ask, ts
            s.bid_size, s.ask_size = quotes.bid_size[row], quotes.ask_size[row]
            if bid > MAX_PRICE or ask > MAX_PRICE or quotes.flags[row] & MAYBE_BAD_BOOK:
                s.stands = DOUBTFUL
            elif bid == 0 or ask == 0:
                s.stands = EMPTY if bid == ask else ONE_SIDED
            elif bid < ask:
                s.stands = TWO_SIDED
                s.bps = (ask - bid) * 20_000 // (ask + bid)
                if s.bps > limits.absurd_bps and s.cell & 1 == 0:
                    tally.counts[ABSURD] += 1
            else:
                s.stands = LOCKED if bid == ask else CROSSED
            rows[s.cell, s.stands] += 1
            s.quote += 1


@kernel
def _pass_bounds(
    ts: int, s: Any, bounds: Any, limits: Limits, recent: np.ndarray, tally: Tally
) -> None:
    """Let time pass over the changes of the session's part or of a halt up to a time."""
    while s.bound < len(bounds) and bounds[s.bound].ts <= ts:
        bound = bounds[s.bound]
        tally.time[s.cell, s.stands] += bound.ts - s.clock
        if s.cell == 2 * REGULAR:
            if s.stands == TWO_SIDED:
                tally.spread[s.bps] += bound.ts - s.clock
            _end_silence(bound.ts, s, limits, recent, tally)
        s.clock = s.silent_from = bound.ts
        s.cell = bound.cell
        s.halts += bound.begin == bound.ts
        s.bound += 1
    s.next_bound = bounds[s.bound].ts if s.bound < len(bounds) else ts + 1


@kernel
def _end_silence(ts: int, s: Any, limits: Limits, recent: np.ndarray, tally: Tally) -> None:
    """Note a silence of regular hours; at a change of part or halt one ends and one begins."""
    silence = ts - s.silent_from
    if silence > tally.longest[0]:
        tally.longest[0], tally.longest[1] = silence, s.silent_from
        s.notable = min(silence, limits.silence)
    if silence > limits.silence and s.events >= len(recent):
        # The place of the next event still holds the first of the last ones.
        tally.counts[ACTIVE_GAPS] += s.silent_from - recent[s.newest] <= limits.silence


@kernel
def _meet_book(
    trades: Trades, s: Any, bounds: Any, limits: Limits, window: Any, tally: Tally
) -> None:
    """Hold a print against the halt and the book that it falls in, and its neighbours."""
    row, ts = s.trade, s.clock
    price, size = trades.price[row], np.int64(trades.size[row])
    side, marks = trades.side[row], trades.marks[row]
    counts = tally.counts
    halted = s.cell & 1 == 1
    tally.prints[s.cell, 0] += 1
    tally.prints[s.cell, 1] += size if marks & _VOLUME else 0
    if halted and not marks & OUT_OF_TURN:
        begin = bounds[s.bound - 1].begin + limits.halt_edge
        end = bounds[s.bound - 1].end - limits.halt_edge
        event = trades.ts_event[row]
        counts[INSIDE] += begin < event and event < end and begin < ts and ts < end
    if price > MAX_PRICE:
        return
    sound = s.stands == TWO_SIDED
    mid = (s.bid + s.ask) // 2 if sound else 0
    in_turn = marks & _TAPE and not marks & (_AUCTION | OUT_OF_TURN) and not halted
    if in_turn and s.cell == 2 * REGULAR:
        counts[REGULAR_PRINTS] += 1
        counts[STALE] += ts - s.changed > limits.stale
    if in_turn and sound:
        band = limits.band_regular if s.cell == 2 * REGULAR else limits.band_extended
        counts[JUDGED] += 1
        counts[FAR] += price > s.ask * (1.0 + band) or price < s.bid * (1.0 - band)
        if trades.confidence[row] == 100 and side != 0:
            counts[NATIVE] += 1
            counts[WRONG_SIDE] += price <= s.bid if side > 0 else price >= s.ask
        tally.ratios[0, bin_of(price * RATIO // max(mid, 1))] += 1
        if price == s.ask and side >= 0:
            tally.ratios[1, bin_of(size * SIZE_RATIO // s.ask_size)] += 1
        elif price == s.bid and side <= 0:
            tally.ratios[1, bin_of(size * SIZE_RATIO // s.bid_size)] += 1
    if marks & _HIGH_LOW and not marks & OUT_OF_TURN:
        newest = window[s.prints % _WINDOW]
        newest.price, newest.mid, newest.cell, newest.halts = price, mid, s.cell, s.halts
        s.prints += 1
        if s.prints >= _WINDOW:
            _judge_window(window, s.prints, limits, counts)


@kernel
def _judge_window(window: Any, prints: int, limits: Limits, counts: np.ndarray) -> None:
    """Judge the print in the middle of the last seven by the three before and after it."""
    a, b, c = window[prints % 7], window[(prints + 1) % 7], window[(prints + 2) % 7]
    one = window[(prints + 3) % 7]
    x, y, z = window[(prints + 4) % 7], window[(prints + 5) % 7], window[(prints + 6) % 7]
    before = float(_median(a.price, b.price, c.price))
    after = float(_median(x.price, y.price, z.price))
    regular = one.cell == 2 * REGULAR
    band = limits.band_regular if regular else limits.band_extended
    if (
        abs(one.price - before) > band * before
        and abs(after - before) <= 0.5 * band * before
        and (one.mid == 0 or abs(one.price - one.mid) > band * one.mid)
    ):
        counts[OUTLIERS] += 1
    factor = limits.break_regular if regular and c.cell == one.cell else limits.break_extended
    level = float(_median(one.price, x.price, y.price))
    up = level >= factor * before and one.price >= factor * c.price
    down = level * factor <= before and one.price * factor <= c.price
    counts[BREAKS] += (up or down) and c.halts == one.halts


@kernel
def _median(a: int, b: int, c: int) -> int:
    return max(min(a, b), min(max(a, b), c))


def measure(
    day: Day,
    limits: Limits,
    release: Callable[[], None] | None = None,
    block: int = BLOCK,
) -> Tally:
    """Walk the events of a day, a block of rows at a time.

    Args:
        day: the day; its columns may be read-only and mapped from disk.
        limits: what to measure against.
        release: called after each block of rows, such as to hand back mapped memory.
        block: rows of a table in a block; the outcome does not depend on it.

    Raises:
        FeedError: a rule of the tables is broken; the message says where.
    """
    trades, quotes = _read_only(day, Trades, day.trades), _read_only(day, Quotes, day.quotes)
    if not day.session.start_ns < day.coverage_end_ns <= day.session.end_ns:
        day.check()  # says what is wrong with it
    bounds = _bounds(day)
    state, window = np.zeros(1, STATE).view(np.recarray), np.zeros(_WINDOW, PRINT).view(np.recarray)
    state.clock = state.silent_from = day.session.start_ns
    recent = np.zeros(limits.active_events, np.int64)
    shapes = dict(
        counts=COUNTERS, of_table=(2, 7), time=(CELLS, 6), rows=(CELLS, 6), prints=(CELLS, 2),
        ends=(3, 2), spread=20_001, clocks=(2, BINS), clock_ends=(2, 3), sizes=(2, BINS),
        ratios=(2, BINS), confidence=256, marks=16, longest=2,
    )  # fmt: skip
    tally = Tally(**{name: np.zeros(shape, np.int64) for name, shape in shapes.items()})
    done = [0, 0]
    totals = len(trades.ts_recv), len(quotes.ts_recv)
    while True:
        at = int(state.trade[0]), int(state.quote[0])
        ends = [min(row + block, total) for row, total in zip(at, totals, strict=True)]
        sound = (
            add_trades(trades, done[TRADE], ends[TRADE], limits, tally)
            and add_quotes(quotes, done[QUOTE], ends[QUOTE], limits, tally)
            and _walk(trades, quotes, bounds, limits, state, recent, window, tally, *ends)
        )
        if not sound:
            day.check()
            raise FeedError(f"{day.name}: its records break a rule near rows {at} of its tables.")
        for table, columns in ((TRADE, trades), (QUOTE, quotes)):
            marks = trades.marks if table == TRADE else trades.marks[:0]
            add_clocks(
                columns.ts_recv, columns.ts_event, marks, done[table], ends[table], limits,
                tally.clocks[table], tally.clock_ends[table], tally.of_table[table],
            )  # fmt: skip
        done = ends
        if release is not None:
            release()
        if (state.trade[0], state.quote[0]) == totals:
            return tally


def _read_only(day: Day, table: type, columns: Any) -> Any:
    """Return a table whose columns are of one kind, however they were made."""
    views = {}
    for name, dtype in DTYPES[table].items():
        column = getattr(columns, name)
        if column.dtype != dtype or len(column) != len(columns[0]):
            raise FeedError(
                f"{day.name}: `{table.__name__.lower()}.{name}` holds {len(column)} of "
                f"{column.dtype}; use {len(columns[0])} of {np.dtype(dtype)}."
            )
        views[name] = np.ascontiguousarray(column).view()
        views[name].flags.writeable = False
    return table(**views)


def _bounds(day: Day) -> Any:
    """Return the times at which the part of the session or the halt changes, as BOUND."""
    session, end_ns = day.session, int(day.coverage_end_ns)
    opens = (session.start_ns, session.regular_open_ns, session.regular_close_ns)
    halts: list[tuple[int, int]] = []
    for begin, end in day.halts:
        begin = max(begin, halts[-1][1]) if halts else begin  # the clocks may overlap a little
        if begin < end:
            halts.append((begin, end))
    edges = {*opens, *(ns for span in halts for ns in span)}
    rows = []
    for ts in sorted(ns for ns in edges if session.start_ns <= ns < end_ns):
        part = sum(ts >= ns for ns in opens) - 1
        begin, end = next((h for h in halts if h[0] <= ts < h[1]), (0, 0))
        rows.append((ts, 2 * part + (end > 0), begin, end))
    rows.append((end_ns, rows[-1][1], 0, 0))
    return np.array(rows, BOUND).view(np.recarray)
