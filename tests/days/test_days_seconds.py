"""A day per second: sums equal counting by hand, and every record falls in its own second."""

from collections import defaultdict

import numpy as np
import pytest
from drawn_days import small_days
from hypothesis import given, settings
from reference.tapes import P, Q, S, make_day, ns, resume, stop, synthetic_days

from lowfloat.base.records import SNAPSHOT
from lowfloat.days import Day
from lowfloat.days.seconds import Seconds, per_second

NS = 10**9
LAST, HIGH_LOW, VOLUME, TAPE = 1, 2, 4, 8
SUMS = ("trades", "buys", "sells", "volume", "buy_volume", "sell_volume", "quotes")


def counted(day: Day) -> dict[str, dict[int, int]]:
    """Count a day's records per second with dicts."""
    found: dict[str, dict[int, int]] = {name: defaultdict(int) for name in SUMS}
    rows = zip(day.trades.ts_recv.tolist(), day.trades.size.tolist(), day.trades.side.tolist(),
               day.trades.marks.tolist(), strict=True)  # fmt: skip
    for received, size, side, marks in rows:
        second = (received - day.session.start_ns) // NS
        if marks & VOLUME:
            found["volume"][second] += size
        if marks & TAPE:
            found["trades"][second] += 1
        if marks & TAPE and side:
            found["buys" if side > 0 else "sells"][second] += 1
            found["buy_volume" if side > 0 else "sell_volume"][second] += size
    for received in day.quotes.ts_recv.tolist():
        found["quotes"][(received - day.session.start_ns) // NS] += 1
    return found


def assert_sums_are_counts(day: Day) -> None:
    seconds = per_second(day)
    for name, told in counted(day).items():
        array = getattr(seconds, name)
        where = np.flatnonzero(array)
        assert dict(zip(where.tolist(), array[where].tolist(), strict=True)) == dict(told), name


@settings(max_examples=40)
@given(day=small_days(near=30_000))
def test_the_sums_of_any_day_are_its_counts(day: Day) -> None:
    assert_sums_are_counts(day)


@pytest.mark.parametrize("number", range(2))
def test_the_sums_of_a_synthetic_day_are_its_counts(number: int) -> None:
    assert_sums_are_counts(synthetic_days()[number])


@settings(max_examples=40)
@given(day=small_days(near=30_000))
def test_the_book_of_a_second_is_that_after_its_last_change(day: Day) -> None:
    seconds = per_second(day)
    names = ("bid", "ask", "bid_size", "ask_size", "quote_ns")
    quotes = day.quotes
    for second in range(29_999, 30_008):
        end = day.session.start_ns + (second + 1) * NS
        book = (0, 0, 0, 0, 0)
        for i in range(len(quotes.action)):
            if quotes.ts_recv[i] < end:
                book = (
                    int(quotes.bid_price[i]) // 100_000, int(quotes.ask_price[i]) // 100_000,
                    int(quotes.bid_size[i]), int(quotes.ask_size[i]), int(quotes.ts_recv[i]),
                )  # fmt: skip
        assert tuple(int(getattr(seconds, name)[second]) for name in names) == book


@settings(max_examples=40)
@given(day=small_days(near=30_000))
def test_the_prices_of_a_second_are_those_of_its_prints(day: Day) -> None:
    seconds = per_second(day)
    last = 0.0
    for second in range(29_999, 30_008):
        begin = day.session.start_ns + second * NS
        inside = [
            (price / 1e9, size, marks)
            for ts, price, size, marks in zip(
                day.trades.ts_recv.tolist(), day.trades.price.tolist(), day.trades.size.tolist(),
                day.trades.marks.tolist(), strict=True,
            )
            if begin <= ts < begin + NS
        ]  # fmt: skip
        prices = [price for price, _, marks in inside if marks & HIGH_LOW]
        last = ([last] + [price for price, _, marks in inside if marks & LAST])[-1]
        value = sum(price * size for price, size, marks in inside if marks & VOLUME)
        assert seconds.high[second] == pytest.approx(max(prices, default=0.0))
        assert seconds.low[second] == pytest.approx(min(prices, default=0.0))
        assert seconds.last[second] == pytest.approx(last)
        assert seconds.value[second] == pytest.approx(value)


def test_every_array_is_as_long_as_the_longest_session() -> None:
    seconds = per_second(make_day([]))
    assert {len(array) for array in seconds} == {57_600}
    assert not any(array.any() for array in seconds)
    assert {name for name in Seconds._fields if getattr(seconds, name).dtype == np.float64} == {
        "value", "high", "low", "last"
    }  # fmt: skip


def test_a_record_belongs_to_the_second_it_was_received_in() -> None:
    quotes = [Q(ns(7) - 1, 4.0, 4.02), Q(ns(7), 4.0, 4.03)]
    seconds = per_second(make_day(quotes, trades=[P(ns(9) - 1, 4.0), P(ns(9), 4.0)]))
    assert seconds.quotes[5:9].tolist() == [0, 1, 1, 0]
    assert seconds.trades[7:11].tolist() == [0, 1, 1, 0]


def test_a_snapshot_of_the_book_is_no_flow() -> None:
    day = make_day([Q(ns(5), 4.0, 4.02, 300, 500), Q(ns(6), 4.01, 4.02, 300, 500)])
    assert per_second(day).flow[6] > 0
    day.quotes.flags[1] = SNAPSHOT
    seconds = per_second(day)
    assert (seconds.bid[6], seconds.flow[6]) == (40_100, 0)


@pytest.mark.parametrize(
    ("mark", "counts"),
    [
        (LAST, {"last"}),
        (HIGH_LOW, {"high", "low"}),
        (VOLUME, {"volume", "value"}),
        (TAPE, {"trades", "buys", "buy_volume"}),
    ],
)
def test_a_print_counts_for_what_it_is_marked_for_and_nothing_else(mark: int, counts: set) -> None:
    day = make_day([], trades=[P(ns(9), 4.0)])
    day.trades.marks[:] = mark
    seconds = per_second(day)
    assert {name for name in Seconds._fields if getattr(seconds, name)[9]} == counts


BEFORE = Q(ns(5), 4.00, 4.02, 200, 300)


@pytest.mark.parametrize(
    ("after", "flow"),
    [
        pytest.param(BEFORE._replace(bid_size=300), 100, id="100 shares join the bid"),
        pytest.param(BEFORE._replace(bid_size=150), -50, id="50 shares leave the bid"),
        pytest.param(BEFORE._replace(ask_size=200), 100, id="100 shares leave the ask"),
        pytest.param(BEFORE._replace(ask_size=450), -150, id="150 shares join the ask"),
        pytest.param(BEFORE._replace(bid=4.01, bid_size=150), 150, id="a better bid of 150"),
        pytest.param(BEFORE._replace(bid=3.99, bid_size=700), -200, id="the bid of 200 is lost"),
        pytest.param(BEFORE._replace(ask=4.01, ask_size=80), -80, id="a better offer of 80"),
        pytest.param(BEFORE._replace(ask=4.03, ask_size=900), 300, id="the offer of 300 is lost"),
        pytest.param(BEFORE, 0, id="nothing changes"),
        pytest.param(BEFORE._replace(bid=0), 0, id="the bid is empty"),
        pytest.param(BEFORE._replace(ask=0), 0, id="the ask is empty"),
        pytest.param(
            BEFORE._replace(bid=4.01, bid_size=150, ask=4.03, ask_size=10), 450, id="both move up"
        ),
    ],
)
def test_order_flow_imbalance(after: Q, flow: int) -> None:
    seconds = per_second(make_day([BEFORE, after._replace(when=ns(6))]))
    assert seconds.flow[4:8].tolist() == [0, 0, flow, 0]


def test_order_flow_of_a_second_is_the_sum_over_its_changes() -> None:
    rows = [BEFORE]
    for i, size in enumerate((250, 350, 100)):
        rows.append(BEFORE._replace(when=ns(6) + i, bid_size=size))
    assert per_second(make_day(rows)).flow[6] == 50 + 100 - 250


def test_a_halt_is_known_from_the_second_its_notice_came_in() -> None:
    halted = per_second(make_day([], [stop(ns(100.5)), resume(ns(400.2))])).halted
    assert np.flatnonzero(halted).tolist() == list(range(100, 400))


def test_a_notice_on_the_second_belongs_to_the_second_it_begins() -> None:
    halted = per_second(make_day([], [stop(ns(100)), resume(ns(400))])).halted
    assert np.flatnonzero(halted).tolist() == list(range(100, 400))


def test_a_halt_is_known_when_received_not_when_it_happened() -> None:
    halted = per_second(make_day([], [stop(ns(100), ns(103)), resume(ns(400), ns(405))])).halted
    assert np.flatnonzero(halted).tolist() == list(range(103, 405))


def test_a_halt_of_the_night_is_known_in_the_first_second() -> None:
    halted = per_second(make_day([], [S(ns(-60), ns(-60), 8, 0), resume(ns(9))])).halted
    assert np.flatnonzero(halted).tolist() == list(range(9))


def test_a_halt_and_its_end_within_a_second_leave_no_trace_in_the_state() -> None:
    halted = per_second(make_day([], [stop(ns(100.1)), resume(ns(100.7))])).halted
    assert not halted.any()


def test_a_record_that_says_nothing_of_trading_changes_no_state() -> None:
    said = [stop(ns(100)), S(ns(200), ns(200), 14, 0), S(ns(210), ns(210), 3, -1), resume(ns(300))]
    halted = per_second(make_day([], said)).halted
    assert np.flatnonzero(halted).tolist() == list(range(100, 300))


def test_a_short_sale_restriction_is_known_until_it_is_lifted() -> None:
    day = make_day([], [S(ns(s), ns(s), 14, 1) for s in (-60, 100, 200, 300)])
    day.status.is_short_sell_restricted[:] = [0, 1, -1, 0]
    restricted = per_second(day).short_sale_restricted
    assert np.flatnonzero(restricted).tolist() == list(range(100, 300))
