"""The tape's columns say what their sentences say, at any second, from the past only."""

import datetime as dt
import random
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from reference.market_columns import TapeReader
from reference.tapes import (
    OPEN,
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
from tape.told import told, told_of

from lowfloat.base.codes import Mark, MomentumPhase
from lowfloat.days import Day
from lowfloat.days.baseline import Baseline
from lowfloat.tape import columns, price, stock, time_of_day
from lowfloat.tape.column import Tape
from lowfloat.tape.columns import COLUMNS, NAMES, MarketTable, market_table
from lowfloat.tape.phase import phases

SECOND = 10**9
REAL_DATES = ("2025-03-10", "2025-03-25")
KNOWN_IN_ADVANCE = len(time_of_day.COLUMNS) + len(stock.COLUMNS)


def well_known(day: Day, dollars: float) -> Baseline:
    """Return a baseline with something in every field; nothing traded in its first minutes."""
    curve = np.maximum(np.arange(960) - 5, 0) ** 2
    return Baseline(
        day.symbol,
        day.date,
        previous_close=round(dollars * 10**9),
        average_volume=1_234_567,
        cumulative_volume=curve,
        cumulative_sessions=7,
        float_shares=3_000_000,
    )


def seconds_to_look_at(day: Day, count: int = 120) -> list[int]:
    """Return decision seconds: the ends, busy and quiet ones, those about halts, any."""
    rng = random.Random(day.name)
    start = day.session.start_ns
    found = {0, 1, 2, 3, 30, 59, 60, 61, 120, 1259, 1260, 1261, 57_599, 57_600}
    found |= {OPEN - 1, OPEN, OPEN + 1, OPEN + 2, OPEN + 60, 43_199, 43_200, 43_201}
    edges = [(edge - start) // SECOND for halt in day.halts for edge in halt]
    found |= {edge + after for edge in edges[:12] for after in (0, 1, 2, 60, 61, 62)}
    received = np.concatenate([day.trades.ts_recv, day.quotes.ts_recv]).tolist()
    busy = [(ts - start) // SECOND for ts in rng.sample(received, min(60, len(received)))]
    found |= {second + rng.choice([0, 1, 1, 2, 5, 10, 60]) for second in busy}
    while len(found) < count:
        found.add(rng.randrange(57_601))
    return sorted(second for second in found if second <= 57_600)


def disagreements(day: Day, baseline: Baseline | None, seconds: Iterable[int] = ()) -> list[tuple]:
    """Return ``(second, column, found, expected)`` wherever the table is not the reference."""
    table = market_table(Tape(day, baseline))
    reader = TapeReader(day, baseline)
    wrong = []
    for second in seconds or seconds_to_look_at(day):
        expected = reader.at(second)
        assert tuple(expected) == NAMES
        for i, column in enumerate(COLUMNS):
            found, known = float(table.values[second, i]), bool(table.known[second, i])
            value = expected[column.name]
            if value is None:
                is_right = not known and found == np.float32(column.missing)
            else:
                within = min(max(value, column.low), column.high)
                is_right = known and agrees(column.unit, found, within)
            if not is_right:
                wrong.append((second, column.name, found if known else None, value))
    return wrong


def agrees(unit: str, found: float, expected: float) -> bool:
    if unit in ("flag", "sign"):
        return found == expected
    if unit in ("log count", "log shares"):
        # float32 tells counts up to some millions apart; both must be the same whole number.
        near = abs(found - expected) <= 1e-6 * max(1.0, abs(expected))
        count = round(np.expm1(abs(expected)))
        is_whole = abs(np.expm1(abs(expected)) - count) < 1e-6
        return near and (abs(expected) > 13 or not is_whole or round(np.expm1(abs(found))) == count)
    # A sum over a window is the difference of two sums over the day: an error of the ulp of the
    # day's sum is left, and the root of it where the window itself is still. float32 keeps 6e-8.
    return abs(found - expected) <= 2e-7 * abs(expected) + 1e-6


@pytest.mark.parametrize("number", range(2))
def test_the_columns_of_a_synthetic_day_equal_the_reference(number: int) -> None:
    day = synthetic_days()[number]
    assert disagreements(day, well_known(day, 2.5 + 2 * number)) == []


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_columns_of_a_nasty_day_equal_the_reference(seed: int) -> None:
    day = nasty_day(seed)
    assert disagreements(day, well_known(day, 1.0) if seed else None) == []


@pytest.mark.parametrize("date", REAL_DATES)
def test_the_columns_of_a_real_day_equal_the_reference(date: str, tmp_path) -> None:
    (day,) = real_days(tmp_path, date, date)
    assert disagreements(day, well_known(day, 5.5)) == []


@pytest.fixture(scope="module")
def tables() -> list[tuple[Day, MarketTable]]:
    days = [*synthetic_days()[:2], *(nasty_day(seed) for seed in range(6))]
    return [(day, market_table(Tape(day, well_known(day, 2.5)))) for day in days]


def test_no_two_columns_share_a_name() -> None:
    assert len(set(NAMES)) == len(NAMES) == len(COLUMNS)


def test_every_column_has_a_unit_a_sentence_and_bounds() -> None:
    for column in COLUMNS:
        assert column.unit
        assert column.meaning
        assert column.low <= column.missing <= column.high
        assert column.low < column.high
        assert column.look_back_seconds >= 0


def test_the_registry_lists_the_columns_of_its_files_in_their_order() -> None:
    assert tuple(c.name for file in columns.FILES for c in file.COLUMNS) == NAMES


def test_every_column_has_a_value_per_second_or_per_decision_and_no_infinite_one() -> None:
    tape = Tape(synthetic_days()[0])
    for column in COLUMNS:
        found = column.values(tape)
        in_advance = column in time_of_day.COLUMNS + stock.COLUMNS
        assert found.shape == (57_601 if in_advance else 57_600,), column.name
        assert not np.isinf(found).any(), column.name


def test_every_value_is_finite_and_within_the_bounds_of_its_column(tables) -> None:
    for _, table in tables:
        assert table.values.shape == table.known.shape == (57_601, len(COLUMNS))
        assert table.values.dtype == np.float32
        assert table.known.dtype == bool
        assert np.isfinite(table.values).all()
        for i, column in enumerate(COLUMNS):
            assert table.values[:, i].min() >= np.float32(column.low), column.name
            assert table.values[:, i].max() <= np.float32(column.high), column.name


def test_what_is_not_known_shows_what_stands_for_it(tables) -> None:
    for _, table in tables:
        for i, column in enumerate(COLUMNS):
            masked = table.values[~table.known[:, i], i]
            assert (masked == np.float32(column.missing)).all(), column.name


def test_the_first_decision_knows_the_clock_and_the_stock_only(tables) -> None:
    for _, table in tables:
        assert not table.known[0, :-KNOWN_IN_ADVANCE].any()
        assert table.known[:, -KNOWN_IN_ADVANCE:].all()


def test_an_empty_day_has_an_empty_tape_at_every_second() -> None:
    table = market_table(Tape(make_day([])))
    assert (table.values[:, :-KNOWN_IN_ADVANCE] == table.values[0, :-KNOWN_IN_ADVANCE]).all()
    first = dict(zip(NAMES, table.values[0].tolist(), strict=True))
    assert {name: value for name, value in first.items() if value} == {
        "range_contraction": 1.0, "since_high": 1.0, "since_low": 1.0, "since_break": 1.0,
        "place_in_range": 0.5,
        "rising_volume_share": 0.5, "pullback_volume": 0.5, "buy_pressure_10s": 0.5,
        "buy_pressure_60s": 0.5, "buy_pressure_300s": 0.5, "since_halt": 1.0, "premarket": 1.0,
        "to_open": pytest.approx(11 / 12), "to_close": pytest.approx(12 / 12.5),
    }  # fmt: skip


@pytest.mark.parametrize("cut", [1, 20_000, 25_000, 57_000])
def test_what_is_received_from_a_decision_on_changes_nothing_before_it(cut: int, tables) -> None:
    for day, table in tables[1:]:
        known = until(day, cut)
        cut_table = market_table(Tape(known, well_known(day, 2.5)))
        for was, now in zip(table, cut_table, strict=True):
            assert np.array_equal(was[: cut + 1], now[: cut + 1])
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
    assert told("book_known", day)[100:102].tolist() == [0, 1]
    assert told("halted", day)[200:202].tolist() == [0, 1]
    assert told("volume_so_far", day)[300:302].tolist() == [0, np.float32(np.log(101))]


def test_a_record_received_a_nanosecond_before_the_decision_is_known() -> None:
    day = make_day([Q(ns(100) - 1, 4.0, 4.02)], [stop(ns(200) - 1)], [P(ns(300) - 1, 4.0)])
    assert told("book_known", day)[99:101].tolist() == [0, 1]
    assert told("halted", day)[199:201].tolist() == [0, 1]
    assert told("volume_so_far", day)[299:301].tolist() == [0, np.float32(np.log(101))]


def falling(first: int = 0) -> list[Q]:
    prices = [4.0 - second / 1000 for second in range(900)]
    return [Q(ns(first + s) + 1, price, price + 0.02) for s, price in enumerate(prices)]


def test_a_first_price_in_the_first_second_is_a_high_of_the_day() -> None:
    assert told_of("since_high", falling())[600] == pytest.approx(599 / 899, rel=1e-6)


def test_a_high_of_the_day_is_told_alike_whether_it_came_in_the_first_second_or_later() -> None:
    early, late = told_of("since_high", falling()), told_of("since_high", falling(300))
    assert early[1:900].tolist() == late[301:1200].tolist()


def test_one_quote_at_the_highest_price_leaves_the_volatility_of_later_minutes_right() -> None:
    # Before the open a lone offer may stand at many times the price.
    wild = [Q(ns(100), 4.0, 100_000.0), Q(ns(101), 4.0, 4.02)]
    lively = [Q(ns(s), 4.0, 4.02) if s % 2 else Q(ns(s), 4.01, 4.03) for s in range(200, 1000)]
    found = told_of("volatility_60s", wild + lively)
    expected = told_of("volatility_60s", lively)
    assert found[300:1000] == pytest.approx(expected[300:1000], rel=1e-3)


def test_no_size_is_told_of_a_book_with_one_side() -> None:
    assert np.isnan(told_of("bid_size", [Q(ns(1), 4.0, 0, 300, 0)])[10])


def test_a_locked_book_is_not_known() -> None:
    assert told_of("book_known", [Q(ns(1), 4.0, 4.0)])[10] == 0


def test_the_order_flow_of_an_almost_empty_book_counts_against_its_few_shares() -> None:
    found = told_of("order_flow_10s", [Q(ns(10), 4.0, 4.02, 1, 1), Q(ns(11), 4.0, 4.02, 2, 1)])
    assert np.isnan(found[10])
    assert found[[11, 12, 20, 22]] == pytest.approx([0, 1, 1, 0], rel=0.02)


def test_the_mid_stands_while_a_side_is_empty_or_the_book_is_crossed() -> None:
    rows = [Q(ns(1), 4.0, 4.02), Q(ns(10), 4.5, 0, 100, 0), Q(ns(20), 5.0, 4.9), Q(ns(30), 3, 3.02)]
    mid = price.mid_price(Tape(make_day(rows)))
    assert np.isnan(mid[0])
    assert mid[[1, 9, 10, 20, 29, 30]].tolist() == [4.01, 4.01, 4.01, 4.01, 4.01, 3.01]


def test_the_last_print_is_the_mid_before_there_is_a_book() -> None:
    day = make_day([Q(ns(20), 4.0, 4.02)], trades=[P(ns(5), 3.9), P(ns(10), 3.95), P(ns(25), 9)])
    mid = price.mid_price(Tape(day))
    assert np.isnan(mid[4])
    assert mid[[5, 10, 19, 20, 30]] == pytest.approx([3.9, 3.95, 3.95, 4.01, 4.01])


def test_on_a_half_day_the_regular_session_ends_at_13_00() -> None:
    day = make_day([], date=dt.date(2024, 7, 3))
    regular = told("regular_session", day)
    assert np.flatnonzero(regular).tolist() == list(range(OPEN, 9 * 3600))
    assert told("to_close", day)[9 * 3600 :].max() == 0
    assert np.array_equal(told("after_hours", day)[OPEN:], 1 - regular[OPEN:])


def test_a_day_that_ends_early_keeps_its_last_price_to_the_end() -> None:
    day = make_day([Q(ns(100), 4.0, 4.02)], end_second=200)
    assert told("spread", day)[57_600] == pytest.approx(0.02 / 4.01)
    assert told("return_60s", day)[57_600] == 0


@pytest.mark.parametrize(
    ("bid", "ask", "ticks"), [(0.9998, 1.0, 2), (1.0, 1.02, 2), (1.0, 1.5, 50)]
)
def test_a_tick_is_a_cent_from_a_dollar_on(bid: float, ask: float, ticks: int) -> None:
    assert told_of("spread_ticks", [Q(ns(1), bid, ask)])[10] == pytest.approx(np.log(ticks))


def test_sizes_and_prices_at_their_limits_are_counted_without_overflow() -> None:
    most = 2**31 - 1
    quotes = [Q(ns(OPEN + s), 99_999.0, 100_000.0 - s % 7, most, most) for s in range(100)]
    trades = [P(ns(OPEN + s // 9), 100_000.0, most, 1 - 2 * (s // 300)) for s in range(600)]
    day = make_day(quotes, trades=trades)
    seconds = range(OPEN, OPEN + 120, 7)
    assert disagreements(day, well_known(day, 99_000.0), seconds) == []


def test_a_cross_does_not_make_prints_look_large() -> None:
    cross = P(ns(OPEN), 4.0, 1_000_000, 0, int(Mark.ORDINARY & ~Mark.TAPE | Mark.AUCTION))
    prints = [cross, *(P(ns(OPEN + s), 4.0, 100) for s in range(1, 10))]
    assert told_of("print_size_60s", [], prints)[OPEN + 10] == pytest.approx(np.log(101))
    assert told_of("volume_60s", [], prints)[OPEN + 10] == pytest.approx(np.log(1_000_901))


def test_every_phase_is_a_code(tables) -> None:
    for day, _ in tables:
        found = phases(day)
        assert found.shape == (57_601,)
        assert found.dtype == np.int8
        assert set(found.tolist()) <= {int(phase) for phase in MomentumPhase}


def test_the_phase_is_halted_exactly_while_a_halt_is_known(tables) -> None:
    halted_seconds = 0
    for day, table in tables:
        known = table.values[:, NAMES.index("halted")] == 1
        halted_seconds += known.sum()
        assert np.array_equal(phases(day) == MomentumPhase.HALTED, known)
    assert halted_seconds > 300


def quiet_quotes() -> list[Q]:
    return [Q(ns(second), 4.0, 4.02) for second in range(1000)]


def test_a_halt_announced_before_04_00_is_no_halt_begun_today() -> None:
    day = make_day(quiet_quotes(), [stop(ns(-60)), resume(ns(300))])
    assert told("halted", day)[10] == 1
    assert told("halts_today", day)[10] == 0


def test_a_halt_from_before_04_00_lasts_since_04_00() -> None:
    day = make_day(quiet_quotes(), [stop(ns(-60)), resume(ns(300))])
    in_halt = told("in_halt", day)
    assert in_halt[[1, 101, 301]] == pytest.approx([0, 100 / 400, 0])


def test_a_halt_and_a_restriction_announced_before_04_00_are_known_after_the_first_second() -> None:
    day = make_day(quiet_quotes(), [S(ns(-60), ns(-60), 8, 0)])
    day.status.is_short_sell_restricted[:] = 1
    assert (told("halted", day)[1], told("short_sale_restricted", day)[1]) == (1, 1)


def test_a_halt_is_counted_and_timed_and_its_direction_kept() -> None:
    rising = [Q(ns(s), 4.0 + s / 1000, 4.02 + s / 1000) for s in range(200)]
    day = make_day(rising, [stop(ns(200.5)), resume(ns(500.5))])
    assert told("halts_today", day)[[200, 201, 600]] == pytest.approx([0, np.log(2), np.log(2)])
    assert told("in_halt", day)[[200, 201, 300, 500, 501]] == pytest.approx(
        [0, 0, 99 / 399, 299 / 599, 0]
    )
    assert told("since_halt", day)[[201, 500, 501, 800]] == pytest.approx([0, 0, 1 / 301, 0.5])
    direction = told("halt_direction", day)
    assert np.isnan(direction[200])
    assert direction[[201, 5000]].tolist() == [1, 1]
