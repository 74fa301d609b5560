"""Bars and closing prices: which prints count for what, and when."""

import datetime as dt
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.tapes import make_day

from lowfloat.base.clock import session_of
from lowfloat.base.codes import Mark
from lowfloat.base.records import DTYPES, Trades
from lowfloat.days import Day
from lowfloat.days.bars import BAR_DTYPES, minute_bars, official_close, summary_of
from lowfloat.errors import FeedError

NS = 10**9
OPEN, CLOSE = 19_800, 43_200  # session seconds of 09:30 and 16:00
REGULAR = Mark.ORDINARY
HALF_DAY = dt.date(2024, 7, 3)
HALF_CLOSE = 32_400  # 13:00


class Print(NamedTuple):
    """Session second, nanodollars, shares, marks."""

    second: float
    price: int
    size: int = 100
    marks: int = REGULAR


def day_of(*prints: Print, date: dt.date = dt.date(2025, 3, 4)) -> Day:
    """Return a day of these prints."""
    start = session_of(date).start_ns
    rows = Trades(**{name: np.zeros(len(prints), dtype) for name, dtype in DTYPES[Trades].items()})
    for i, row in enumerate(prints):
        rows.ts_event[i] = rows.ts_recv[i] = start + round(row.second * NS)
        rows.price[i], rows.size[i], rows.marks[i] = row.price, row.size, row.marks
    return replace(make_day([], date=date), trades=rows).check()


def bars(*prints: Print) -> list[dict[str, int]]:
    """Return the bars as plain rows."""
    found = minute_bars(day_of(*prints))
    return [
        dict(zip(found._fields, map(int, row), strict=True)) for row in zip(*found, strict=True)
    ]


def test_a_bar_holds_the_prints_of_its_minute() -> None:
    (bar,) = bars(Print(61, 500), Print(62, 700, 30), Print(119.999, 600))
    assert bar == {
        "minute": 60, "open": 500, "high": 700, "low": 500, "close": 600, "volume": 230,
        "trades": 3, "value": (500 * 100 + 700 * 30 + 600 * 100) // 1000,
    }  # fmt: skip


def test_a_minute_begins_with_its_first_nanosecond() -> None:
    found = bars(Print(119.999999999, 500), Print(120, 600))
    assert [(bar["minute"], bar["close"]) for bar in found] == [(60, 500), (120, 600)]


def test_minutes_without_prints_have_no_bar() -> None:
    assert [bar["minute"] for bar in bars(Print(0, 500), Print(57_599, 500))] == [0, 57_540]


def test_a_day_without_prints_has_no_bars() -> None:
    assert bars() == []


def test_the_columns_have_the_types_they_declare() -> None:
    found = minute_bars(day_of(Print(1, 500)))
    types = {name: column.dtype.type for name, column in found._asdict().items()}
    assert types == BAR_DTYPES


def test_an_odd_lot_that_counts_for_volume_only_sets_no_price() -> None:
    (bar,) = bars(Print(1, 500, 7, Mark.VOLUME | Mark.ODD_LOT))
    assert (bar["open"], bar["high"], bar["low"], bar["close"]) == (0, 0, 0, 0)
    assert (bar["volume"], bar["trades"]) == (7, 1)


def test_a_print_that_counts_for_last_only_adds_no_volume() -> None:
    (bar,) = bars(Print(1, 500, 900, Mark.LAST))
    assert (bar["open"], bar["close"], bar["high"], bar["volume"], bar["trades"]) == (
        500, 500, 0, 0, 0,
    )  # fmt: skip


def test_a_print_that_counts_for_highs_only_makes_no_bar_of_its_own() -> None:
    assert bars(Print(1, 900, 100, Mark.HIGH_LOW)) == []


def test_a_late_print_moves_the_high_and_not_the_close() -> None:
    late = Mark.HIGH_LOW | Mark.VOLUME | Mark.LATE
    (bar,) = bars(Print(1, 500), Print(2, 900, 100, late))
    assert (bar["high"], bar["close"]) == (900, 500)


def test_the_value_of_a_minute_is_rounded_down_once() -> None:
    (bar,) = bars(Print(1, 999, 1), Print(2, 999, 1), Print(3, 2, 1))
    assert bar["value"] == 2  # microdollars, of exactly 2,000 nanodollars


def test_a_value_that_would_wrap_is_refused() -> None:
    with pytest.raises(FeedError, match="worth"):
        bars(Print(1, 10**14, 2**31 - 1))


PRINTS = st.lists(
    st.builds(
        Print,
        st.integers(0, 600_000).map(lambda tenths: tenths % 57_600 + tenths % 10 / 10),
        st.integers(1, 10**12),
        st.integers(1, 10**6),
        st.integers(0, 15),
    ),
    max_size=30,
).map(lambda prints: sorted(prints, key=lambda row: row.second))


@given(PRINTS)
def test_bars_agree_with_a_plain_sum_over_the_prints(prints: list[Print]) -> None:
    minutes: dict[int, tuple[list, list, list]] = {}
    for row in prints:
        lasts, moving, sold = minutes.setdefault(int(row.second) // 60 * 60, ([], [], []))
        if row.marks & Mark.LAST:
            lasts.append(row.price)
        if row.marks & Mark.HIGH_LOW:
            moving.append(row.price)
        if row.marks & Mark.VOLUME:
            sold.append((row.price, row.size))
    expected = [
        {
            "minute": minute,
            "open": lasts[0] if lasts else 0,
            "high": max(moving, default=0),
            "low": min(moving, default=0),
            "close": lasts[-1] if lasts else 0,
            "volume": sum(size for _, size in sold),
            "trades": len(sold),
            "value": sum(price * size for price, size in sold) // 1000,
        }
        for minute, (lasts, moving, sold) in minutes.items()
        if lasts or sold
    ]
    assert bars(*prints) == expected


def close_of(*prints: Print, date: dt.date = dt.date(2025, 3, 4)) -> int:
    """Return the closing price of a day of these prints."""
    day = day_of(*prints, date=date)
    return official_close(day.trades, day.session)


REPEATED = Mark.OFFICIAL_CLOSE | Mark.LATE
CROSS = REGULAR | Mark.AUCTION


def test_the_official_close_wins_over_every_other_print() -> None:
    prints = [Print(CLOSE, 600, 10**6, CROSS), Print(CLOSE + 9000, 650, 1, REPEATED)]
    assert close_of(Print(CLOSE - 1, 500), *prints, Print(CLOSE + 9001, 700)) == 650


def test_a_corrected_official_close_wins_over_the_first() -> None:
    first, second = Print(CLOSE + 1, 600, 1, REPEATED), Print(CLOSE + 900, 610, 1, REPEATED)
    assert close_of(first, second) == 610


def test_the_closing_cross_wins_over_the_last_print() -> None:
    assert close_of(Print(CLOSE - 1, 500), Print(CLOSE + 0.5, 600, 900, CROSS)) == 600


def test_the_largest_of_several_closing_crosses_is_that_of_the_listing_exchange() -> None:
    crosses = [(0.1, 610, 50), (0.2, 600, 90_000), (0.3, 620, 50)]
    assert close_of(*(Print(CLOSE + s, p, n, CROSS) for s, p, n in crosses)) == 600


@pytest.mark.parametrize("second", [CLOSE - 0.001, CLOSE + 600])
def test_an_auction_at_another_time_is_no_closing_cross(second: float) -> None:
    prints = sorted([Print(second, 600, 900, CROSS), Print(CLOSE - 0.0005, 500)])
    assert close_of(*prints) == 500


def test_without_a_cross_the_last_print_before_the_close_counts() -> None:
    assert close_of(Print(CLOSE - 1, 500), Print(CLOSE, 600)) == 500


def test_an_odd_lot_sets_no_close() -> None:
    assert close_of(Print(CLOSE - 2, 500), Print(CLOSE - 1, 510, 7, Mark.VOLUME)) == 500


def test_without_a_print_before_the_close_the_last_of_the_day_counts() -> None:
    assert close_of(Print(CLOSE + 1, 500), Print(CLOSE + 2, 510)) == 510


def test_without_any_print_that_counts_the_close_is_zero() -> None:
    assert close_of() == 0
    assert close_of(Print(CLOSE - 1, 510, 7, Mark.VOLUME)) == 0


def test_a_half_day_closes_at_13_00() -> None:
    prints = [Print(HALF_CLOSE - 1, 500), Print(HALF_CLOSE + 1, 600)]
    assert close_of(*prints, date=HALF_DAY) == 500


def open_of(*prints: Print) -> int:
    """Return the opening price of a day of these prints."""
    return summary_of(day_of(*prints)).open


def test_the_open_is_the_first_regular_print() -> None:
    assert open_of(Print(1, 400), Print(OPEN, 500), Print(OPEN + 1, 600)) == 500


def test_the_opening_cross_is_the_open_even_if_a_print_came_before_it() -> None:
    assert open_of(Print(OPEN, 500), Print(OPEN + 0.2, 510, 9000, CROSS)) == 510


def test_a_reopening_after_a_pause_is_no_opening_cross() -> None:
    assert open_of(Print(OPEN, 500), Print(OPEN + 315, 610, 9000, CROSS)) == 500


def test_the_official_open_wins_over_the_cross() -> None:
    official = Print(OPEN + 2, 505, 9000, Mark.OFFICIAL_OPEN)
    assert open_of(Print(OPEN, 510, 9000, CROSS), official) == 505


def test_without_a_regular_print_the_first_of_any_is_the_open() -> None:
    assert open_of(Print(1, 400), Print(CLOSE, 500)) == 400
    assert open_of() == 0


def test_a_summary_spans_the_whole_session() -> None:
    prints = [Print(0, 300), Print(OPEN, 500), Print(CLOSE - 1, 550), Print(57_599, 900, 40)]
    assert summary_of(day_of(*prints)) == (500, 900, 300, 550, 340)


@given(PRINTS)
def test_a_summary_agrees_with_the_bars(prints: list[Print]) -> None:
    day = day_of(*(row._replace(marks=row.marks | Mark.VOLUME) for row in prints))
    found, summary = minute_bars(day), summary_of(day)
    assert summary.volume == int(found.volume.sum())
    assert summary.high == int(found.high.max(initial=0))
