"""What a day is measured against: the 20 sessions before it, and the close of the last one."""

import datetime as dt
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from reference.tapes import P, Q, make_day, ns

from lowfloat.base.clock import new_york_ns, session_of, sessions_between
from lowfloat.base.codes import Mark
from lowfloat.days import DayStore
from lowfloat.days.reference import ReferenceTables
from lowfloat.days.reference_rules import TABLES
from lowfloat.env.starts import load_split
from lowfloat.index import Index, MomentumIndexBuilder, scan
from lowfloat.index.config import IndexConfig, SplitConfig
from lowfloat.index.index import IndexedDay
from lowfloat.tape.columns import NAMES

OPEN, CLOSE = 19_800, 43_200
DATE = dt.date(2025, 3, 10)  # a Monday; daylight saving began the day before
BEFORE = sessions_between(dt.date(2025, 1, 2), dt.date(2025, 3, 7))[::-1]  # the latest first
DOLLAR = 10**9


def put(store: DayStore, date: dt.date, price: float = 4.0, shares: int = 100) -> None:
    """Store a day that opens and closes at a price, with one print."""
    prints = [P(ns(OPEN + 5), price, shares)]
    store.write(make_day([Q(ns(100), price, price + 0.02)], trades=prints, date=date))


def known(store: DayStore, table: str, *rows: dict[str, Any]) -> None:
    """Store rows of reference data about the symbol."""
    about = [{"symbol": "HAND"} | row for row in rows]
    parts = {"here": pa.Table.from_pylist(about, TABLES[table].schema)}
    ReferenceTables(store.root).add(table, parts)


def split(effective: dt.date, old: int, new: int, known_at: int | None = None) -> dict[str, Any]:
    """Return a row of ``splits``: ``old`` shares become ``new``."""
    known_at = new_york_ns(effective, 4) if known_at is None else known_at
    return {"known_at": known_at, "effective": effective, "from_shares": old, "to_shares": new}


def close(date: dt.date, dollars: float, known_at: int | None = None) -> dict[str, Any]:
    """Return a row of ``closes``."""
    known_at = session_of(date).regular_close_ns if known_at is None else known_at
    return {"known_at": known_at, "date": date, "close": round(dollars * DOLLAR)}


def bar(date: dt.date, dollars: float, shares: int) -> dict[str, Any]:
    """Return a row of ``bars``."""
    prices = dict.fromkeys(("open", "high", "low", "close"), round(dollars * DOLLAR))
    more = {"known_at": session_of(date).end_ns, "date": date, "volume": shares}
    return {**prices, **more, "resolution": "1m"}


@pytest.fixture
def row(store: DayStore, tmp_path):
    """Put the day itself into the store, scan no other, and return its row."""

    def scanned(price: float = 4.0, shares: int = 600) -> IndexedDay:
        put(store, DATE, price, shares)
        (found,) = scan(store, tmp_path / "index", first=DATE, last=DATE).days("HAND")
        return found

    return scanned


def test_nothing_is_usual_for_a_symbol_without_a_history(row) -> None:
    day = row()
    assert (day.previous_close, day.gap, day.volume_ratio) == (0.0, None, None)


def test_the_average_is_of_the_20_exchange_sessions_before_the_day(store, row) -> None:
    for date in BEFORE[:20]:
        put(store, date, shares=200)
    put(store, BEFORE[20], shares=10**6)
    assert row(shares=600).volume_ratio == 3.0


def test_a_session_longer_ago_is_not_used_in_place_of_one_without_data(store, row) -> None:
    for number in (3, 11, 19):
        put(store, BEFORE[number], shares=100 * number)
    for number in range(20, 40):
        put(store, BEFORE[number], shares=10**6)
    assert row(shares=2200).volume_ratio == 2.0  # over the mean of 300, 1,100 and 1,900


def test_a_holiday_is_no_session_without_data(store, row) -> None:
    assert dt.date(2025, 2, 17) not in BEFORE[:20]
    for date in BEFORE[:20]:
        put(store, date, shares=100)
    assert BEFORE[19] == dt.date(2025, 2, 7)  # 31 days before, over a holiday and four weekends
    assert row(shares=100).volume_ratio == 1.0


def test_the_volume_of_a_day_itself_is_not_part_of_what_is_usual(store, row) -> None:
    put(store, BEFORE[0], shares=100)
    assert row(shares=10**6).volume_ratio == 10**4


def test_only_prints_that_count_for_volume_are_usual(store, row) -> None:
    prints = [P(ns(OPEN), 4.0, 100), P(ns(OPEN), 4.0, 10**6, marks=Mark.LAST | Mark.TAPE)]
    store.write(make_day([Q(ns(100), 4.0, 4.02)], trades=prints, date=BEFORE[0]))
    assert row(shares=100).volume_ratio == 1.0


def test_a_day_that_was_halted_throughout_has_a_usual_volume_of_none(store, row) -> None:
    store.write(make_day([Q(ns(100), 4.0, 4.02)], date=BEFORE[0]))
    assert row().volume_ratio is None


def test_the_previous_close_is_that_of_the_last_session_with_data(store, row) -> None:
    put(store, BEFORE[7], 5.0)
    put(store, BEFORE[4], 8.0)
    day = row(price=6.0)
    assert day.previous_close == 8.0
    assert day.gap == pytest.approx(6.0 / 8.0 - 1.0)


def test_a_session_with_data_but_no_print_has_no_close(store, row) -> None:
    put(store, BEFORE[4], 8.0)
    store.write(make_day([Q(ns(100), 5.0, 5.02)], date=BEFORE[0]))
    assert row().previous_close == 8.0


def test_a_close_of_months_ago_is_the_previous_one_if_there_is_no_later(store, row) -> None:
    put(store, BEFORE[40], 8.0)
    day = row()
    assert (day.previous_close, day.volume_ratio) == (8.0, None)


def test_the_previous_close_is_the_official_one_and_not_the_last_print(store, row) -> None:
    cross = Mark.ORDINARY & ~Mark.TAPE | Mark.AUCTION
    prints = [
        P(ns(CLOSE) - 1, 5.0), P(ns(CLOSE) + 1, 5.1, 9_000, 0, cross), P(ns(CLOSE + 3600), 7.0),
    ]  # fmt: skip
    store.write(make_day([Q(ns(100), 5.0, 5.02)], trades=prints, date=BEFORE[0]))
    assert row().previous_close == 5.1


def test_a_row_of_closes_about_a_later_session_wins(store, row) -> None:
    put(store, BEFORE[1], 5.0)
    known(store, "closes", close(BEFORE[0], 5.5))
    assert row().previous_close == 5.5


def test_a_stored_session_wins_over_a_row_of_closes(store, row) -> None:
    put(store, BEFORE[0], 5.0)
    known(store, "closes", close(BEFORE[0], 5.5))
    assert row().previous_close == 5.0


def test_what_became_known_after_04_00_is_not_used(store, row) -> None:
    put(store, BEFORE[1], 5.0)
    known(store, "closes", close(BEFORE[0], 5.5, new_york_ns(DATE, 4) + 1))
    known(store, "splits", split(DATE, 10, 1, new_york_ns(DATE, 4) + 1))
    assert row().previous_close == 5.0


def test_bars_stand_in_for_sessions_that_are_not_stored(store, row) -> None:
    put(store, BEFORE[1], 5.0, shares=100)
    known(store, "bars", bar(BEFORE[0], 5.5, 500), bar(BEFORE[1], 9.0, 10**6))
    day = row(shares=600)
    assert (day.previous_close, day.volume_ratio) == (5.5, 2.0)


def test_a_stated_average_is_used_only_without_any_session(store, row, tmp_path) -> None:
    known(store, "volumes", {"known_at": new_york_ns(BEFORE[0], 20), "average_shares": 300})
    assert row(shares=600).volume_ratio == 2.0
    put(store, BEFORE[0], shares=100)
    assert scan(store, tmp_path / "again").days()[-1].volume_ratio == 6.0


@pytest.mark.parametrize("ratio", [Fraction(1, 10), Fraction(3, 2), Fraction(2)])
def test_a_split_restates_what_was_before_it(store, row, ratio: Fraction) -> None:
    put(store, BEFORE[0], 4.0, shares=1000)
    known(store, "splits", split(DATE, ratio.denominator, ratio.numerator))
    day = row(price=4.5, shares=3000)
    assert day.previous_close == pytest.approx(4.0 / float(ratio), rel=1e-9)
    assert day.gap == pytest.approx(4.5 / day.previous_close - 1.0)
    assert day.volume_ratio == 3.0 / ratio


def test_a_split_touches_only_the_sessions_before_it(store, row) -> None:
    put(store, BEFORE[1], 0.4, shares=1000)
    put(store, BEFORE[0], 4.0, shares=100)
    known(store, "splits", split(BEFORE[0], 10, 1))
    day = row(price=4.0, shares=300)
    assert (day.previous_close, day.gap, day.volume_ratio) == (4.0, 0.0, 3.0)


def test_a_split_of_another_symbol_changes_nothing(store, row) -> None:
    put(store, BEFORE[0], 4.0)
    known(store, "splits", split(DATE, 10, 1) | {"symbol": "OTHER"})
    assert row().previous_close == 4.0


def test_an_alert_is_over_the_restated_close(store, tmp_path) -> None:
    put(store, BEFORE[0], 0.40)
    prints = [P(ns(OPEN), 4.0, 60_000), P(ns(OPEN + 60), 4.5, 60_000)]
    quotes = [Q(ns(100), 4.0, 4.02), Q(ns(OPEN + 50), 4.49, 4.51)]
    store.write(make_day(quotes, trades=prints, date=DATE))
    assert scan(store, tmp_path / "plain").days()[-1].alert_second == OPEN + 1
    known(store, "splits", split(DATE, 10, 1))
    assert scan(store, tmp_path / "restated").days()[-1].alert_second == OPEN + 51


def test_a_history_scanned_alone_has_the_rows_of_the_whole_scan(store, row) -> None:
    for number, date in enumerate(BEFORE[:5]):
        put(store, date, 4.0 + number, 100 * number + 1)
    known(store, "splits", split(BEFORE[2], 10, 1))
    day = row()
    (alone,) = MomentumIndexBuilder().scan_symbol_history(store, "HAND", DATE, DATE)
    for name in ("previous_close", "gap", "volume_ratio", "alert_second", "open", "close"):
        assert alone[name] == getattr(day, name), name


def test_sessions_that_come_later_change_nothing_of_a_row(store, tmp_path) -> None:
    for date in BEFORE[2:6]:
        put(store, date)
    splits = IndexConfig(splits=SplitConfig(train_end=BEFORE[0], embargo_sessions=0))
    first = scan(store, tmp_path / "first", splits).days()
    put(store, BEFORE[1], 9.0, 10**6)
    known(store, "closes", close(BEFORE[0], 5.5))
    known(store, "splits", split(BEFORE[1], 1, 3))
    assert scan(store, tmp_path / "second", splits).days()[: len(first)] == first


@pytest.fixture
def history(store: DayStore, tmp_path) -> Index:
    """The index of three days, the last of them after a reverse split."""
    put(store, BEFORE[1], 0.5)
    put(store, BEFORE[0], 0.4)
    put(store, DATE, 5.0)
    known(store, "splits", split(DATE, 10, 1))
    return scan(store, tmp_path / "index")


def test_a_resident_day_knows_the_close_of_the_session_before_it(history) -> None:
    deck, _, (day,) = load_split(history, "exam")
    assert (day.date, day.previous_close) == (DATE, 4.0)
    gain = deck.table[0, OPEN, NAMES.index("gain_on_day")]
    assert gain == pytest.approx(5.01 / 4.0 - 1.0, rel=1e-6)


def test_other_reference_data_make_another_index(history, store, tmp_path) -> None:
    again = scan(store, tmp_path / "again")
    assert again.id == history.id
    known(store, "closes", close(BEFORE[2], 3.0))
    other = scan(store, tmp_path / "other")
    assert other.days()[0].previous_close == 3.0
    assert other.id != history.id
