"""Every future keeps the past, keeps the rules of a day, and changes what comes after."""

import numpy as np
import pytest
from audit.audited_days import smallest_days, varied_day
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.tapes import OPEN

from lowfloat.audit.futures import FUTURES
from lowfloat.base.records import DTYPES
from lowfloat.days import Day

TABLES = ("trades", "quotes", "status")


def middle(day: Day) -> int:
    """Return a cut, in nanoseconds, that has notices, prints and quotes on either side."""
    return int(day.status.ts_recv[len(day.status.ts_recv) // 2])


def past(day: Day, cut: int) -> list[bytes]:
    return [
        column[table.ts_recv < cut].tobytes()
        for table in (getattr(day, name) for name in TABLES)
        for column in table
    ]


def check_law(day: Day, cut: int, changed: Day) -> None:
    changed.check()
    assert past(changed, cut) == past(day, cut)
    known = ("symbol", "date", "session", "coverage_end_ns", "vendor", "flags", "sources")
    assert [getattr(changed, name) for name in known] == [getattr(day, name) for name in known]
    for name in TABLES:
        table = getattr(changed, name)
        kinds = {column: values.dtype for column, values in table._asdict().items()}
        assert kinds == {column: np.dtype(kind) for column, kind in DTYPES[type(table)].items()}
        assert (table.ts_recv < day.coverage_end_ns).all()


@pytest.mark.parametrize("family", FUTURES)
@settings(max_examples=12)
@given(seed=st.integers(0, 5), draw=st.integers(0, 2**32), at=st.floats(0, 1))
def test_a_future_leaves_the_past_as_it_was(family, seed, draw, at) -> None:
    day, other = varied_day(seed), varied_day((seed + 1) % 6)
    received = day.quotes.ts_recv
    seconds = (received[int(at * (len(received) - 1))] - day.session.start_ns) // 10**9
    cut = day.session.ns(int(seconds) + draw % 2)
    if cut < day.coverage_end_ns:
        changed = FUTURES[family](day, cut, np.random.default_rng(draw), other)
        check_law(day, cut, changed)


@pytest.mark.parametrize("family", FUTURES)
def test_a_future_of_the_smallest_days_keeps_the_law(family) -> None:
    for number, day in enumerate(smallest_days()):
        for second in (0, OPEN - 1, OPEN):
            cut, rng = day.session.ns(second), np.random.default_rng(number)
            check_law(day, cut, FUTURES[family](day, cut, rng, varied_day(0)))


@pytest.mark.parametrize("family", FUTURES)
def test_a_future_changes_a_day_with_later_records(family) -> None:
    day, other = varied_day(0), varied_day(2)
    cut = middle(day)
    changed = FUTURES[family](day, cut, np.random.default_rng(1), other)
    same = [
        np.array_equal(column, now)
        for name in TABLES
        for column, now in zip(getattr(day, name), getattr(changed, name), strict=True)
    ]
    assert not all(same)


def test_each_column_of_each_table_has_both_its_ends() -> None:
    columns = {
        f"{kind.__name__.lower()}.{name}" for kind, names in DTYPES.items() for name in names
    }
    for end in ("least", "most"):
        assert {name.split()[1] for name in FUTURES if name.startswith(end)} == columns


def test_crash_and_moon_stay_within_their_factors() -> None:
    day = varied_day(0)
    cut = middle(day)
    later = day.trades.ts_recv >= cut
    before = day.trades.price[later]
    for family, low, high in (("crash", 0.2, 0.6), ("moon", 2.0, 9.0)):
        changed = FUTURES[family](day, cut, np.random.default_rng(3), day)
        factor = changed.trades.price[later] / before
        assert np.ptp(factor) < 0.01  # one factor, up to the rounding of the cheapest prints
        assert low <= factor.mean() <= high


def test_spreads_are_one_and_four_hundred_ticks() -> None:
    day = varied_day(0)
    cut = middle(day)
    for family, ticks in (("spread_of_1_tick", 1), ("spread_of_400_ticks", 400)):
        quotes = FUTURES[family](day, cut, np.random.default_rng(0), day).quotes
        both = (quotes.ts_recv >= cut) & (quotes.bid_price > 0) & (quotes.ask_price > 0)
        tick = np.where(quotes.bid_price >= 10**9, 10**7, 10**5)
        assert both.any()
        assert ((quotes.ask_price - quotes.bid_price)[both] == (ticks * tick)[both]).all()
