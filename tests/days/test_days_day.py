"""A day: what is a halt and what is not, and which records are refused."""

import datetime as dt
from dataclasses import replace

import pytest
from reference.tapes import NS, P, Q, S, make_day, ns, resume, stop

from lowfloat.days import Day
from lowfloat.errors import BadSymbol, FeedError

HALF_DAY = dt.date(2024, 7, 3)


def halts(*status: S, date: dt.date = dt.date(2025, 3, 4)) -> list[tuple[float, float]]:
    """Return the halts in seconds after 04:00."""
    day = make_day([], status, date=date)
    start = day.session.start_ns
    return [((begin - start) / NS, (end - start) / NS) for begin, end in day.halts]


def test_a_pause_lasts_until_trading_resumes() -> None:
    assert halts(stop(ns(1000)), resume(ns(1300))) == [(1000, 1300)]


def test_a_halt_lies_between_the_wider_of_the_two_clocks() -> None:
    late = halts(stop(ns(1000), ns(1002)), resume(ns(1300), ns(1301)))
    early = halts(stop(ns(1000), ns(999)), resume(ns(1300), ns(1299)))
    assert late == [(1000, 1301)]
    assert early == [(999, 1300)]


@pytest.mark.parametrize("action", [7, 14])
def test_a_market_that_is_still_closed_is_not_halted(action: int) -> None:
    assert halts(S(ns(-3261), ns(-3261), action, 0), S(ns(0), ns(0), 1, 1)) == []


@pytest.mark.parametrize("action", [7, 14])
def test_a_market_that_never_says_it_opened_is_not_halted(action: int) -> None:
    assert halts(S(ns(-3261), ns(-3261), action, 0)) == []


@pytest.mark.parametrize("action", [2, 3, 8, 9, 10])
def test_any_other_record_that_says_no_trading_is_a_halt(action: int) -> None:
    assert halts(S(ns(1000), ns(1000), action, 0), resume(ns(1300))) == [(1000, 1300)]


def test_a_halt_that_is_never_resumed_lasts_to_the_end_of_the_session() -> None:
    assert halts(stop(ns(50_000))) == [(50_000, 57_600)]
    assert halts(stop(ns(40_000)), date=HALF_DAY) == [(40_000, 46_800)]


def test_a_halt_begun_the_evening_before_is_one_from_04_00_on() -> None:
    assert halts(S(ns(-7200), ns(-7200), 8, 0), resume(ns(3600))) == [(0, 3600)]


def test_a_halt_begun_the_evening_before_and_never_resumed_fills_the_session() -> None:
    assert halts(S(ns(-7200), ns(-7200), 8, 0)) == [(0, 57_600)]


def test_a_halt_over_before_04_00_is_none_of_the_session() -> None:
    assert halts(S(ns(-7200), ns(-7200), 8, 0), resume(ns(-10))) == []
    assert halts(S(ns(-7200), ns(-7200), 8, 0), resume(ns(0))) == []


def test_a_stop_said_twice_is_one_halt() -> None:
    assert halts(stop(ns(1000)), stop(ns(1100)), resume(ns(1300))) == [(1000, 1300)]


def test_a_resumption_said_twice_ends_one_halt() -> None:
    assert halts(stop(ns(1000)), resume(ns(1300)), resume(ns(1310))) == [(1000, 1300)]


def test_halts_back_to_back_are_two() -> None:
    found = halts(stop(ns(1000)), resume(ns(1300)), stop(ns(1300)), resume(ns(1600)))
    assert found == [(1000, 1300), (1300, 1600)]


def test_what_does_not_speak_of_trading_ends_no_halt() -> None:
    said = [S(ns(1100), ns(1100), 3, -1), S(ns(1110), ns(1110), 14, 0), S(ns(1120), ns(1120), 7, 0)]
    assert halts(stop(ns(1000)), *said, resume(ns(1300))) == [(1000, 1300)]


def test_a_restriction_record_that_says_trading_is_on_ends_a_halt() -> None:
    assert halts(stop(ns(1000)), S(ns(1300), ns(1300), 14, 1)) == [(1000, 1300)]


def test_the_closing_price_is_that_of_the_last_print_of_the_regular_session() -> None:
    close = 12 * 3600
    prints = [P(ns(close - 10), 4.0), P(ns(close) - 1, 5.0), P(ns(close), 6.0), P(ns(close + 9), 7)]
    assert make_day([], trades=prints).closing_price == 5 * NS
    assert make_day([], trades=prints[2:]).closing_price == 7 * NS
    assert make_day([]).closing_price == 0


def test_on_a_half_day_the_closing_price_is_that_of_13_00() -> None:
    prints = [P(ns(9 * 3600) - 1, 5.0), P(ns(9 * 3600), 6.0)]
    assert make_day([], trades=prints, date=HALF_DAY).closing_price == 5 * NS


def a_day() -> Day:
    return make_day(
        [Q(ns(s), 4.0, 4.02) for s in range(10)], [stop(ns(5))], [P(ns(s), 4.0) for s in range(10)]
    )


def test_a_day_that_keeps_the_rules_is_returned() -> None:
    day = a_day()
    assert day.check() is day


def test_an_empty_day_keeps_the_rules() -> None:
    make_day([]).check()


@pytest.mark.parametrize("table", ["trades", "quotes"])
def test_records_out_of_order_are_refused_at_the_first_that_goes_back(table: str) -> None:
    day = a_day()
    getattr(day, table).ts_recv[4] -= 2 * NS
    message = rf"HAND/2025-03-04: `{table}.ts_recv` goes back at record 4; records must be ordered"
    with pytest.raises(FeedError, match=message):
        day.check()


def test_status_records_out_of_order_are_refused() -> None:
    day = make_day([], [stop(ns(1000)), resume(ns(1300))])
    day.status.ts_recv[1] = day.status.ts_recv[0] - 1
    with pytest.raises(FeedError, match=r"`status.ts_recv` goes back at record 1"):
        day.check()


@pytest.mark.parametrize("table", ["trades", "quotes"])
def test_records_before_04_00_are_refused(table: str) -> None:
    day = a_day()
    getattr(day, table).ts_recv[0] = day.session.start_ns - 1
    with pytest.raises(FeedError, match=f"`{table}` holds record 0 outside the session"):
        day.check()


@pytest.mark.parametrize("table", ["trades", "quotes"])
def test_records_at_the_end_of_coverage_are_refused(table: str) -> None:
    day = a_day()
    end = int(day.trades.ts_recv[7])
    getattr(day, {"trades": "quotes", "quotes": "trades"}[table]).ts_recv[:] = day.session.start_ns
    with pytest.raises(FeedError, match=rf"`{table}` holds record \d+ outside the session"):
        replace(day, coverage_end_ns=end).check()


@pytest.mark.parametrize(("field", "value"), [("price", 0), ("price", -1), ("size", 0)])
def test_a_print_without_price_or_size_is_refused(field: str, value: int) -> None:
    day = a_day()
    getattr(day.trades, field)[6] = value
    price, size = int(day.trades.price[6]), int(day.trades.size[6])
    message = f"trade 6 has price {price} and size {size}; both must be above 0"
    with pytest.raises(FeedError, match=message):
        day.check()


@pytest.mark.parametrize("side", ["bid", "ask"])
@pytest.mark.parametrize(("price", "size"), [(0, 100), (4 * NS, 0), (-1, 100), (4 * NS, -1)])
def test_half_a_side_of_the_book_is_refused(side: str, price: int, size: int) -> None:
    day = a_day()
    getattr(day.quotes, f"{side}_price")[2] = price
    getattr(day.quotes, f"{side}_size")[2] = size
    message = f"quote 2 has {side} price {price} and size {size}; an empty side has both 0"
    with pytest.raises(FeedError, match=message):
        day.check()


@pytest.mark.parametrize("shift", [-57_600 * NS, 1])
def test_coverage_that_ends_outside_the_session_is_refused(shift: int) -> None:
    day = make_day([])
    with pytest.raises(FeedError, match=r"`coverage_end_ns` was .*; use a time within the session"):
        replace(day, coverage_end_ns=day.session.end_ns + shift).check()


def test_a_symbol_that_is_no_ticker_is_refused() -> None:
    with pytest.raises(BadSymbol, match=r"`symbol` was '\.\./x'; use a US ticker"):
        replace(a_day(), symbol="../x").check()


def test_tables_whose_columns_differ_in_length_are_refused() -> None:
    day = a_day()
    with pytest.raises(FeedError):
        replace(day, trades=day.trades._replace(side=day.trades.side[:-1])).check()


def test_a_day_tells_its_events_and_halts_in_a_line() -> None:
    assert repr(a_day()) == "Day(HAND 2025-03-04, 20 events, 1 halts)"
    flagged = replace(a_day(), flags=("no_quotes",))
    assert repr(flagged) == "Day(HAND 2025-03-04, 20 events, 1 halts, no_quotes)"


def test_only_a_record_that_says_no_trading_stops_it() -> None:
    said = [S(ns(-9), ns(-9), 7, 0), stop(ns(5)), resume(ns(9)), S(ns(10), ns(10), 8, -1)]
    stops = make_day([], said).status_says_halted
    assert stops.tolist() == [False, True, False, False]
