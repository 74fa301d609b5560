"""The tape's columns say what their sentences say, at any second, from the past only."""

import datetime as dt
import random
from dataclasses import replace

import numpy as np
import pytest
from reference.market_columns import SECOND, TapeReader
from reference.tapes import (
    P,
    Q,
    S,
    make_day,
    nasty_day,
    ns,
    real_days,
    resume,
    stop,
    synthetic_days,
)

from lowfloat.base.codes import MomentumPhase
from lowfloat.days import Day
from lowfloat.days.seconds import per_second
from lowfloat.tape import book, columns, flow, halts, price, time_of_day, volume
from lowfloat.tape.columns import COLUMNS, NAMES, market_columns
from lowfloat.tape.phase import phases

REAL_DATES = ("2025-02-24", "2025-03-10", "2025-03-25", "2025-04-01")


def seconds_to_look_at(day: Day, count: int = 200) -> list[int]:
    """Return decision seconds: the ends, busy and quiet ones, those about halts, any."""
    rng = random.Random(day.name)
    start = day.session.start_ns
    found = {0, 1, 2, 3, 30, 59, 60, 61, 120, 1259, 1260, 1261, 57_599, 57_600}
    edges = [(edge - start) // SECOND for halt in day.halts for edge in halt]
    found |= {edge + after for edge in edges for after in (0, 1, 2)}
    received = np.concatenate([day.trades.ts_recv, day.quotes.ts_recv]).tolist()
    busy = [(ts - start) // SECOND for ts in rng.sample(received, min(100, len(received)))]
    found |= {second + rng.choice([0, 1, 1, 2, 5, 10, 60]) for second in busy}
    while len(found) < count:
        found.add(rng.randrange(57_601))
    return sorted(second for second in found if second <= 57_600)


def disagreements(day: Day, previous_close: float) -> list[tuple]:
    """Return ``(second, column, found, expected)`` wherever the table is not the reference."""
    table = market_columns(day, per_second(day), previous_close)
    reader = TapeReader(day, previous_close)
    wrong = []
    for second in seconds_to_look_at(day):
        told = reader.at(second)
        assert set(told) == set(NAMES)
        for i, column in enumerate(COLUMNS):
            found = float(table[second, i])
            expected = min(max(told[column.name], column.low), column.high)
            if not agrees(column.unit, found, expected):
                wrong.append((second, column.name, found, expected))
    return wrong


def agrees(unit: str, found: float, expected: float) -> bool:
    if unit == "flag":
        return found == expected
    if unit in ("log count", "log shares"):
        # float32 tells counts up to some millions apart; both must be the same whole number.
        near = abs(found - expected) <= 1e-6 * max(1.0, expected)
        return near and (expected > 13 or round(np.expm1(found)) == round(np.expm1(expected)))
    # A sum over a window is the difference of two sums over the day: an error of the ulp of the
    # day's sum is left, and the root of it where the window itself is still.
    return abs(found - expected) <= 1e-5 * abs(expected) + 1e-6


@pytest.mark.parametrize("number", range(4))
def test_the_columns_of_a_synthetic_day_equal_the_reference(number: int) -> None:
    days = synthetic_days()
    previous_close = days[number - 1].closing_price / 1e9 if number else 0.0
    assert disagreements(days[number], previous_close) == []


@pytest.mark.parametrize("seed", range(4))
def test_the_columns_of_a_nasty_day_equal_the_reference(seed: int) -> None:
    assert disagreements(nasty_day(seed), 1.0) == []


@pytest.mark.parametrize("date", REAL_DATES)
def test_the_columns_of_a_real_day_equal_the_reference(date: str, tmp_path) -> None:
    (day,) = real_days(tmp_path, date, date)
    assert disagreements(day, 5.5) == []


@pytest.fixture(scope="module")
def tables() -> list[tuple[Day, np.ndarray]]:
    days = [*synthetic_days(2), *(nasty_day(seed) for seed in range(6))]
    return [(day, market_columns(day, per_second(day), 2.5)) for day in days]


def test_no_two_columns_share_a_name() -> None:
    assert len(set(NAMES)) == len(NAMES) == len(COLUMNS)


def test_every_column_has_a_unit_a_sentence_and_bounds() -> None:
    for column in COLUMNS:
        assert column.unit
        assert column.meaning
        assert column.low < column.high
        assert column.look_back_seconds >= 0


def test_the_registry_lists_the_columns_in_the_order_of_the_reference() -> None:
    assert tuple(TapeReader(make_day([])).at(0)) == NAMES


def test_each_file_returns_as_many_columns_as_it_lists() -> None:
    day = synthetic_days(1)[0]
    seconds = per_second(day)
    made = {
        price: price.columns(seconds, 2.0),
        book: book.columns(seconds, day.session.start_ns),
        flow: flow.columns(seconds),
        volume: volume.columns(seconds),
        halts: halts.columns(seconds),
        time_of_day: time_of_day.columns(day.session),
    }
    assert [len(arrays) for arrays in made.values()] == [len(file.COLUMNS) for file in made]
    assert tuple(column for file in made for column in file.COLUMNS) == columns.COLUMNS


def test_every_value_is_finite_and_within_the_bounds_of_its_column(tables) -> None:
    for _, table in tables:
        assert table.shape == (57_601, len(COLUMNS))
        assert table.dtype == np.float32
        assert np.isfinite(table).all()
        for i, column in enumerate(COLUMNS):
            assert table[:, i].min() >= np.float32(column.low), column.name
            assert table[:, i].max() <= np.float32(column.high), column.name


def test_an_empty_day_has_an_empty_tape_at_every_second() -> None:
    day = make_day([])
    table = market_columns(day, per_second(day), 0.0)
    clock = len(time_of_day.COLUMNS)
    assert (table[:, :-clock] == table[0, :-clock]).all()
    assert {name: value for name, value in zip(NAMES, table[0].tolist(), strict=True) if value} == {
        "buy_pressure_10s": 0.5, "buy_pressure_60s": 0.5, "since_halt": 1.0, "premarket": 1.0,
        "to_close": pytest.approx(12 / 12.5),
    }  # fmt: skip


@pytest.mark.parametrize("cut", [1, 20_000, 25_000, 57_000])
def test_what_is_received_from_a_decision_on_changes_nothing_before_it(cut: int, tables) -> None:
    for day, table in tables:
        known = until(day, cut)
        cut_table = market_columns(known, per_second(known), 2.5)
        assert np.array_equal(cut_table[: cut + 1], table[: cut + 1])
        assert np.array_equal(phases(known)[: cut + 1], phases(day)[: cut + 1])


def until(day: Day, second: int) -> Day:
    """Return the day as if it had ended at a decision."""
    end = day.session.start_ns + second * SECOND
    parts = {}
    for name in ("trades", "quotes", "status"):
        records = getattr(day, name)
        kept = records.ts_recv < end
        parts[name] = type(records)(*(column[kept] for column in records))
    return replace(day, coverage_end_ns=end, **parts)


def test_a_record_received_at_the_decision_itself_is_not_known_yet() -> None:
    day = make_day([Q(ns(100), 4.0, 4.02)], [stop(ns(200))], [P(ns(300), 4.0)])
    table = column_of(day)
    assert (table("book_known")[100], table("book_known")[101]) == (0, 1)
    assert (table("halted")[200], table("halted")[201]) == (0, 1)
    assert table("volume_so_far")[300:302].tolist() == [0, np.float32(np.log(101))]


def test_a_record_received_a_nanosecond_before_the_decision_is_known() -> None:
    day = make_day([Q(ns(100) - 1, 4.0, 4.02)], [stop(ns(200) - 1)], [P(ns(300) - 1, 4.0)])
    table = column_of(day)
    assert (table("book_known")[99], table("book_known")[100]) == (0, 1)
    assert (table("halted")[199], table("halted")[200]) == (0, 1)
    assert table("volume_so_far")[299:301].tolist() == [0, np.float32(np.log(101))]


def column_of(day: Day):
    table = market_columns(day, per_second(day), 0.0)
    return lambda name: table[:, NAMES.index(name)]


def quiet_quotes() -> list[Q]:
    return [Q(ns(second), 4.0, 4.02) for second in range(1000)]


def falling(first: int = 0) -> list[Q]:
    prices = [4.0 - second / 1000 for second in range(900)]
    return [Q(ns(first + s) + 1, price, price + 0.02) for s, price in enumerate(prices)]


def test_a_first_price_in_the_first_second_is_a_high_of_the_day() -> None:
    since_high = column_of(make_day(falling()))("since_high")
    assert since_high[600] == pytest.approx(599 / 899, rel=1e-6)


def test_a_high_of_the_day_is_told_alike_whether_it_came_in_the_first_second_or_later() -> None:
    early = column_of(make_day(falling()))("since_high")
    late = column_of(make_day(falling(300)))("since_high")
    assert early[1:900].tolist() == late[301:1200].tolist()


def test_a_halt_announced_before_04_00_does_not_count_as_begun_today() -> None:
    day = make_day(quiet_quotes(), [stop(ns(-60)), resume(ns(300))])
    table = column_of(day)
    assert table("halted")[10] == 1
    assert table("halts_today")[10] == 0


def test_a_halt_and_a_restriction_announced_before_04_00_are_known_after_the_first_second() -> None:
    day = make_day(quiet_quotes(), [S(ns(-60), ns(-60), 8, 0)])
    day.status.is_short_sell_restricted[:] = 1
    table = column_of(day)
    assert (table("halted")[1], table("short_sale_restricted")[1]) == (1, 1)


def test_one_quote_at_the_highest_price_leaves_the_volatility_of_later_minutes_right() -> None:
    # Before the open a lone offer may stand at many times the price.
    wild = [Q(ns(100), 4.0, 100_000.0), Q(ns(101), 4.0, 4.02)]
    lively = [Q(ns(s), 4.0, 4.02) if s % 2 else Q(ns(s), 4.01, 4.03) for s in range(200, 1000)]
    found = column_of(make_day(wild + lively))("volatility_60s")
    expected = column_of(make_day(lively))("volatility_60s")
    assert found[300:1000] == pytest.approx(expected[300:1000], rel=1e-3)


def test_no_size_is_told_of_a_book_with_one_side() -> None:
    day = make_day([Q(ns(1), 4.0, 0, 300, 0)])
    assert column_of(day)("bid_size")[10] == 0


def test_a_locked_book_is_not_known() -> None:
    assert column_of(make_day([Q(ns(1), 4.0, 4.0)]))("book_known")[10] == 0


def test_the_order_flow_of_an_almost_empty_book_counts_half_shares_of_depth() -> None:
    day = make_day([Q(ns(10), 4.0, 4.02, 1, 1), Q(ns(11), 4.0, 4.02, 2, 1)])
    assert column_of(day)("order_flow_10s")[[11, 12, 20, 22]].tolist() == [0, 2, 2, 0]


def test_the_mid_stands_while_a_side_is_empty_or_the_book_is_crossed() -> None:
    rows = [Q(ns(1), 4.0, 4.02), Q(ns(10), 4.5, 0, 100, 0), Q(ns(20), 5.0, 4.9), Q(ns(30), 3, 3.02)]
    mid = price.mid_price(per_second(make_day(rows)))
    assert mid[[0, 1, 9, 10, 20, 29, 30]].tolist() == [0, 4.01, 4.01, 4.01, 4.01, 4.01, 3.01]


def test_the_last_print_is_the_mid_before_there_is_a_book() -> None:
    day = make_day([Q(ns(20), 4.0, 4.02)], trades=[P(ns(5), 3.9), P(ns(10), 3.95), P(ns(25), 9)])
    mid = price.mid_price(per_second(day))
    assert mid[[4, 5, 10, 19, 20, 30]] == pytest.approx([0, 3.9, 3.95, 3.95, 4.01, 4.01])


def test_on_a_half_day_the_regular_session_ends_at_13_00() -> None:
    day = make_day([], date=dt.date(2024, 7, 3))
    regular = column_of(day)("regular_session")
    assert np.flatnonzero(regular).tolist() == list(range(5 * 3600 + 1800, 9 * 3600))
    assert column_of(day)("to_close")[9 * 3600 :].max() == 0


def test_every_phase_is_a_code(tables) -> None:
    for day, _ in tables:
        found = phases(day)
        assert found.shape == (57_601,)
        assert found.dtype == np.int8
        assert set(found.tolist()) <= {int(phase) for phase in MomentumPhase}


def test_the_phase_is_halted_exactly_while_a_halt_is_known(tables) -> None:
    halted_seconds = 0
    for day, table in tables:
        known = table[:, NAMES.index("halted")] == 1
        halted_seconds += known.sum()
        assert np.array_equal(phases(day) == MomentumPhase.HALTED, known)
    assert halted_seconds > 300


def test_a_phase_other_than_halted_lasts_at_least_five_seconds(tables) -> None:
    for day, table in tables:
        found = phases(day)
        edges = np.flatnonzero(np.diff(found)) + 1
        lasts = np.diff(edges)
        by_halt = (table[edges, NAMES.index("halted")] > 0)[1:]
        # What a halt interrupts, or a reopening begins, may be shorter.
        after_halt = found[edges - 1][:-1] == MomentumPhase.HALTED
        assert (lasts[~by_halt & ~after_halt] >= 5).all()
