"""Headlines and sectors are known when they were told, and not before."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lowfloat.base.clock import NS, session_of
from lowfloat.days.bars import BAR_DTYPES, Bars
from lowfloat.days.baselines import Baselines
from lowfloat.days.feeds import Feeds
from lowfloat.days.reference import ReferenceTables
from lowfloat.days.reference_rules import TABLES

FRIDAY, MONDAY = dt.date(2025, 3, 7), dt.date(2025, 3, 10)
DOLLAR = 10**9
START = session_of(MONDAY).start_ns


class Shelf:
    """Stored days in memory: per (symbol, date) the last price of some minutes."""

    def __init__(self, days: dict[tuple[str, dt.date], dict[int, int]]) -> None:
        self._days = days

    def days(self) -> list[tuple[str, dt.date]]:
        return sorted(self._days)

    def about(self, symbol: str, date: dt.date) -> dict[str, Any]:
        closes = self._days[symbol, date]
        return {"summary": {"close": closes[max(closes)], "volume": 100}}

    def bars(self, symbol: str, date: dt.date) -> Bars:
        minutes = sorted(self._days[symbol, date].items())
        columns = {name: np.zeros(len(minutes), dtype) for name, dtype in BAR_DTYPES.items()}
        columns["minute"][:] = [60 * minute for minute, _ in minutes]
        columns["close"][:] = [close for _, close in minutes]
        return Bars(**columns)


DAYS = {
    ("AAA", FRIDAY): {300: 5 * DOLLAR},
    ("AAA", MONDAY): {330: 6 * DOLLAR},
    ("BBB", FRIDAY): {300: 2 * DOLLAR},
    ("BBB", MONDAY): {330: 3 * DOLLAR, 331: 0, 340: 1 * DOLLAR},
    ("CCC", FRIDAY): {300: 4 * DOLLAR},
    ("CCC", MONDAY): {335: 5 * DOLLAR},
    ("DDD", FRIDAY): {300: 4 * DOLLAR},
    ("DDD", MONDAY): {330: 40 * DOLLAR},
    ("NEW", MONDAY): {330: 9 * DOLLAR},  # has no previous close
}


@pytest.fixture
def tables(tmp_path: Path) -> ReferenceTables:
    return ReferenceTables(tmp_path)


def add(tables: ReferenceTables, table: str, *rows: dict[str, Any]) -> None:
    tables.add(table, {"here": pa.Table.from_pylist(list(rows), TABLES[table].schema)})


def feeds(tables: ReferenceTables) -> Feeds:
    shelf = Shelf(DAYS)
    return Feeds(shelf, tables, Baselines(shelf, tables))


def sector(symbol: str, name: str, known_at: int = START) -> dict[str, Any]:
    return {"symbol": symbol, "known_at": known_at, "sector": name}


def headline(symbol: str, known_at: int) -> dict[str, Any]:
    return {"symbol": symbol, "known_at": known_at, "headline": "Wins", "category": None}


def test_headlines_are_those_since_the_last_close_and_until_the_end_of_the_day(tables) -> None:
    close, end = session_of(FRIDAY).regular_close_ns, session_of(MONDAY).end_ns
    times = [close - 1, close, START - NS, START + 3600 * NS, end - 1, end]
    add(tables, "news", *(headline("AAA", each) for each in times), headline("BBB", START))
    assert feeds(tables).headlines("AAA", MONDAY).tolist() == times[1:5]
    assert feeds(tables).headlines("CCC", MONDAY).tolist() == []


def test_without_a_table_of_news_nothing_is_known_of_headlines(tables) -> None:
    assert feeds(tables).headlines("AAA", MONDAY) is None


def test_the_gain_of_a_sector_is_the_mean_of_the_others_by_closed_minutes(tables) -> None:
    add(tables, "sectors", *(sector(name, "biotech") for name in ("AAA", "BBB", "CCC", "NEW")),
        sector("DDD", "mining"))  # fmt: skip
    gain = feeds(tables).sector_gain("AAA", MONDAY)
    assert gain.shape == (57_600,)
    ends = {second: gain[second - 1] for second in (331 * 60 - 1, 331 * 60, 336 * 60, 341 * 60)}
    assert np.isnan(ends[331 * 60 - 1])  # the minute of the first price is still open
    assert ends[331 * 60] == pytest.approx(0.5)  # BBB alone, 2 to 3 dollars
    assert ends[336 * 60] == pytest.approx((0.5 + 0.25) / 2)
    assert ends[341 * 60] == pytest.approx((-0.5 + 0.25) / 2)
    assert np.isnan(gain[: 331 * 60 - 1]).all()


def test_a_sector_that_becomes_known_during_the_day_is_not_known(tables) -> None:
    add(tables, "sectors", sector("AAA", "biotech", START + 1), sector("BBB", "biotech"))
    assert feeds(tables).sector_gain("AAA", MONDAY) is None
    assert feeds(tables).sector_gain("BBB", MONDAY) is None  # nor is AAA one of its peers


def test_a_stock_alone_in_its_sector_has_no_gain_of_it(tables) -> None:
    add(tables, "sectors", sector("AAA", "biotech"), sector("NEW", "biotech"))
    assert feeds(tables).sector_gain("AAA", MONDAY) is None
    assert feeds(tables).sector_gain("DDD", MONDAY) is None
