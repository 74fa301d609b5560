"""Days to test on: written by hand, drawn at random to be nasty, synthetic, and real."""

import datetime as dt
import os
import random
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from lowfloat.base.clock import session_of
from lowfloat.base.codes import Mark
from lowfloat.base.records import (
    BAD_TS_RECV,
    DTYPES,
    MAYBE_BAD_BOOK,
    SNAPSHOT,
    Quotes,
    Status,
    Trades,
)
from lowfloat.days import Day, DayStore
from lowfloat.days.baseline import Baseline
from lowfloat.ingest import ingest_databento
from lowfloat.synth import synth_days

NS = 10**9
DATE = dt.date(2025, 3, 4)
OPEN = 19_800  # session second of 09:30
ROOT = Path(__file__).resolve().parents[2]

NOTHING_KNOWN = Baseline("HAND", DATE, None, 0, 0, "", 0, 0, np.zeros(960, np.int64), 0, None)
"""The baseline of a symbol without a history."""


def closed_at(day: Day, dollars: float) -> Baseline:
    """Return the baseline of a day of which the previous close alone is known."""
    return Baseline(day.symbol, day.date, previous_close=round(dollars * 10**9))


class Q(NamedTuple):
    """A quote record: nanoseconds after 04:00, dollars and shares; price 0 is an empty side."""

    when: int
    bid: float
    ask: float
    bid_size: int = 100
    ask_size: int = 100
    action: str = "A"
    flags: int = 0


class P(NamedTuple):
    """A print: nanoseconds after 04:00, dollars, shares, aggressor, marks and confidence.

    Without a confidence the aggressor is as the feed says.
    """

    when: int
    price: float
    size: int = 100
    side: int = 1
    marks: int = int(Mark.ORDINARY)
    confidence: int | None = None


class S(NamedTuple):
    """A status record: nanoseconds after 04:00 of exchange and receipt, action, is_trading."""

    event: int
    received: int
    action: int
    is_trading: int


def stop(event: int, received: int | None = None) -> S:
    """Return the notice of a volatility pause."""
    return S(event, event if received is None else received, 9, 0)


def resume(event: int, received: int | None = None) -> S:
    """Return the notice that trading resumes."""
    return S(event, event if received is None else received, 7, 1)


def ns(second: float) -> int:
    """Return the nanoseconds after 04:00 of a session second."""
    return round(second * NS)


def make_day(
    quotes: Sequence[Q],
    status: Sequence[S] = (),
    trades: Sequence[P] = (),
    *,
    date: dt.date = DATE,
    symbol: str = "HAND",
    end_second: int | None = None,
) -> Day:
    """Return a day of the given records; ``end_second`` ends its coverage early."""
    session = session_of(date)
    start = session.start_ns

    def nanodollars(dollars: float) -> int:
        return round(dollars * 10_000) * 100_000

    return Day(
        symbol=symbol,
        date=date,
        session=session,
        coverage_end_ns=session.end_ns if end_second is None else start + end_second * NS,
        trades=_table(
            Trades,
            [
                (
                    start + row.when,
                    start + row.when,
                    round(row.price * NS),  # prints may be finer than quotes
                    row.size,
                    row.side,
                    (100 if row.side else 0) if row.confidence is None else row.confidence,
                    int(row.marks),
                    0,
                    i,
                )
                for i, row in enumerate(trades)
            ],
        ),
        quotes=_table(
            Quotes,
            [
                (
                    start + row.when,
                    start + row.when,
                    nanodollars(row.bid),
                    nanodollars(row.ask),
                    row.bid_size if row.bid else 0,
                    row.ask_size if row.ask else 0,
                    ord(row.action),
                    row.flags,
                    0,
                    i,
                )
                for i, row in enumerate(quotes)
            ],
        ),
        status=_table(
            Status,
            [
                (start + row.event, start + row.received, row.action, 0, row.is_trading, -1, 100)
                for row in status
            ],
        ),
        vendor="test",
    ).check()


def steady_day(
    *,
    bid: float = 4.00,
    ask: float = 4.02,
    size: int = 10_000,
    first: int = OPEN - 100,
    last: int = OPEN + 4000,
    status: Sequence[S] = (),
    date: dt.date = DATE,
    end_second: int | None = None,
    symbol: str = "HAND",
) -> Day:
    """Return a day whose book says the same thing anew every second from ``first`` to ``last``."""
    last = last if end_second is None else min(last, end_second)
    quotes = [Q(ns(second), bid, ask, size, size) for second in range(first, last)]
    return make_day(quotes, status, date=date, end_second=end_second, symbol=symbol)


def nasty_day(seed: int, *, traded: bool = False) -> Day:
    """Return a short random day with every defect a book can have, near the open or its end.

    Its prints have marks of every kind and aggressors of every confidence. Their prices have
    nothing to do with its quotes, unless it is ``traded``.
    """
    rng = random.Random(seed)
    odd = random.Random(f"odd {seed}")
    session_end = 57_600
    end = rng.choice([session_end, session_end, OPEN + 2400, OPEN + 1801])
    first, last = (end - 2000, end) if rng.random() < 0.7 or end < session_end else (
        OPEN - 100, OPEN + 1900
    )  # fmt: skip
    tick = rng.choice([1, 100])
    price = rng.randint(20, 90) * 100 if tick == 1 else rng.randint(120, 1500) * 100
    quotes, when = [], ns(first)
    rate = rng.choice([0.3, 2.0, 4.0])
    while when < ns(last):
        if rng.random() < 0.002:
            price = price * rng.randint(60, 150) // 100
        price = max(price + tick * rng.choice([-3, -1, 0, 0, 1, 3]), 20 * tick)
        spread = tick * rng.choice([1, 1, 2, 3, 8])
        kind = rng.random()
        if kind < 0.02:
            spread = rng.choice([0, -tick])
        bid, ask = (0 if kind > 0.99 else price), (0 if 0.98 < kind < 0.99 else price + spread)
        sizes = [rng.choice([1, 7, 100, 100, 300, 900, 5000]) for _ in range(2)]
        action = rng.choice("AAACCM")
        flags = odd.choices([0, SNAPSHOT, BAD_TS_RECV, MAYBE_BAD_BOOK], [90, 5, 4, 1])[0]
        if flags == MAYBE_BAD_BOOK:
            bid = ask = 0
        quotes.append(Q(when, bid / 10_000, ask / 10_000, *sizes, action, flags))
        when += 1 + int(rng.expovariate(rate) * NS)
        if rng.random() < 0.01:
            # Exactly at a decision, or exactly when an order arrives.
            when = (when // NS + 1) * NS + rng.choice([0, 150_000_000])
    prints = _nasty_prints(odd, quotes)
    if traded:
        prints = _traded_prints(random.Random(f"traded {seed}"), quotes)
    return make_day(quotes, _nasty_status(rng, first, last), prints,
                    symbol=f"N{seed}", end_second=end, date=rng.choice(_DATES))  # fmt: skip


_DATES = [dt.date(2023, 6, 1), DATE, dt.date(2025, 6, 2), dt.date(2026, 5, 1)]


def _nasty_prints(rng: random.Random, quotes: list[Q]) -> list[P]:
    """Return prints from shortly before the first quote to the last, of any price and size."""
    rows, when = [], max(quotes[0].when - 30 * NS, 0)
    while when < quotes[-1].when:
        price = rng.choice([rng.randint(10, 900) / 100, rng.randint(10_000, 900_000) / 100_000])
        size = rng.choice([1, 50, 99, 100, 999, 1000, 1001, 40_000])
        side, confidence = rng.choice([(1, 100), (-1, 100), (1, 80), (-1, 60), (0, 0)])
        marks = rng.choice(_MARKS) if rng.random() < 0.3 else Mark.ORDINARY
        rows.append(P(when, price, size, side, int(marks), confidence))
        # Often at the same nanosecond, now and then exactly at a decision.
        when += int(rng.choice([0, 1, 1, 1]) * rng.expovariate(1.5) * NS)
        if rng.random() < 0.02:
            when = (when // NS + 1) * NS
    return rows


def _traded_prints(rng: random.Random, quotes: list[Q]) -> list[P]:
    """Return prints at and near the best prices of the books before them."""
    rows = []
    for book in quotes:
        for _ in range(rng.choice([0, 0, 1, 1, 2, 4])):
            side = rng.choice([1, -1])
            best = book.ask if side > 0 else book.bid
            price = best + rng.choice([0, 0, 0, 0, 0, -0.0001, 0.0001, -0.01, 0.01, 0.00005])
            marks = rng.choice(_MARKS) if rng.random() < 0.2 else Mark.ORDINARY
            size = rng.choice([1, 50, 100, 100, 300, 1_000, 5_001])
            side = rng.choice([side, side, side, -side, 0])
            if best and price > 0:
                when = min(book.when + rng.choice([0, rng.randrange(NS)]), quotes[-1].when)
                rows.append(P(when, price, size, side, int(marks)))
    return sorted(rows, key=lambda row: row.when)


_MARKS = [
    Mark(0), Mark.VOLUME, Mark.TAPE, Mark.LAST, Mark.HIGH_LOW, Mark.LAST | Mark.HIGH_LOW,
    Mark.VOLUME | Mark.TAPE | Mark.ODD_LOT, Mark.ORDINARY | Mark.OFF_EXCHANGE,
    Mark.ORDINARY & ~Mark.TAPE | Mark.AUCTION, Mark.VOLUME | Mark.OFF_EXCHANGE | Mark.LATE,
    Mark.LAST | Mark.HIGH_LOW | Mark.OFFICIAL_OPEN, Mark.LAST | Mark.OFFICIAL_CLOSE,
]  # fmt: skip


def _nasty_status(rng: random.Random, first: int, last: int) -> list[S]:
    rows = [S(ns(-3000), ns(-3000), 7, 0), S(ns(-1), ns(-1), 1, 1)]
    at = first + rng.randint(50, 400)
    while at < last - 100:
        delay, early = rng.choice([0, 170_000, ns(0.4), ns(2)]), rng.random() < 0.2
        event = ns(at) + rng.choice([0, 0, 150_000_000, rng.randrange(NS)])
        received = event - delay if early else event + delay
        rows.append(S(event, received, rng.choice([8, 9]), 0))
        length = rng.choice([30, 120, 300])
        if rng.random() < 0.3:
            rows.append(S(received, received + ns(1), 9, 0))  # said twice
        if rng.random() < 0.3:
            rows.append(S(received, received + ns(3), 14, rng.choice([0, -1])))
        if at + length > last - 20:
            break  # into the close
        event += ns(length)
        rows.append(resume(event, event + delay))
        rows.append(S(event, event + delay + ns(1), 3, rng.choice([-1, 1])))
        at += length + rng.randint(20, 500)
    return sorted(rows, key=lambda row: row.received)


@lru_cache(maxsize=1)
def synthetic_days() -> tuple[Day, ...]:
    """Return days of the synthetic market: the 4 with the most halts of its first 24, by date."""
    days = [day for day, _ in synth_days(24, seed=11)]
    days.sort(key=lambda day: -len(day.halts))
    return tuple(sorted(days[:4], key=lambda day: day.date))


def real_folder() -> Path:
    """Return the folder of real tapes, or skip the test if it is absent."""
    default = ROOT.parent / "shared" / "data"
    folder = Path(os.environ.get("LOWFLOAT_TEST_DATA") or default)
    if not folder.is_dir():
        pytest.skip("no real tapes: set LOWFLOAT_TEST_DATA to their folder")
    return folder


def real_days(root: Path, first: str, last: str) -> list[Day]:
    """Ingest the real days from ``first`` to ``last`` into a store below ``root``."""
    store = DayStore(root)
    dates = [dt.date.fromisoformat(text) for text in (first, last)]
    folders = [real_folder() / "mlgo" / kind for kind in ("trades", "mbp-1", "status")]
    ingest_databento(folders, store, first=dates[0], last=dates[1])
    return list(store)


def _table(kind: type, rows: list[tuple]) -> NamedTuple:
    columns = zip(*rows, strict=True) if rows else [()] * len(DTYPES[kind])
    return kind(
        *(
            np.array(column, dtype)
            for column, dtype in zip(columns, DTYPES[kind].values(), strict=True)
        )
    )
