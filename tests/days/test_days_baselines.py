"""What is usual for a symbol: from which sessions, in whose shares, and never from later ones."""

import datetime as dt
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowfloat.base.clock import new_york_ns, session_of, sessions_between
from lowfloat.days.bars import BAR_DTYPES, Bars
from lowfloat.days.baseline import Baseline
from lowfloat.days.baselines import Baselines
from lowfloat.days.reference import ReferenceTables
from lowfloat.days.reference_rules import TABLES
from lowfloat.errors import NotASession

DATE = dt.date(2025, 3, 10)  # a Monday; daylight saving began the day before
EARLIER = sessions_between(dt.date(2025, 1, 2), dt.date(2025, 3, 7))
LATER = sessions_between(DATE, dt.date(2025, 3, 20))
DOLLAR = 10**9


class Shelf:
    """Stored days in memory: per (symbol, date) the close and the volume per minute."""

    def __init__(self, days: dict[tuple[str, dt.date], tuple[int, dict[int, int]]]) -> None:
        self._days = days

    def days(self) -> list[tuple[str, dt.date]]:
        return sorted(self._days)

    def about(self, symbol: str, date: dt.date) -> dict[str, Any]:
        close, minutes = self._days[symbol, date]
        return {"summary": {"close": close, "volume": sum(minutes.values())}}

    def bars(self, symbol: str, date: dt.date) -> Bars:
        minutes = sorted(self._days[symbol, date][1].items())
        columns = {name: np.zeros(len(minutes), dtype) for name, dtype in BAR_DTYPES.items()}
        columns["minute"][:] = [minute * 60 for minute, _ in minutes]
        columns["volume"][:] = [volume for _, volume in minutes]
        return Bars(**columns)


def add(tables: ReferenceTables, table: str, *rows: dict[str, Any]) -> None:
    """Store rows of reference data."""
    tables.add(table, {"here": pa.Table.from_pylist(list(rows), TABLES[table].schema)})


def day(close: int = 5 * DOLLAR, **minutes: int) -> tuple[int, dict[int, int]]:
    """Return a stored day; ``m330=100`` are 100 shares in minute 330."""
    return close, {int(name[1:]): volume for name, volume in minutes.items()}


def close_row(date: dt.date, close: int, known: int | None = None) -> dict[str, Any]:
    """Return a row of ``closes``."""
    known = session_of(date).regular_close_ns if known is None else known
    return {"symbol": "ABCD", "known_at": known, "date": date, "close": close}


def bar_row(date: dt.date, volume: int, resolution: str = "1m", close: int = 7) -> dict[str, Any]:
    """Return a row of ``bars``."""
    prices = dict.fromkeys(("open", "high", "low", "close"), close)
    return {"symbol": "ABCD", "known_at": session_of(date).end_ns, "date": date,
            "volume": volume, "resolution": resolution} | prices  # fmt: skip


def split_row(effective: dt.date, old: int, new: int, known: int | None = None) -> dict[str, Any]:
    """Return a row of ``splits``."""
    known = new_york_ns(effective, 4) if known is None else known
    return {"symbol": "ABCD", "known_at": known, "effective": effective, "from_shares": old,
            "to_shares": new}  # fmt: skip


@pytest.fixture
def tables(tmp_path):
    return ReferenceTables(tmp_path)


def of(tables: ReferenceTables, stored: dict[dt.date, Any], date: dt.date = DATE) -> Baseline:
    """Return the baseline of ABCD, with these days of it stored."""
    return Baselines(Shelf({("ABCD", d): row for d, row in stored.items()}), tables).of(
        "ABCD", date
    )


def test_nothing_is_known_of_a_symbol_without_data(tables) -> None:
    found = of(tables, {})
    assert (found.previous_date, found.previous_close, found.previous_sessions_ago) == (None, 0, 0)
    assert (found.average_volume, found.volume_sessions, found.float_shares) == (0, 0, None)
    assert found.cumulative_volume.tolist() == [0] * 960
    assert found.cumulative_sessions == 0


def test_a_day_that_is_no_session_has_no_baseline(tables) -> None:
    with pytest.raises(NotASession):
        of(tables, {}, dt.date(2025, 3, 8))


def test_the_previous_close_is_that_of_the_last_stored_session(tables) -> None:
    found = of(tables, {EARLIER[-3]: day(4), EARLIER[-1]: day(5)})
    assert (found.previous_date, found.previous_close) == (EARLIER[-1], 5)
    assert (found.previous_sessions_ago, found.previous_source) == (1, "store")


def test_sessions_are_counted_by_the_exchange_not_by_the_calendar(tables) -> None:
    found = of(tables, {dt.date(2025, 2, 14): day(5)}, dt.date(2025, 2, 18))  # Presidents' Day
    assert found.previous_sessions_ago == 1
    assert of(tables, {EARLIER[-3]: day(5)}).previous_sessions_ago == 3


def test_a_later_session_of_the_reference_wins_over_an_older_stored_one(tables) -> None:
    add(tables, "closes", close_row(EARLIER[-2], 9))
    add(tables, "bars", bar_row(EARLIER[-1], 100, close=8))
    found = of(tables, {EARLIER[-3]: day(5)})
    assert (found.previous_date, found.previous_close) == (EARLIER[-1], 8)
    assert found.previous_source == "bars 1m"


def test_of_one_session_the_stored_day_wins_then_the_closes_then_the_bars(tables) -> None:
    add(tables, "bars", bar_row(EARLIER[-1], 100, close=8))
    assert of(tables, {}).previous_source == "bars 1m"
    add(tables, "closes", close_row(EARLIER[-1], 9))
    assert of(tables, {}).previous_source == "closes"
    assert of(tables, {EARLIER[-1]: day(5)}).previous_source == "store"


def test_a_stored_day_without_a_close_is_passed_over(tables) -> None:
    found = of(tables, {EARLIER[-2]: day(5), EARLIER[-1]: day(0)})
    assert (found.previous_date, found.previous_close) == (EARLIER[-2], 5)


def test_a_close_from_long_ago_is_found(tables) -> None:
    add(tables, "closes", close_row(dt.date(2024, 1, 5), 3), close_row(dt.date(2024, 1, 4), 2))
    found = of(tables, {})
    assert (found.previous_date, found.previous_close) == (dt.date(2024, 1, 5), 3)
    assert found.previous_sessions_ago == 248 + 20 + 19 + 6  # of 2024, January, February, March


def test_a_corrected_close_counts_from_when_it_is_known(tables) -> None:
    add(tables, "closes", close_row(EARLIER[-1], 9))
    add(tables, "closes", close_row(EARLIER[-1], 10, new_york_ns(DATE, 4)))
    add(tables, "closes", close_row(EARLIER[-1], 11, new_york_ns(DATE, 4) + 1))
    assert of(tables, {}).previous_close == 10


def test_the_average_spans_the_twenty_sessions_before_and_no_more(tables) -> None:
    stored = {date: day(m0=100) for date in EARLIER[-20:]} | {EARLIER[-21]: day(m0=10**9)}
    found = of(tables, stored)
    assert (found.average_volume, found.volume_sessions) == (100, 20)


def test_sessions_without_data_are_left_out_of_the_average(tables) -> None:
    found = of(tables, {EARLIER[-1]: day(m0=100), EARLIER[-9]: day(m0=301)})
    assert (found.average_volume, found.volume_sessions) == (201, 2)  # 200.5, halves up


def test_a_stored_session_without_a_trade_counts_as_one(tables) -> None:
    found = of(tables, {EARLIER[-1]: day(m0=100), EARLIER[-2]: day()})
    assert (found.average_volume, found.volume_sessions) == (50, 2)


def test_bars_stand_in_for_sessions_that_are_not_stored(tables) -> None:
    add(tables, "bars", bar_row(EARLIER[-1], 999), bar_row(EARLIER[-2], 300))
    found = of(tables, {EARLIER[-1]: day(m0=100)})
    assert (found.average_volume, found.volume_sessions) == (200, 2)
    assert found.cumulative_sessions == 1


def test_bars_of_the_session_win_over_those_of_a_utc_date(tables) -> None:
    date = EARLIER[-1]
    add(tables, "bars", bar_row(date, 1, "1d"), bar_row(date, 2, "1s"), bar_row(date, 3, "1m"))
    assert of(tables, {}).average_volume == 2


def test_a_stated_average_is_used_only_if_there_are_no_sessions(tables) -> None:
    add(tables, "volumes", {"symbol": "ABCD", "known_at": new_york_ns(EARLIER[-1], 20),
                            "average_shares": 777})  # fmt: skip
    assert of(tables, {})[6:8] == (777, 0)
    assert of(tables, {EARLIER[-1]: day(m0=100)})[6:8] == (100, 1)


def test_the_volume_by_minute_is_cumulative_and_averaged(tables) -> None:
    found = of(tables, {EARLIER[-1]: day(m0=10, m330=20), EARLIER[-2]: day(m330=5, m959=7)})
    assert found.cumulative_volume.dtype == np.int64
    by_minute = found.cumulative_volume.tolist()
    assert (by_minute[0], by_minute[329], by_minute[330], by_minute[958], by_minute[959]) == (
        5, 5, 18, 18, 21,
    )  # fmt: skip
    assert found.cumulative_sessions == 2


def test_a_reverse_split_raises_prices_and_lowers_volumes(tables) -> None:
    add(tables, "splits", split_row(EARLIER[-1], 10, 1))
    found = of(tables, {EARLIER[-2]: day(5, m0=1005, m1=10)})
    assert found.previous_close == 50
    assert found.average_volume == 102  # 101.5, halves up
    assert found.cumulative_volume[:2].tolist() == [101, 102]


def test_a_forward_split_lowers_prices_and_raises_volumes(tables) -> None:
    add(tables, "splits", split_row(DATE, 2, 3))
    found = of(tables, {EARLIER[-1]: day(5, m0=100)})
    assert (found.previous_close, found.average_volume) == (3, 150)  # 3.33


def test_splits_multiply_before_anything_is_rounded(tables) -> None:
    add(tables, "splits", split_row(EARLIER[-2], 3, 1), split_row(EARLIER[-1], 1, 3))
    assert of(tables, {EARLIER[-3]: day(5)}).previous_close == 5


def test_a_split_touches_only_the_sessions_before_it(tables) -> None:
    add(tables, "splits", split_row(EARLIER[-2], 10, 1))
    found = of(tables, {EARLIER[-3]: day(5, m0=1000), EARLIER[-2]: day(50, m0=100)})
    assert (found.previous_close, found.average_volume) == (50, 100)


def test_a_split_of_tomorrow_changes_nothing_today(tables) -> None:
    add(tables, "splits", split_row(LATER[1], 10, 1, new_york_ns(EARLIER[-9], 20)))
    assert of(tables, {EARLIER[-1]: day(5)}).previous_close == 5


def test_a_split_told_twice_counts_once(tables) -> None:
    add(tables, "splits", split_row(DATE, 10, 1, new_york_ns(EARLIER[-9], 20)))
    add(tables, "splits", split_row(DATE, 10, 1))
    assert of(tables, {EARLIER[-1]: day(5)}).previous_close == 50


def float_row(known: int, shares: int) -> dict[str, Any]:
    """Return a row of ``float``."""
    return {"symbol": "ABCD", "known_at": known, "float_shares": shares, "shares_outstanding": None}


def test_the_float_is_the_one_known_at_04_00(tables) -> None:
    add(tables, "float", float_row(new_york_ns(DATE, 4), 9), float_row(new_york_ns(DATE, 5), 8))
    assert of(tables, {}).float_shares == 9


def test_a_float_from_before_a_split_is_restated(tables) -> None:
    add(tables, "splits", split_row(DATE, 10, 1))
    add(tables, "float", float_row(new_york_ns(EARLIER[-1], 20), 1000))
    assert of(tables, {}).float_shares == 100
    add(tables, "float", float_row(new_york_ns(DATE, 4), 99))
    assert of(tables, {}).float_shares == 99


def test_other_symbols_play_no_part(tables) -> None:
    shelf = Shelf({("ABCE", EARLIER[-1]): day(9, m0=100), ("ABCD", EARLIER[-2]): day(5, m0=1)})
    found = Baselines(shelf, tables).of("ABCD", DATE)
    assert (found.previous_close, found.average_volume) == (5, 1)


def plain(baseline: Baseline) -> list[Any]:
    """Return a baseline in a form that can be compared."""
    return [x.tolist() if isinstance(x, np.ndarray) else x for x in baseline]


PRICES = st.integers(1, 10**12)
DAYS = st.tuples(PRICES, st.dictionaries(st.integers(0, 959), st.integers(1, 10**6), max_size=4))
NOW = session_of(DATE).start_ns


@st.composite
def later_rows(draw) -> dict[str, list[dict[str, Any]]]:
    """Draw rows of each table that are known only after the session has begun."""
    known = st.integers(NOW + 1, NOW + 10**15)
    dates = st.sampled_from(EARLIER + LATER)
    after = max(NOW + 1, session_of(LATER[-1]).end_ns)
    return {
        "closes": [close_row(draw(dates), draw(PRICES), after)],
        "bars": [bar_row(draw(dates), draw(PRICES)) | {"known_at": after}],
        "splits": [split_row(draw(dates), 7, draw(st.integers(1, 6)), draw(known))],
        "float": [float_row(draw(known), draw(PRICES))],
        "volumes": [{"symbol": "ABCD", "known_at": draw(known), "average_shares": draw(PRICES)}],
    }


@given(
    st.dictionaries(st.sampled_from(EARLIER), DAYS, max_size=4),
    st.dictionaries(st.sampled_from(LATER), DAYS, min_size=1, max_size=4),
    later_rows(),
)
def test_nothing_of_the_day_or_later_enters(tmp_path_factory, earlier, later, rows) -> None:
    tables = ReferenceTables(tmp_path_factory.mktemp("known"))
    add(tables, "closes", close_row(EARLIER[-4], 5))
    add(tables, "splits", split_row(EARLIER[-6], 3, 2))
    before = plain(of(tables, earlier))
    for table, new in rows.items():
        add(tables, table, *new)
    assert plain(of(tables, earlier | later)) == before


@given(st.dictionaries(st.sampled_from(EARLIER[-24:]), DAYS, min_size=1), st.integers(1, 30))
def test_a_split_scales_everything_from_before_it(tmp_path_factory, stored, ratio) -> None:
    plain_tables = ReferenceTables(tmp_path_factory.mktemp("plain"))
    split_tables = ReferenceTables(tmp_path_factory.mktemp("split"))
    if ratio > 1:
        add(split_tables, "splits", split_row(DATE, 1, ratio))
    one, other = of(plain_tables, stored), of(split_tables, stored)
    assert other.average_volume in range(
        one.average_volume * ratio - ratio, one.average_volume * ratio + ratio + 1
    )
    exact = Fraction(one.previous_close, ratio)
    assert abs(other.previous_close - exact) <= Fraction(1, 2)
