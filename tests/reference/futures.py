"""Other futures of a day: all that was received before a cut is kept, the rest is changed.

A function takes the day, the cut in nanoseconds, a random generator and another day, and returns
the day with another future.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from lowfloat.base.codes import Mark
from lowfloat.base.records import DTYPES, SNAPSHOT, Status
from lowfloat.days import Day

UNIT = 100_000  # nanodollars of a price unit
MOST = 1_000_000_000  # price units, the highest price there may be

Future = Callable[[Day, int, np.random.Generator, Day], Day]


def _after(table: NamedTuple, cut: int) -> np.ndarray:
    return table.ts_recv >= cut


def _kept(table: NamedTuple, keep: np.ndarray) -> NamedTuple:
    return type(table)(*(column[keep] for column in table))


def _priced(day: Day, cut: int, price: Callable[[np.ndarray], np.ndarray]) -> Day:
    """Return the day with later prices mapped, in price units; an empty side stays empty."""

    def mapped(values: np.ndarray, later: np.ndarray) -> np.ndarray:
        units = np.clip(price(values // UNIT), 1, MOST) * UNIT
        return np.where(later & (values > 0), units, values)

    later = _after(day.quotes, cut)
    quotes = day.quotes._replace(
        bid_price=mapped(day.quotes.bid_price, later), ask_price=mapped(day.quotes.ask_price, later)
    )
    trades = day.trades._replace(price=mapped(day.trades.price, _after(day.trades, cut)))
    return replace(day, quotes=quotes, trades=trades)


def _sized(day: Day, cut: int, size: Callable[[np.ndarray], np.ndarray]) -> Day:
    def mapped(values: np.ndarray, later: np.ndarray) -> np.ndarray:
        return np.where(later & (values > 0), np.maximum(size(values), 1), values)

    later = _after(day.quotes, cut)
    quotes = day.quotes._replace(
        bid_size=mapped(day.quotes.bid_size, later), ask_size=mapped(day.quotes.ask_size, later)
    )
    trades = day.trades._replace(size=mapped(day.trades.size, _after(day.trades, cut)))
    return replace(day, quotes=quotes, trades=trades)


def _with_status(day: Day, cut: int, rows: list[tuple[int, int, int, int]]) -> Day:
    """Return the day with only ``(received, action, is_trading, restricted)`` after the cut."""
    past = _kept(day.status, ~_after(day.status, cut))
    added = [
        (at, at, action, 0, trading, restricted, 100) for at, action, trading, restricted in rows
    ]
    columns = zip(*added, strict=True) if added else [()] * 7
    later = [
        np.array(column, dtype)
        for column, dtype in zip(columns, DTYPES[Status].values(), strict=True)
    ]
    joined = (np.concatenate(pair) for pair in zip(past, later, strict=True))
    return replace(day, status=Status(*joined))


def nothing_more(day, cut, rng, other) -> Day:
    tables = {
        name: _kept(table, ~_after(table, cut))
        for name, table in (("trades", day.trades), ("quotes", day.quotes), ("status", day.status))
    }
    return replace(day, **tables)


def no_more_trades(day, cut, rng, other) -> Day:
    return replace(day, trades=_kept(day.trades, ~_after(day.trades, cut)))


def no_more_quotes(day, cut, rng, other) -> Day:
    return replace(day, quotes=_kept(day.quotes, ~_after(day.quotes, cut)))


def crash(day, cut, rng, other) -> Day:
    return _priced(day, cut, lambda units: units // 2)


def moon(day, cut, rng, other) -> Day:
    return _priced(day, cut, lambda units: units * 5)


def highest_prices(day, cut, rng, other) -> Day:
    return _priced(day, cut, lambda units: np.full_like(units, MOST))


def huge_sizes(day, cut, rng, other) -> Day:
    return _sized(day, cut, lambda shares: shares * 500)


def tiny_sizes(day, cut, rng, other) -> Day:
    return _sized(day, cut, np.ones_like)


def other_marks(day, cut, rng, other) -> Day:
    trades, later = day.trades, _after(day.trades, cut)
    drawn = rng.integers(0, 2 * Mark.OFFICIAL_CLOSE, len(later)).astype(np.uint16)
    return replace(day, trades=trades._replace(marks=np.where(later, drawn, trades.marks)))


def other_aggressors(day, cut, rng, other) -> Day:
    trades, later = day.trades, _after(day.trades, cut)
    side = rng.integers(-1, 2, len(later)).astype(np.int8)
    confidence = np.where(side == 0, 0, rng.choice([60, 80, 100], len(later))).astype(np.uint8)
    return replace(
        day,
        trades=trades._replace(
            side=np.where(later, side, trades.side),
            confidence=np.where(later, confidence, trades.confidence),
        ),
    )


def only_snapshots(day, cut, rng, other) -> Day:
    quotes = day.quotes
    flags = quotes.flags | np.where(_after(quotes, cut), SNAPSHOT, 0).astype(np.uint8)
    return replace(day, quotes=quotes._replace(flags=flags))


def wide_spread(day, cut, rng, other) -> Day:
    quotes, later = day.quotes, _after(day.quotes, cut)
    both = later & (quotes.bid_price > 0) & (quotes.ask_price > quotes.bid_price)
    wide = quotes.bid_price + 20 * (quotes.ask_price - quotes.bid_price)
    return replace(day, quotes=quotes._replace(ask_price=np.where(both, wide, quotes.ask_price)))


def crossed(day, cut, rng, other) -> Day:
    quotes, later = day.quotes, _after(day.quotes, cut)

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


def shuffled(day, cut, rng, other) -> Day:
    """Return the day with later records in another order, at the old times."""

    def mixed(table: NamedTuple) -> NamedTuple:
        later = np.flatnonzero(_after(table, cut))
        order = np.arange(len(table.ts_recv))
        order[later] = rng.permutation(later)
        times = {"ts_event": table.ts_event, "ts_recv": table.ts_recv}
        return _kept(table, order)._replace(**times)

    return replace(day, trades=mixed(day.trades), quotes=mixed(day.quotes))


def all_at_once(day, cut, rng, other) -> Day:
    """Return the day with all later trades and quotes received at the very cut."""

    def moved(table: NamedTuple) -> NamedTuple:
        return table._replace(ts_recv=np.minimum(table.ts_recv, cut))

    return replace(day, trades=moved(day.trades), quotes=moved(day.quotes))


def halted_now(day, cut, rng, other) -> Day:
    return _with_status(day, cut, [(cut, 9, 0, -1)])


def halted_soon_and_restricted(day, cut, rng, other) -> Day:
    second = 10**9
    rows = [(cut, 7, 1, 1), (cut + second, 9, 0, 1), (cut + 30 * second, 7, 1, 0)]
    return _with_status(day, cut, [row for row in rows if row[0] < day.coverage_end_ns])


def never_halted_again(day, cut, rng, other) -> Day:
    return _with_status(day, cut, [(cut, 7, 1, 0)])


def another_days_future(day, cut, rng, other) -> Day:
    shift = day.session.start_ns - other.session.start_ns

    def spliced(table: NamedTuple, foreign: NamedTuple) -> NamedTuple:
        moved = foreign._replace(ts_recv=foreign.ts_recv + shift, ts_event=foreign.ts_event + shift)
        inside = _after(moved, cut) & (moved.ts_recv < day.coverage_end_ns)
        past, later = _kept(table, ~_after(table, cut)), _kept(moved, inside)
        return type(table)(*(np.concatenate(pair) for pair in zip(past, later, strict=True)))

    return replace(
        day,
        trades=spliced(day.trades, other.trades),
        quotes=spliced(day.quotes, other.quotes),
        status=spliced(day.status, other.status),
    )


FUTURES: dict[str, Future] = {
    future.__name__: future
    for future in (
        nothing_more, no_more_trades, no_more_quotes, crash, moon, highest_prices, huge_sizes,
        tiny_sizes, other_marks, other_aggressors, only_snapshots, wide_spread, crossed, shuffled,
        all_at_once, halted_now, halted_soon_and_restricted, never_halted_again,
        another_days_future,
    )
}  # fmt: skip
