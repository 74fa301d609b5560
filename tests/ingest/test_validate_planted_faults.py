"""Each fault that a day's values can have, planted into a sound day, has its declared outcome."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from lowfloat.base.clock import NS
from lowfloat.base.codes import Mark
from lowfloat.base.records import MAYBE_BAD_BOOK, Quotes, Status, Trades, empty
from lowfloat.days import Day
from lowfloat.days.report import DayReport
from lowfloat.errors import FeedError
from lowfloat.ingest.faults import FAULTS
from lowfloat.ingest.validate import Context, validate
from lowfloat.synth import Options, synth_days

GOOD, USABLE, QUARANTINED = "good", "usable", "quarantined"


@pytest.fixture(scope="module")
def made():
    """Two days of two stocks; the second day of the first has three halts and some 7,000 prints."""
    for seed in range(11, 400):
        days = synth_days(2, seed=seed, symbols=2, options=Options(active=1.0))
        found = {(day.symbol, index % 2): day for index, (day, _) in enumerate(days)}
        day, other = found["SYNA", 1], found["SYNB", 1]
        price, apart = (np.median(each.trades.price) / 1e9 for each in (day, other))
        is_sized = 4_500 < len(day.trades.price) < 9_000 and 2 < price < 9
        if len(day.halts) == 3 and is_sized and not 0.4 < apart / price < 2.5:
            return found
    raise AssertionError("no seed has such a day")


@pytest.fixture(scope="module")
def day(made):
    """A sound day with three halts and thousands of prints."""
    found = made["SYNA", 1]
    assert validate(found).verdict == GOOD
    return found


@pytest.fixture(scope="module")
def other(made):
    """A sound day of another stock at another price, on the same date."""
    return made["SYNB", 1]


def altered(day: Day, table: str, **columns) -> Day:
    return dataclasses.replace(day, **{table: getattr(day, table)._replace(**columns)})


def put(day: Day, table: str, column: str, rows, value) -> Day:
    """Return the day with a value, or what a function makes of the old ones, in some rows."""
    values = getattr(getattr(day, table), column).copy()
    values[rows] = value(values[rows]) if isinstance(value, Callable) else value
    return altered(day, table, **{column: values})


def kept(table, keep):
    return type(table)(*(column[keep] for column in table))


def without(day: Day, begin: int, end: int) -> Day:
    """Return the day without the events of a time."""
    tables = {}
    for name in ("trades", "quotes"):
        times = getattr(day, name).ts_recv
        tables[name] = kept(getattr(day, name), (times < begin) | (times >= end))
    return dataclasses.replace(day, **tables)


def regular(day: Day, table: str) -> np.ndarray:
    """Return the rows in regular hours, halts and the minutes around them left out."""
    times = getattr(day, table).ts_recv
    inside = (times >= day.session.regular_open_ns) & (times < day.session.regular_close_ns)
    for begin, end in day.halts:
        inside &= (times < begin - 60 * NS) | (times > end + 60 * NS)
    return np.flatnonzero(inside)


def spread_out(rows: np.ndarray, count: int) -> np.ndarray:
    return rows[np.linspace(0, len(rows) - 1, count).astype(int)]


def close_followers(day: Day, table: str) -> np.ndarray:
    """Return rows in regular hours whose event is the next within half a second."""
    rows = regular(day, table)[1:]
    events = getattr(day, table).ts_event
    return rows[events[rows] - events[rows - 1] < NS // 2]


def names(report: DayReport) -> tuple[list[str], list[str]]:
    return [flag.name for flag in report.flags], [reason.name for reason in report.reasons]


def assert_flagged(report: DayReport, *expected: str) -> None:
    assert names(report) == (sorted(expected), [])
    assert report.verdict == USABLE


def assert_quarantined(report: DayReport, reason: str) -> None:
    assert reason in names(report)[1]
    assert report.verdict == QUARANTINED


# Time


def test_clocks_that_step_back_a_microsecond_are_no_fault(day) -> None:
    events = day.quotes.ts_event.copy()
    rows = close_followers(day, "quotes")[::3]
    events[rows] = events[rows - 1] - 1_000
    report = validate(altered(day, "quotes", ts_event=events))
    assert report.verdict == GOOD
    assert report.quote_clocks.backwards == 0
    assert report.quote_clocks.furthest_back_seconds > 0


def test_a_clock_that_steps_back_by_more_than_a_second_is_flagged_and_counted(day) -> None:
    rows = spread_out(close_followers(day, "trades"), 3)
    report = validate(put(day, "trades", "ts_event", rows, lambda ns: ns - 20 * NS))
    assert_flagged(report, "clock_runs_back")
    assert report.trade_clocks.backwards == 3
    assert 19.5 < report.trade_clocks.furthest_back_seconds < 20


def test_time_that_often_runs_back_by_more_than_a_second_is_quarantined(day) -> None:
    rows = spread_out(regular(day, "quotes"), 400)
    report = validate(put(day, "quotes", "ts_event", rows, lambda ns: ns - 30 * NS))
    assert_quarantined(report, "clock_runs_back")


def test_an_event_a_day_off_is_flagged_and_many_are_quarantined(day) -> None:
    rows = spread_out(regular(day, "quotes"), 1_000)
    one = validate(put(day, "quotes", "ts_event", rows[:1], lambda ns: ns - 86_400 * NS))
    assert_flagged(one, "clock_runs_back", "clocks_apart")
    assert one.quote_clocks.apart == 1
    assert_quarantined(
        validate(put(day, "quotes", "ts_event", rows, lambda ns: ns - 86_400 * NS)),
        "clocks_apart",
    )


def test_a_late_report_may_be_as_late_as_it_says(day) -> None:
    rows = spread_out(regular(day, "trades"), 300)
    late = put(day, "trades", "marks", rows, Mark.VOLUME | Mark.LATE | Mark.OFF_EXCHANGE)
    report = validate(put(late, "trades", "ts_event", rows, lambda ns: ns - 90 * NS))
    assert report.verdict == GOOD
    assert report.trade_clocks.apart == report.trade_clocks.backwards == 0
    assert report.prints.late == report.prints.off_exchange == round(300 / report.trades, 6)


def test_records_received_before_they_happened_are_flagged(day) -> None:
    rows = spread_out(regular(day, "quotes"), 2_000)
    report = validate(put(day, "quotes", "ts_event", rows, lambda ns: ns + 900_000))
    assert_flagged(report, "received_early")
    assert report.quote_clocks.negative == round(2_000 / report.quotes, 6)


@pytest.mark.parametrize("table", ["trades", "quotes"])
@pytest.mark.parametrize("step", [1_000, NS, 86_400 * NS])
def test_a_table_that_is_not_in_order_of_receipt_is_refused(day, table, step) -> None:
    times = getattr(day, table).ts_recv.copy()
    times[500] = times[499] - step
    with pytest.raises(FeedError, match=r"goes back at record 500|outside the session"):
        validate(altered(day, table, ts_recv=times))


def test_a_record_past_the_end_of_coverage_is_refused(day) -> None:
    with pytest.raises(FeedError, match="outside the session"):
        validate(dataclasses.replace(day, coverage_end_ns=int(day.quotes.ts_recv[-1])))


def test_a_span_that_is_no_span_is_refused(day) -> None:
    with pytest.raises(FeedError, match="coverage_end_ns"):
        validate(dataclasses.replace(day, coverage_end_ns=day.session.end_ns + 1))
    with pytest.raises(FeedError, match="outside the session"):
        validate(dataclasses.replace(day, coverage_end_ns=day.session.start_ns))


def test_records_of_one_time_are_counted_and_no_fault(day) -> None:
    before = validate(day).trade_clocks.same_time
    rows = regular(day, "trades")[50:90:4]
    rows = rows[day.trades.ts_recv[rows] > day.trades.ts_recv[rows - 1]]
    rows = rows[day.trades.ts_recv[rows] < day.trades.ts_recv[rows + 1]]
    times = day.trades.ts_recv.copy()
    times[rows] = times[rows - 1]
    report = validate(altered(day, "trades", ts_recv=times))
    assert report.verdict == GOOD
    assert report.trade_clocks.same_time == before + len(rows)
    assert len(rows) > 3


def test_records_that_are_still_there_twice_are_flagged_and_counted(day) -> None:
    order = np.sort(np.concatenate([np.arange(len(day.trades.price)), [10, 10, 4_000]]))
    report = validate(dataclasses.replace(day, trades=kept(day.trades, order)))
    assert_flagged(report, "repeated_records")
    assert report.prints.repeated == 3


def test_equal_prints_of_a_feed_without_numbers_are_two_prints(day) -> None:
    order = np.sort(np.concatenate([np.arange(len(day.trades.price)), [10, 10, 4_000]]))
    trades = kept(day.trades, order)._replace(sequence=np.zeros(len(order), np.uint32))
    report = validate(dataclasses.replace(day, trades=trades))
    assert (report.verdict, report.prints.repeated) == (GOOD, 0)


# Records that are missing


def test_missing_numbers_are_no_fault_because_they_count_over_all_symbols(day) -> None:
    sequence = day.quotes.sequence * np.uint32(7) + (np.arange(len(day.quotes.action)) > 900)
    report = validate(altered(day, "quotes", sequence=sequence.astype(np.uint32)))
    assert report == validate(day)


def test_a_long_silence_is_flagged_with_its_length(day) -> None:
    begin = day.session.regular_open_ns + 4 * 3600 * NS
    report = validate(without(day, begin, begin + 1_200 * NS))
    assert "long_gap" in report.flag_names
    assert 1_200 <= report.gaps.longest_seconds < 1_230
    assert begin - 30 * NS < report.gaps.longest_from_ns <= begin


def test_many_silences_of_an_active_feed_are_flagged_and_counted(day) -> None:
    holes = day
    begin = day.session.regular_open_ns + 60 * NS
    for number in range(60):
        begin_of_hole = begin + number * 330 * NS
        holes = without(holes, begin_of_hole, begin_of_hole + 61 * NS)
    report = validate(holes)
    assert "many_gaps" in report.flag_names
    assert 30 < report.gaps.active <= 60


def test_a_silence_in_a_halt_or_before_the_open_is_no_gap(day) -> None:
    begin, end = day.halts[0]
    quiet = without(day, begin + NS, end - NS)
    quiet = without(quiet, day.session.start_ns, day.session.regular_open_ns)
    report = validate(quiet)
    assert "long_gap" not in report.flag_names
    assert report.gaps.longest_seconds < 290
    assert report.parts["premarket"].first_ns is None


def test_quotes_that_stop_while_prints_go_on_are_flagged_and_then_quarantined(day) -> None:
    prints = day.trades.ts_recv[regular(day, "trades")]
    for share, outcome in ((0.6, USABLE), (0.05, QUARANTINED)):
        until = prints[int(share * len(prints))]
        cut = dataclasses.replace(day, quotes=kept(day.quotes, day.quotes.ts_recv < until))
        report = validate(cut)
        found = [f.name for f in (report.flags if outcome == USABLE else report.reasons)]
        assert "stale_quotes" in found
        assert report.prints.stale_book == pytest.approx(1 - share, abs=0.08)


def test_a_day_without_anything_is_quarantined(day) -> None:
    report = validate(dataclasses.replace(day, trades=empty(Trades), quotes=empty(Quotes)))
    assert_quarantined(report, "no_events")
    assert names(report) == (["long_gap", "no_quotes", "no_trades"], ["no_events"])


@pytest.mark.parametrize("table", ["trades", "quotes"])
def test_a_day_of_one_record_is_usable_and_says_so(day, table) -> None:
    bare = dataclasses.replace(day, trades=empty(Trades), quotes=empty(Quotes))
    rows = kept(getattr(day, table), regular(day, table)[:1])
    report = validate(dataclasses.replace(bare, **{table: rows}))
    assert report.verdict == USABLE
    assert ("no_quotes" if table == "trades" else "no_trades") in report.flag_names
    assert getattr(report, table) == 1
    part = report.parts["regular"]
    assert part.first_ns == part.last_ns == int(rows.ts_recv[0])


def test_a_day_without_quotes_or_without_status_says_so(day) -> None:
    assert_flagged(validate(dataclasses.replace(day, quotes=empty(Quotes))), "no_quotes")
    calm = without(day, day.halts[0][0] - NS, day.session.end_ns)
    calm = dataclasses.replace(calm, coverage_end_ns=day.halts[0][0] - NS, status=empty(Status))
    flags = validate(calm).flag_names
    assert "no_status" in flags
    assert "ends_early" in flags


def test_a_book_that_is_a_sample_is_flagged(day) -> None:
    few = kept(day.quotes, np.sort(spread_out(regular(day, "quotes"), 300)))
    report = validate(dataclasses.replace(day, quotes=few))
    assert "few_quotes" in [finding.name for finding in report.flags]


# Prices of the book


def crossed(day: Day, rows: np.ndarray) -> Day:
    bid, ask = day.quotes.bid_price.copy(), day.quotes.ask_price.copy()
    bid[rows], ask[rows] = ask[rows], bid[rows]
    return altered(day, "quotes", bid_price=bid, ask_price=ask)


def two_sided(day: Day, rows: np.ndarray) -> np.ndarray:
    return rows[(day.quotes.bid_price[rows] > 0) & (day.quotes.ask_price[rows] > 0)]


def test_a_few_crossed_books_are_counted_and_no_fault(day) -> None:
    rows = two_sided(day, spread_out(regular(day, "quotes"), 8))
    report = validate(crossed(day, rows))
    assert report.verdict == GOOD
    assert report.book.crossed_rows == round(len(rows) / report.book.rows, 6)


@pytest.mark.parametrize(("share", "verdict"), [(0.02, USABLE), (0.2, QUARANTINED)])
def test_a_book_that_is_often_crossed_is_flagged_and_then_quarantined(day, share, verdict) -> None:
    rows = two_sided(day, np.arange(len(day.quotes.action)))
    rows = rows[: int(share * len(rows))] if verdict == QUARANTINED else spread_out(
        rows, int(share * len(rows))
    )  # fmt: skip
    report = validate(crossed(day, rows))
    assert report.verdict == verdict
    found = report.flags if verdict == USABLE else report.reasons
    assert "crossed_often" in [finding.name for finding in found]
    assert report.book.crossed_time > 0.001


def test_a_book_crossed_in_a_halt_is_no_fault(day) -> None:
    times = day.quotes.ts_recv
    inside = np.zeros(len(times), bool)
    for begin, end in day.halts:
        inside |= (times >= begin) & (times < end - 2 * NS)
    rows = np.flatnonzero(inside)
    sound = validate(day)
    bid = day.quotes.bid_price.copy()
    ask = day.quotes.ask_price.copy()
    bid[rows], ask[rows] = 5 * NS, 4 * NS
    sizes = {name: getattr(day.quotes, name).copy() for name in ("bid_size", "ask_size")}
    for column in sizes.values():
        column[rows] = 100
    report = validate(altered(day, "quotes", bid_price=bid, ask_price=ask, **sizes))
    assert report.verdict == GOOD
    assert report.book.crossed_rows == sound.book.crossed_rows


def test_a_book_that_is_often_locked_is_flagged_and_then_quarantined(day) -> None:
    rows = two_sided(day, np.arange(len(day.quotes.action)))
    for part, outcome in ((20, USABLE), (1, QUARANTINED)):
        some = rows[::part]
        report = validate(put(day, "quotes", "ask_price", some, day.quotes.bid_price[some]))
        found = report.flags if outcome == USABLE else report.reasons
        assert "locked_often" in [finding.name for finding in found]
        assert report.verdict == outcome


def test_a_book_of_one_side_is_flagged(day) -> None:
    rows = regular(day, "quotes")[::4]
    one = put(put(day, "quotes", "ask_price", rows, 0), "quotes", "ask_size", rows, 0)
    report = validate(one)
    assert_flagged(report, "book_missing", "one_sided")
    assert 0.1 < report.parts["regular"].one_sided < 0.5


def test_a_book_that_the_feed_doubts_is_flagged_and_then_quarantined(day) -> None:
    for share, outcome in ((0.002, USABLE), (0.12, QUARANTINED)):
        count = round(share * len(day.quotes.action))
        rows = spread_out(np.arange(len(day.quotes.action)), count)
        report = validate(put(day, "quotes", "flags", rows, MAYBE_BAD_BOOK))
        found = report.flags if outcome == USABLE else report.reasons
        assert "bad_book" in [finding.name for finding in found]
        assert report.book.bad_book_rows == round(count / report.quotes, 6)


def test_spreads_beyond_sense_are_counted_and_many_flagged(day) -> None:
    rows = two_sided(day, spread_out(regular(day, "quotes"), 900))
    report = validate(put(day, "quotes", "ask_price", rows, 199_990_000_000))
    assert_flagged(report, "absurd_spreads")
    assert report.book.absurd_spreads == len(rows)


def test_quotes_off_the_grid_are_counted_flagged_and_when_most_are_quarantined(day) -> None:
    rows = two_sided(day, spread_out(regular(day, "quotes"), 100))
    report = validate(put(day, "quotes", "bid_price", rows, lambda p: p - 3_300_000))
    assert_flagged(report, "off_grid")
    assert report.book.off_grid == len(rows)
    rows = two_sided(day, np.arange(len(day.quotes.action)))
    assert_quarantined(
        validate(put(day, "quotes", "bid_price", rows, lambda p: p - 3_300_000)), "off_grid"
    )


def test_below_a_dollar_the_grid_is_a_hundredth_of_a_cent() -> None:
    ((day, _),) = synth_days(1, seed=7)
    rows = spread_out(regular(day, "quotes"), 400)
    cheap = day
    for side, price in (("bid_price", 512_300_000), ("ask_price", 512_400_000)):
        cheap = put(cheap, "quotes", side, rows, price)
    for side in ("bid_size", "ask_size"):
        cheap = put(cheap, "quotes", side, rows, 100)
    assert validate(cheap).book.off_grid == 0


# Prices and sizes that cannot be


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("trades", "price", 0), ("trades", "price", -NS), ("trades", "size", 0),
        ("trades", "size", -100), ("quotes", "bid_price", -1), ("quotes", "bid_price", 0),
        ("quotes", "ask_size", 0), ("quotes", "ask_size", -1),
    ],
)  # fmt: skip
def test_a_price_or_size_of_nothing_or_less_is_refused_with_its_row(
    day, table, column, value
) -> None:
    row = regular(day, table)[70]
    with pytest.raises(FeedError, match=rf"{table[:-1]} {row} has"):
        validate(put(day, table, column, row, value))


@pytest.mark.parametrize("value", [2**63 - 1, 10**14 + 100_000])
@pytest.mark.parametrize(
    ("table", "column"), [("trades", "price"), ("quotes", "bid_price"), ("quotes", "ask_price")]
)
def test_an_undefined_or_unbounded_price_that_was_let_through_is_quarantined(
    day, table, column, value
) -> None:
    rows = spread_out(regular(day, table), 2)
    report = validate(put(day, table, column, rows, value))
    assert_quarantined(report, "beyond_bound")
    assert report.prints.beyond_bound + report.book.beyond_bound == 2


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1.5])
def test_a_column_of_floats_is_refused(day, value) -> None:
    prices = day.trades.price.astype(np.float64)
    prices[3] = value
    with pytest.raises(FeedError, match=r"`trades.price` holds \d+ of float64; use \d+ of int64"):
        validate(altered(day, "trades", price=prices))


def test_columns_of_unequal_length_are_refused(day) -> None:
    with pytest.raises(FeedError, match=r"`quotes.ask_size` holds"):
        validate(altered(day, "quotes", ask_size=day.quotes.ask_size[:-1]))


@pytest.mark.parametrize("table", ["trades", "quotes"])
def test_the_largest_size_is_flagged_and_many_are_quarantined(day, table) -> None:
    column = "size" if table == "trades" else "bid_size"
    rows = regular(day, table)
    rows = rows[getattr(getattr(day, table), column)[rows] > 0]
    report = validate(put(day, table, column, spread_out(rows, 2), 2**31 - 1))
    assert_flagged(report, "huge_sizes")
    assert report.prints.huge_sizes + report.book.huge_sizes == 2
    assert_quarantined(validate(put(day, table, column, rows[::3], 2**31 - 1)), "huge_sizes")


# Prints


def test_an_erroneous_print_is_flagged_and_counted(day) -> None:
    rows = spread_out(regular(day, "trades")[50:-50], 5)
    up = put(day, "trades", "price", rows[:3], lambda p: p * 13 // 10)
    down = put(up, "trades", "price", rows[3:], lambda p: p * 7 // 10)
    report = validate(put(down, "trades", "side", rows, 0))
    assert "outliers_present" in report.flag_names
    assert report.prints.outliers == 5
    assert report.verdict == USABLE


def test_erroneous_prints_without_any_quotes_are_found_by_their_neighbours(day) -> None:
    bare = dataclasses.replace(day, quotes=empty(Quotes))
    rows = spread_out(regular(bare, "trades")[50:-50], 5)
    report = validate(put(bare, "trades", "price", rows, lambda p: p * 13 // 10))
    assert report.prints.outliers == 5
    assert_flagged(report, "no_quotes", "outliers_present")


def test_many_erroneous_prints_are_quarantined(day) -> None:
    rows = regular(day, "trades")[::40]
    report = validate(put(day, "trades", "price", rows, lambda p: p * 13 // 10))
    assert_quarantined(report, "outliers_present")


def test_a_price_that_does_not_come_back_is_no_erroneous_print(day) -> None:
    row = regular(day, "trades")[300]
    moved = put(day, "trades", "price", slice(row, None), lambda p: p * 5 // 4)
    moved = dataclasses.replace(moved, quotes=empty(Quotes))
    report = validate(moved)
    assert report.prints.outliers == report.prints.breaks == 0


def test_another_stock_under_the_same_symbol_from_noon_on_is_quarantined(day, other) -> None:
    noon = day.session.regular_open_ns + 9_000 * NS
    joined = {}
    for name in ("trades", "quotes"):
        one, two = getattr(day, name), getattr(other, name)
        first, second = kept(one, one.ts_recv < noon), kept(two, two.ts_recv >= noon)
        joined[name] = type(one)(
            *(np.concatenate(pair) for pair in zip(first, second, strict=True))
        )
    before = joined["trades"].price[joined["trades"].ts_recv < noon][-1]
    after = joined["trades"].price[joined["trades"].ts_recv >= noon][0]
    assert not 0.6 < after / before < 1.6
    report = validate(dataclasses.replace(day, **joined))
    assert_quarantined(report, "price_breaks")
    assert report.prints.breaks == 1


def test_a_jump_over_a_halt_is_no_break(day) -> None:
    end = day.halts[0][1]
    moved = day
    for table, columns in (("trades", ["price"]), ("quotes", ["bid_price", "ask_price"])):
        rows = np.flatnonzero(getattr(day, table).ts_recv >= end)
        for column in columns:
            moved = put(moved, table, column, rows, lambda p: p * 2)
    assert validate(moved).prints.breaks == 0


def test_quotes_of_another_stock_are_quarantined(day, other) -> None:
    assert_quarantined(validate(dataclasses.replace(day, quotes=other.quotes)), "prints_off_book")


def test_trades_of_another_day_are_quarantined(day, made) -> None:
    yesterday = made["SYNA", 0]
    shift = day.session.start_ns - yesterday.session.start_ns
    trades = yesterday.trades._replace(
        ts_event=yesterday.trades.ts_event + shift, ts_recv=yesterday.trades.ts_recv + shift
    )
    report = validate(dataclasses.replace(day, trades=trades))
    assert report.verdict == QUARANTINED
    assert {"prints_off_book", "wrong_side"} & set(names(report)[1])


def test_quotes_an_hour_off_are_quarantined(day) -> None:
    late = day.quotes.ts_recv + 3600 * NS
    keep = late < day.session.end_ns
    quotes = kept(day.quotes._replace(ts_recv=late, ts_event=day.quotes.ts_event + 3600 * NS), keep)
    assert_quarantined(validate(dataclasses.replace(day, quotes=quotes)), "wrong_side")


@pytest.mark.parametrize("factor", [10, 100, 10_000])
@pytest.mark.parametrize("table", ["trades", "quotes"])
@pytest.mark.parametrize("up", [True, False])
def test_prices_of_another_unit_are_quarantined(day, factor, table, up) -> None:
    scaled = day
    for column in ["price"] if table == "trades" else ["bid_price", "ask_price"]:
        scaled = put(
            scaled, table, column, slice(None), lambda p: p * factor if up else p // factor
        )
    assert_quarantined(validate(scaled), "price_scale")


def test_prices_in_whole_dollars_taken_for_nanodollars_are_quarantined(day) -> None:
    dollars = np.maximum(day.trades.price // NS, 1)
    assert_quarantined(validate(altered(day, "trades", price=dollars)), "price_scale")
    wide = day.trades.price * 10**8
    assert_quarantined(validate(altered(day, "trades", price=wide)), "beyond_bound")


def with_sizes(day: Day, table: str, scale: Callable) -> Day:
    """Return the day with all sizes of a table scaled, those above 0 to 1 at least."""
    for column in ["size"] if table == "trades" else ["bid_size", "ask_size"]:
        old = getattr(getattr(day, table), column).astype(np.int64)
        new = np.where(old > 0, np.maximum(scale(old), 1), 0)
        day = altered(day, table, **{column: new.astype(np.int32)})
    return day


@pytest.mark.parametrize(
    ("table", "scale"), [("trades", lambda size: size * 100), ("quotes", lambda size: size // 100)]
)
def test_prints_a_hundred_times_too_large_for_the_book_are_quarantined(day, table, scale) -> None:
    assert_quarantined(validate(with_sizes(day, table, scale)), "size_scale")


@pytest.mark.parametrize(
    ("table", "scale"), [("trades", lambda size: size // 100), ("quotes", lambda size: size * 100)]
)
def test_prints_a_hundred_times_too_small_for_the_book_are_flagged(day, table, scale) -> None:
    report = validate(with_sizes(day, table, scale))
    assert_flagged(report, "sizes_small")
    assert 0.0005 < report.prints.size_to_displayed < 0.02


def test_prints_that_vanish_before_the_book_are_quarantined(day) -> None:
    deep = with_sizes(day, "quotes", lambda size: size * 9_000)
    assert_quarantined(validate(deep), "size_scale")


def test_prints_in_a_halt_are_flagged_and_more_than_a_few_quarantined(day) -> None:
    begin, end = day.halts[1]
    for count, outcome in ((3, USABLE), (12, QUARANTINED)):
        times = np.linspace(begin + 5 * NS, end - 5 * NS, count).astype(np.int64)
        at = int(np.searchsorted(day.trades.ts_recv, begin + 5 * NS))
        columns = {name: np.insert(column, at, [column[at - 1]] * count)
                   for name, column in day.trades._asdict().items()}  # fmt: skip
        columns["ts_recv"][at : at + count] = times
        columns["ts_event"][at : at + count] = times - 30_000
        report = validate(dataclasses.replace(day, trades=Trades(**columns)))
        assert report.halts.prints_inside == count
        assert names(report)[0 if outcome == USABLE else 1] == ["prints_in_halts"]
        assert report.verdict == outcome


def test_prints_at_the_edges_of_a_halt_are_no_fault(day) -> None:
    begin, end = day.halts[1]
    at = int(np.searchsorted(day.trades.ts_recv, begin))
    times = np.array([begin + NS // 2, end - NS // 2])
    columns = {name: np.insert(column, at, [column[at - 1]] * 2)
               for name, column in day.trades._asdict().items()}  # fmt: skip
    columns["ts_recv"][at : at + 2] = columns["ts_event"][at : at + 2] = times
    report = validate(dataclasses.replace(day, trades=Trades(**columns)))
    assert (report.verdict, report.halts.prints_inside) == (GOOD, 0)


def test_sides_that_are_turned_around_are_quarantined(day) -> None:
    report = validate(altered(day, "trades", side=-day.trades.side))
    assert_quarantined(report, "wrong_side")
    assert report.prints.wrong_side > 0.5


def test_prints_without_a_side_are_flagged(day) -> None:
    nobody = np.zeros_like(day.trades.side)
    report = validate(altered(day, "trades", side=nobody, confidence=nobody.astype(np.uint8)))
    assert_flagged(report, "mostly_unsigned")
    assert report.prints.by_confidence == {"0": 1.0}


def test_a_book_made_of_the_prints_proves_nothing_about_them(day) -> None:
    turned = altered(day, "trades", side=-day.trades.side)
    rebuilt = dataclasses.replace(turned, flags=("quotes_rebuilt",))
    assert_flagged(validate(rebuilt), "quotes_rebuilt")


# What ingest counted, and what else is known


REPAIRS = ["undefined_price", "bad_price", "zero_size", "bad_size", "bad_time", "crossed_own"]


@pytest.mark.parametrize("fault", REPAIRS)
def test_records_with_impossible_values_are_counted_flagged_and_then_quarantined(
    day, fault
) -> None:
    events = len(day.trades.price) + len(day.quotes.action)
    few, some, many = 3, events // 100, events // 10
    assert validate(day, {fault: few}).verdict == GOOD
    flagged = validate(day, {fault: some})
    assert_flagged(flagged, "records_repaired")
    assert flagged.repaired == round(some / (events + some), 6)
    assert_quarantined(validate(day, {fault: many}), "records_repaired")
    assert [validate(day, {fault: n}).faults for n in (few, 0)] == [{fault: few}, {}]


def test_records_moved_into_order_are_flagged_and_most_of_a_file_is_quarantined(day) -> None:
    events = len(day.trades.price) + len(day.quotes.action)
    assert validate(day, {"out_of_order": 2}).verdict == GOOD
    assert_flagged(validate(day, {"out_of_order": events // 100}), "out_of_order")
    assert_quarantined(validate(day, {"out_of_order": events // 3}), "out_of_order")


def test_duplicates_that_were_dropped_are_flagged_and_harmless(day) -> None:
    assert validate(day, {"duplicate": 2}).verdict == GOOD
    events = len(day.trades.price) + len(day.quotes.action)
    report = validate(day, {"duplicate": events})
    assert_flagged(report, "duplicates_dropped")
    assert report.faults == {"duplicate": events}


def test_what_every_feed_holds_is_counted_and_no_fault(day) -> None:
    usual = sorted(set(FAULTS) - {*REPAIRS, "out_of_order", "duplicate"})
    report = validate(day, dict.fromkeys(usual, 10_000))
    assert report.verdict == GOOD
    assert report.faults == dict.fromkeys(usual, 10_000)


def test_flags_of_the_source_are_kept(day) -> None:
    report = validate(dataclasses.replace(day, flags=("unhashed_source", "degraded")))
    assert_flagged(report, "degraded", "unhashed_source")


def test_halts_are_told_apart_by_where_they_come_from(day) -> None:
    assert validate(day).halts.told == 3
    listed = validate(dataclasses.replace(day, flags=("halts_listed",)))
    assert (listed.halts.told, listed.halts.listed, listed.halts.inferred) == (0, 3, 0)
    pauses = np.flatnonzero(day.status.action == 9)
    guessed = validate(put(day, "status", "confidence", pauses[1:], 70))
    assert_flagged(guessed, "halts_inferred")
    assert (guessed.halts.told, guessed.halts.inferred) == (1, 2)
    assert guessed.halts.seconds == pytest.approx(sum(e - b for b, e in day.halts) / NS, abs=0.01)


def test_a_volume_unlike_the_bars_is_flagged_and_a_hundred_times_off_quarantined(day) -> None:
    volume = int(day.trades.size.sum())
    assert validate(day, context=Context(bars_volume=volume)).verdict == GOOD
    report = validate(day, context=Context(bars_volume=volume * 11 // 10))
    assert_flagged(report, "volume_differs")
    assert report.volume_to_bars == pytest.approx(10 / 11, abs=1e-4)
    for wrong in (volume * 100, volume // 100):
        assert_quarantined(validate(day, context=Context(bars_volume=wrong)), "volume_differs")


def test_an_open_far_from_the_previous_close_is_suspected_to_be_a_split(day) -> None:
    first = int(day.trades.price[0])
    assert validate(day, context=Context(previous_close=first * 10 // 13)).verdict == GOOD
    for close in (first * 3, first // 10):
        report = validate(day, context=Context(previous_close=close))
        assert_flagged(report, "split_suspected")
        assert report.open_to_previous_close == pytest.approx(first / close, rel=1e-6)


def test_a_print_that_counts_for_no_volume_adds_none(day) -> None:
    rows = spread_out(regular(day, "trades"), 50)
    report = validate(put(day, "trades", "marks", rows, Mark.OFFICIAL_CLOSE))
    assert report.volume == validate(day).volume - int(day.trades.size[rows].sum())
