"""Small days drawn at random, for properties that hold of any day."""

import datetime as dt
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from lowfloat.base.clock import session_of
from lowfloat.base.records import DTYPES, Quotes, Status, Trades
from lowfloat.days import Day

DATES = [dt.date(2024, 7, 3), dt.date(2025, 3, 7), dt.date(2025, 3, 10), dt.date(2025, 11, 4)]
NS = 10**9
INT64 = st.integers(-(2**63), 2**63 - 1)
PRICES = st.integers(1, 10**14)
SIZES = st.integers(1, 2**31 - 1)
MARKS = st.integers(0, 1023)
MOST_VALUE = 9 * 10**21  # nanodollars that a day may trade, so that its bars can be made
PERCENT = st.integers(0, 100)


@st.composite
def small_days(draw, *, symbols: tuple[str, ...] = ("TINY",), near: int | None = None) -> Day:
    """Draw a day of a few records; with ``near`` all come in the seconds after that one."""
    session = session_of(draw(st.sampled_from(DATES)))
    first = session.start_ns + (near or 0) * NS
    last = session.end_ns - 1 if near is None else first + 6 * NS
    end = session.end_ns if near is not None else draw(st.integers(first + 1, session.end_ns))
    times = st.integers(first, min(last, end - 1))
    sides = st.tuples(PRICES.map(lambda p: p // 100_000 * 100_000 + 100_000), SIZES)
    sides |= st.just((0, 0))
    trades = draw(
        st.lists(
            st.tuples(times, PRICES, SIZES, st.sampled_from([-1, 0, 1]), PERCENT, MARKS)
        ).filter(lambda prints: sum(price * size for _, price, size, *_ in prints) < MOST_VALUE)
    )
    quotes = draw(st.lists(st.tuples(times, sides, sides, st.sampled_from(list(b"ACMRN")))))
    flag = st.sampled_from([-1, 0, 1])
    action, reason = st.integers(0, 15), st.integers(0, 2**16 - 1)
    night = st.integers(session.start_ns - 4 * 3600 * NS, end - 1)
    status = draw(st.lists(st.tuples(night, action, reason, flag, flag, PERCENT), max_size=8))
    ids, venue = st.integers(0, 2**32 - 1), st.integers(0, 2**16 - 1)
    bits = st.sampled_from([0, 4, 8, 32])
    return Day(
        symbol=draw(st.sampled_from(symbols)),
        date=dt.datetime.fromtimestamp(session.start_ns // NS, dt.UTC).date(),
        session=session,
        coverage_end_ns=end,
        trades=table(
            Trades,
            [
                (ts - draw(delay), ts, *rest, draw(venue), draw(ids))
                for ts, *rest in sorted(trades, key=by_time)
            ],
        ),
        quotes=table(
            Quotes,
            [
                (
                    ts - draw(delay),
                    ts,
                    bid[0],
                    ask[0],
                    bid[1],
                    ask[1],
                    code,
                    draw(bits),
                    draw(venue),
                    draw(ids),
                )
                for ts, bid, ask, code in sorted(quotes, key=by_time)
            ],
        ),
        status=table(Status, [(row[0], *row) for row in sorted(status, key=by_time)]),
        vendor=draw(st.sampled_from(["databento", "synth"])),
        dataset=draw(st.text(max_size=5)),
        flags=tuple(draw(st.lists(st.text(max_size=5), max_size=2))),
        sources=tuple(draw(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5))))),
    ).check()


delay = st.integers(-(10**9), 10**9)


def by_time(row: tuple) -> int:
    return row[0]


def table(kind: type, rows: list[tuple]) -> NamedTuple:
    """Return a table of records given row by row."""
    columns = zip(*rows, strict=True) if rows else [()] * len(DTYPES[kind])
    return kind(
        *(
            np.array(column, dtype)
            for column, dtype in zip(columns, DTYPES[kind].values(), strict=True)
        )
    )


def assert_same(one: Day, other: Day) -> None:
    """Compare two days to the last bit and type."""
    for name in ("symbol", "date", "session", "coverage_end_ns", "vendor", "dataset", "flags",
                 "sources"):  # fmt: skip
        assert getattr(one, name) == getattr(other, name), name
    for name in ("trades", "quotes", "status"):
        mine, theirs = getattr(one, name), getattr(other, name)
        for field in mine._fields:
            left, right = getattr(mine, field), getattr(theirs, field)
            assert left.dtype == right.dtype, (name, field)
            assert left.tolist() == right.tolist(), (name, field)
