"""Other futures of a day: all that was received before a cut is kept, the rest is changed.

A future takes the day, the cut in nanoseconds, a random generator and another day, and returns
the day with other records from the cut on. Whatever is known in advance stays as it is: the
session, the end of coverage, the symbol. The law that each keeps: every record received strictly
before the cut is untouched, and no other is received before it.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from lowfloat.base.clock import NS
from lowfloat.base.codes import Mark
from lowfloat.base.prices import MAX_PRICE_UNITS, NANODOLLARS_PER_UNIT, UNITS_PER_DOLLAR
from lowfloat.base.records import (
    DTYPES,
    HALT,
    MAX_SIZE,
    PAUSE,
    SNAPSHOT,
    TRADING,
    Quotes,
    Status,
    Trades,
)
from lowfloat.days.day import Day

Future = Callable[[Day, int, np.random.Generator, Day], Day]

_CENT = 100  # price units, the tick size from a dollar on; below it is one unit
_ALL_MARKS = 2 * int(Mark.OFFICIAL_CLOSE) - 1


def _later(table: Any, cut: int) -> np.ndarray:
    return table.ts_recv >= cut


def _kept(table: Any, keep: np.ndarray) -> Any:
    """Return the rows of a table that a mask or an array of row numbers names."""
    return type(table)(*(column[keep] for column in table))


def _before(table: Any, cut: int) -> Any:
    return _kept(table, ~_later(table, cut))


def _from(table: Any, cut: int) -> Any:
    return _kept(table, _later(table, cut))


def _table(kind: type, **columns: Any) -> Any:
    """Return rows of a class of table; columns that are not given are 0."""
    blank = np.zeros(len(columns["ts_recv"]))
    return kind(
        **{
            name: np.asarray(columns.get(name, blank)).astype(dtype)
            for name, dtype in DTYPES[kind].items()
        }
    )


def _joined(*tables: Any) -> Any:
    """Return rows of one class of table in the order they were received, ties as they come."""
    columns = [np.concatenate(parts) for parts in zip(*tables, strict=True)]
    table = type(tables[0])(*columns)
    return _kept(table, np.argsort(table.ts_recv, kind="stable"))


def _each(day: Day, change: Callable[[Any], Any]) -> Day:
    """Return the day with its three tables changed."""
    return replace(
        day, trades=change(day.trades), quotes=change(day.quotes), status=change(day.status)
    )


# What follows: it ends, or goes on.


def nothing_more(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day without any later record."""
    return _each(day, lambda table: _before(table, cut))


def the_data_just_stop(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day without what was received after a drawn time, coverage as promised."""
    stop = int(rng.integers(cut, day.coverage_end_ns))
    return _each(day, lambda table: _before(table, stop))


def no_more_trades(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day without later prints."""
    return replace(day, trades=_before(day.trades, cut))


def no_more_quotes(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day without later changes of the book."""
    return replace(day, quotes=_before(day.quotes, cut))


def no_more_status(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day without later notices."""
    return replace(day, status=_before(day.status, cut))


def it_goes_on(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with up to 200 more records after its last, at drawn times and prices."""
    tables = {}
    for name in ("trades", "quotes"):
        table = getattr(day, name)
        if not len(table.ts_recv):
            continue
        begin = max(cut, int(table.ts_recv[-1]) + 1)
        count = min(200, day.coverage_end_ns - begin)
        if count > 0:
            times = np.sort(rng.integers(begin, day.coverage_end_ns, count))
            copies = _kept(table, np.full(count, len(table.ts_recv) - 1))
            copies = _times(_repriced(copies, rng.uniform(0.5, 2.0, count)), times)
            tables[name] = _joined(table, copies)
    return replace(day, **tables)


def another_days_future(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day up to the cut, and from then on what was received on another day."""
    shift = day.session.start_ns - other.session.start_ns

    def spliced(table: Any, foreign: Any) -> Any:
        moved = foreign._replace(ts_recv=foreign.ts_recv + shift, ts_event=foreign.ts_event + shift)
        inside = _later(moved, cut) & (moved.ts_recv < day.coverage_end_ns)
        return _joined(_before(table, cut), _kept(moved, inside))

    return replace(
        day,
        trades=spliced(day.trades, other.trades),
        quotes=spliced(day.quotes, other.quotes),
        status=spliced(day.status, other.status),
    )


# Prices and spreads.


def _mapped(values: np.ndarray, factor: np.ndarray | float) -> np.ndarray:
    """Return prices in nanodollars times a factor, in whole units; an empty side stays empty."""
    units = np.clip(np.rint(values / NANODOLLARS_PER_UNIT * factor), 1, MAX_PRICE_UNITS).astype(
        np.int64
    )
    return np.where(values > 0, units * NANODOLLARS_PER_UNIT, values)


def _repriced(table: Any, factor: np.ndarray | float) -> Any:
    names = [name for name in ("price", "bid_price", "ask_price") if name in table._fields]
    return table._replace(**{name: _mapped(getattr(table, name), factor) for name in names})


def _priced(day: Day, cut: int, factor: float) -> Day:
    def changed(table: Any) -> Any:
        return _joined(_before(table, cut), _repriced(_from(table, cut), factor))

    return replace(day, trades=changed(day.trades), quotes=changed(day.quotes))


def crash(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with later prices times 0.2 to 0.6."""
    return _priced(day, cut, rng.uniform(0.2, 0.6))


def moon(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with later prices times 2 to 9."""
    return _priced(day, cut, rng.uniform(2.0, 9.0))


def lowest_prices(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with every later price at the smallest there is."""
    return _priced(day, cut, 0.0)


def highest_prices(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with every later price at the largest there is."""
    return _priced(day, cut, 1e18)


def _offered_at(day: Day, cut: int, ticks: int) -> Day:
    """Return the day with later offers a number of ticks above their bid."""
    quotes = day.quotes
    both = _later(quotes, cut) & (quotes.bid_price > 0) & (quotes.ask_price > 0)
    bid = quotes.bid_price // NANODOLLARS_PER_UNIT
    tick = np.where(bid >= UNITS_PER_DOLLAR, _CENT, 1)
    offer = np.minimum(bid + ticks * tick, MAX_PRICE_UNITS) * NANODOLLARS_PER_UNIT
    return replace(day, quotes=quotes._replace(ask_price=np.where(both, offer, quotes.ask_price)))


def spread_of_1_tick(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with later spreads of one tick."""
    return _offered_at(day, cut, 1)


def spread_of_400_ticks(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with later spreads of 400 ticks."""
    return _offered_at(day, cut, 400)


def locked(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with later offers at the bid."""
    return _offered_at(day, cut, 0)


def crossed(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with later bids and offers swapped."""
    quotes, later = day.quotes, _later(day.quotes, cut)

    def swapped(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return np.where(later, second, first)

    return replace(
        day,
        quotes=quotes._replace(
            bid_price=swapped(quotes.bid_price, quotes.ask_price),
            ask_price=swapped(quotes.ask_price, quotes.bid_price),
            bid_size=swapped(quotes.bid_size, quotes.ask_size),
            ask_size=swapped(quotes.ask_size, quotes.bid_size),
        ),
    )


def one_sided(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with later bids gone, or later offers, or both."""
    quotes, later = day.quotes, _later(day.quotes, cut)
    sides = (("bid",), ("ask",), ("bid", "ask"))[rng.integers(3)]
    gone = {
        name: np.where(later, 0, getattr(quotes, name)).astype(getattr(quotes, name).dtype)
        for side in sides
        for name in (f"{side}_price", f"{side}_size")
    }
    return replace(day, quotes=quotes._replace(**gone))


# Sizes, and what prints and quotes say of themselves.


def _sized(day: Day, cut: int, shares: Callable[[np.ndarray], np.ndarray]) -> Day:
    def mapped(table: Any, *names: str) -> Any:
        later, columns = _later(table, cut), {}
        for name in names:
            old = getattr(table, name)
            new = np.clip(shares(old.astype(np.int64)), 1, MAX_SIZE).astype(old.dtype)
            columns[name] = np.where(later & (old > 0), new, old)
        return table._replace(**columns)

    quotes = mapped(day.quotes, "bid_size", "ask_size")
    return replace(day, quotes=quotes, trades=mapped(day.trades, "size"))


def sizes_times_500(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with later prints and quotes of 500 times the size."""
    return _sized(day, cut, lambda shares: shares * 500)


def sizes_of_1_share(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with later prints and quotes of one share."""
    return _sized(day, cut, np.ones_like)


def other_marks(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with later prints that count for something else."""
    trades, later = day.trades, _later(day.trades, cut)
    drawn = rng.integers(0, _ALL_MARKS + 1, len(later)).astype(np.uint16)
    return replace(day, trades=trades._replace(marks=np.where(later, drawn, trades.marks)))


def other_aggressors(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with later aggressors drawn anew."""
    trades, later = day.trades, _later(day.trades, cut)
    side = rng.integers(-1, 2, len(later)).astype(np.int8)
    confidence = np.where(side == 0, 0, rng.choice([60, 80, 100], len(later))).astype(np.uint8)
    return replace(
        day,
        trades=trades._replace(
            side=np.where(later, side, trades.side),
            confidence=np.where(later, confidence, trades.confidence),
        ),
    )


def only_snapshots(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with later quotes that only repeat the book."""
    quotes = day.quotes
    flags = quotes.flags | np.where(_later(quotes, cut), SNAPSHOT, 0).astype(np.uint8)
    return replace(day, quotes=quotes._replace(flags=flags))


# Order and times.


def shuffled(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with later records in another order, at the old times."""

    def mixed(table: Any) -> Any:
        later = np.flatnonzero(_later(table, cut))
        order = np.arange(len(table.ts_recv))
        order[later] = rng.permutation(later)
        times = {"ts_event": table.ts_event, "ts_recv": table.ts_recv}
        return _kept(table, order)._replace(**times)

    return replace(day, trades=mixed(day.trades), quotes=mixed(day.quotes))


def _times(table: Any, received: np.ndarray) -> Any:
    return table._replace(ts_event=received, ts_recv=received)


def _slower(day: Day, cut: int, factor: float) -> Day:
    """Return the day with the time since the cut multiplied; what leaves coverage is lost."""

    def changed(table: Any) -> Any:
        later = _from(table, cut)
        received = cut + np.rint((later.ts_recv - cut) * factor).astype(np.int64)
        moved = later._replace(
            ts_recv=received, ts_event=later.ts_event + (received - later.ts_recv)
        )
        return _joined(_before(table, cut), _kept(moved, received < day.coverage_end_ns))

    return _each(day, changed)


def stretched(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with all that follows 1.5 to 5 times as late."""
    return _slower(day, cut, rng.uniform(1.5, 5.0))


def squeezed(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with all that follows 0.05 to 0.7 times as late."""
    return _slower(day, cut, rng.uniform(0.05, 0.7))


def inserted_at_the_cut(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with up to five records more, all received at the very cut."""

    def changed(table: Any) -> Any:
        if not len(table.ts_recv):
            return table
        count = int(rng.integers(1, 6))
        copies = _kept(table, rng.integers(0, len(table.ts_recv), count))
        copies = _repriced(copies, rng.uniform(0.5, 2.0, count))
        inserted = _times(copies, np.full(count, cut))
        return _joined(_before(table, cut), inserted, _from(table, cut))

    return replace(day, trades=changed(day.trades), quotes=changed(day.quotes))


def a_burst_follows(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with 40 prints and 40 quotes more in the second after the cut.

    Their prices, sizes, sides and spreads are drawn, about the last price there was. The first of
    each comes at the very cut, and half of the time a pause comes with them. This future changes
    even a day on which nothing follows.
    """
    trades, count = day.trades, 40
    known = trades.price[trades.ts_recv < cut]
    price = (known[-1] if len(known) else 5 * 10**9) * rng.uniform(0.5, 2.0, count)
    units = np.clip(price / NANODOLLARS_PER_UNIT, 1, MAX_PRICE_UNITS // 2).astype(np.int64)
    bid = units * NANODOLLARS_PER_UNIT
    ask = (units + rng.integers(1, 1 + np.maximum(units // 10, 1))) * NANODOLLARS_PER_UNIT
    times = np.sort(rng.integers(cut, min(cut + NS, day.coverage_end_ns), count))
    times[0] = cut

    def shares() -> np.ndarray:
        return np.exp(rng.uniform(0.0, 11.0, count)).astype(np.int64) + 1

    prints = dict(
        ts_event=times, ts_recv=times, price=bid, size=shares(), side=rng.integers(-1, 2, count),
        confidence=np.full(count, 100), marks=np.full(count, int(Mark.ORDINARY)),
    )  # fmt: skip
    quotes = dict(
        ts_event=times, ts_recv=times, bid_price=bid, ask_price=ask, bid_size=shares(),
        ask_size=shares(), action=np.full(count, ord("A")),
    )  # fmt: skip
    paused = day.status
    if rng.integers(2):
        row = dict(ts_event=[cut], ts_recv=[cut], action=[PAUSE], is_short_sell_restricted=[1])
        paused = _joined(_before(paused, cut), _table(Status, **row), _from(paused, cut))
    return replace(
        day,
        trades=_joined(_before(trades, cut), _table(Trades, **prints), _from(trades, cut)),
        quotes=_joined(_before(day.quotes, cut), _table(Quotes, **quotes), _from(day.quotes, cut)),
        status=paused,
    )


def next_records_missing(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day without the first to third record of each table after the cut."""

    def changed(table: Any) -> Any:
        first = int(np.searchsorted(table.ts_recv, cut))
        keep = np.ones(len(table.ts_recv), bool)
        keep[first : first + int(rng.integers(1, 4))] = False
        return _kept(table, keep)

    return _each(day, changed)


def last_record_moved(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with its last print and quote at the end of coverage, or as early as it goes.

    A record that lies before the cut stays where it is.
    """
    at_the_end = bool(rng.integers(2))

    def changed(table: Any) -> Any:
        received = table.ts_recv.copy()
        if not len(received) or received[-1] < cut:
            return table
        before = int(received[-2]) if len(received) > 1 else cut
        received[-1] = day.coverage_end_ns - 1 if at_the_end else max(before, cut)
        return table._replace(ts_recv=received)

    return replace(day, trades=changed(day.trades), quotes=changed(day.quotes))


def late_prints(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with up to five prints of the ten minutes before the cut, told after it."""
    trades = day.trades
    if not len(trades.ts_recv):
        return day
    count = int(rng.integers(1, 6))
    made = np.maximum(cut - rng.integers(1, 600 * NS, count), day.session.start_ns)
    told = np.minimum(cut + np.sort(rng.integers(0, NS, count)), day.coverage_end_ns - 1)
    copies = _kept(trades, rng.integers(0, len(trades.ts_recv), count))
    copies = _repriced(copies, rng.uniform(0.5, 2.0, count))._replace(
        ts_event=made, ts_recv=told, marks=np.full(count, int(Mark.ORDINARY), np.uint16)
    )
    return replace(day, trades=_joined(trades, copies))


# Notices.


def _with_status(day: Day, cut: int, rows: Iterable[tuple[int, int, int, int, int]]) -> Day:
    """Return the day with these notices only after the cut.

    Args:
        day: the day.
        cut: nanoseconds.
        rows: ``(event, received, action, is_trading, is_short_sell_restricted)``; those received
            after the end of coverage are left out.
    """
    heard = [row for row in rows if row[1] < day.coverage_end_ns]
    names = ("ts_event", "ts_recv", "action", "is_trading", "is_short_sell_restricted")
    columns = dict(zip(names, np.array(heard, np.int64).reshape(-1, len(names)).T, strict=True))
    later = _table(Status, confidence=np.full(len(heard), 100), **columns)
    return replace(day, status=_joined(_before(day.status, cut), later))


def halted_now(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with a pause that is told at the cut and never ends."""
    return _with_status(day, cut, [(cut, cut, PAUSE, 0, -1)])


def halted_a_second_later(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with a halt a second after the cut that never ends."""
    return _with_status(day, cut, [(cut + NS, cut + NS, HALT, 0, -1)])


def halted_soon_and_restricted(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day restricted at the cut, then paused for half a minute."""
    stop, go = cut + NS, cut + 30 * NS
    rows = [(cut, cut, TRADING, 1, 1), (stop, stop, PAUSE, 0, 1), (go, go, TRADING, 1, 0)]
    return _with_status(day, cut, rows)


def halt_told_late(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with a pause that began up to a minute before the cut, told at it."""
    event = max(cut - int(rng.integers(1, 60 * NS)), day.session.start_ns)
    return _with_status(day, cut, [(event, cut, PAUSE, 0, 1)])


def never_halted_again(day: Day, cut: int, rng: np.random.Generator, other: Day) -> Day:
    """Return the day with trading from the cut on, whatever was to come."""
    return _with_status(day, cut, [(cut, cut, TRADING, 1, 0)])


# One column at one of its ends, for every column there is.

_EXTREMES: dict[type, dict[str, tuple[int, int]]] = {
    Trades: dict(
        price=(NANODOLLARS_PER_UNIT, MAX_PRICE_UNITS * NANODOLLARS_PER_UNIT), size=(1, MAX_SIZE),
        side=(-1, 1), confidence=(0, 100), marks=(0, _ALL_MARKS), publisher=(0, 2**16 - 1),
        sequence=(0, 2**32 - 1),
    ),
    Quotes: dict(
        bid_price=(NANODOLLARS_PER_UNIT, MAX_PRICE_UNITS * NANODOLLARS_PER_UNIT),
        ask_price=(NANODOLLARS_PER_UNIT, MAX_PRICE_UNITS * NANODOLLARS_PER_UNIT),
        bid_size=(1, MAX_SIZE), ask_size=(1, MAX_SIZE), action=(ord("A"), ord("R")),
        flags=(0, 255), publisher=(0, 2**16 - 1), sequence=(0, 2**32 - 1),
    ),
    Status: dict(
        action=(0, 2**16 - 1), reason=(0, 2**16 - 1), is_trading=(-1, 1),
        is_short_sell_restricted=(-1, 1), confidence=(0, 100),
    ),
}  # fmt: skip
_ZERO_IS_EMPTY = ("bid_price", "ask_price", "bid_size", "ask_size")
_TIMES = ("ts_event", "ts_recv")


def _extreme(
    table: str, column: str, end: int, day: Day, cut: int, rng: np.random.Generator, other: Day
) -> Day:
    """Return the day with a column of its later records at its low or high end (0 or 1)."""
    rows = getattr(day, table)
    old, later = getattr(rows, column), _later(rows, cut)
    if column == "ts_recv":
        value = (cut, day.coverage_end_ns - 1)[end]
    elif column == "ts_event":  # as a feed with a broken clock says; it orders nothing
        value = (day.session.start_ns, day.session.end_ns)[end]
    else:
        value = _EXTREMES[type(rows)][column][end]
    if column in _ZERO_IS_EMPTY:
        later = later & (old > 0)
    changed = np.where(later, np.array(value, old.dtype), old)
    return replace(day, **{table: rows._replace(**{column: changed})})


_EVERY_EXTREME: dict[str, Future] = {
    f"{end} {kind.__name__.lower()}.{column}": partial(
        _extreme, kind.__name__.lower(), column, number
    )
    for kind, columns in _EXTREMES.items()
    for column in (*_TIMES, *columns)
    for number, end in enumerate(("least", "most"))
}

FUTURES: dict[str, Future] = {
    future.__name__: future
    for future in (
        nothing_more, the_data_just_stop, no_more_trades, no_more_quotes, no_more_status,
        it_goes_on, another_days_future, crash, moon, lowest_prices, highest_prices,
        spread_of_1_tick, spread_of_400_ticks, locked, crossed, one_sided, sizes_times_500,
        sizes_of_1_share, other_marks, other_aggressors, only_snapshots, shuffled, stretched,
        squeezed, inserted_at_the_cut, a_burst_follows, next_records_missing, last_record_moved,
        late_prints, halted_now, halted_a_second_later, halted_soon_and_restricted, halt_told_late,
        never_halted_again,
    )
} | _EVERY_EXTREME  # fmt: skip
"""Every family of futures by its name."""
