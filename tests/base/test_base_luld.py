"""Price bands by the rule book, and a plain reading of the rules that must agree with them."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.luld import Bands

from lowfloat.base import luld
from lowfloat.base.clock import NS, session_of
from lowfloat.base.codes import Mark

DAY, HALF_DAY = dt.date(2025, 3, 25), dt.date(2025, 11, 28)
SESSION = session_of(DAY)
OPEN, CLOSE = SESSION.regular_open_ns, SESSION.regular_close_ns
STATES = {luld.TRADING: "trading", luld.LIMIT: "limit", luld.PAUSED: "paused"}


def opened(previous_close, price, ns=OPEN, session=SESSION, tier=2):
    bands, window = luld.bands_of(session, previous_close, tier)[0], luld.window_of(1 << 12)
    luld.on_print(bands, window, ns, price, True)
    return bands, window


@pytest.mark.parametrize(
    ("previous_close", "price", "lower", "upper"),
    [
        (25_000, 30_000, 24_000, 36_000),
        (40_000, 60_000, 54_000, 66_000),
        (6_000, 9_000, 7_500, 10_500),
        (6_000, 1_000, 300, 1_800),
        (7_499, 10_000, 8_500, 11_500),
        (7_500, 10_000, 8_000, 12_000),
        (30_000, 50_000, 40_000, 60_000),
        (30_001, 50_000, 45_000, 55_000),
    ],
)
def test_the_width_goes_by_the_previous_close(previous_close, price, lower, upper):
    bands, _ = opened(previous_close, price)
    assert (bands.lower, bands.upper) == (lower, upper)


@pytest.mark.parametrize(
    ("previous_close", "fraction"), [(50_000, 0.05), (30_000, 0.2), (7_500, 0.2)]
)
def test_a_stock_of_tier_1_has_half_the_width_above_three_dollars_only(previous_close, fraction):
    bands, _ = opened(previous_close, 100_000, tier=1)
    assert bands.upper == 100_000 * (1 + fraction)


def test_bands_are_rounded_to_the_cent_half_a_cent_up():
    bands, _ = opened(40_000, 40_150)  # 4.015 +- 0.4015
    assert (bands.lower, bands.upper) == (36_100, 44_200)


def test_a_lower_band_is_never_below_the_smallest_price():
    bands, _ = opened(6_000, 60)
    assert bands.lower == 1


@pytest.mark.parametrize("session", [SESSION, session_of(HALF_DAY)])
@pytest.mark.parametrize(
    ("previous_close", "tier", "doubled"),
    [(30_000, 2, True), (30_001, 2, False), (90_000, 1, True)],
)
def test_the_last_25_minutes_double_tier_1_and_what_closed_up_to_three_dollars(
    session, previous_close, tier, doubled
):
    turn = session.regular_close_ns - 1500 * NS
    bands, window = opened(previous_close, 100_000, turn - NS, session, tier)
    width = bands.upper - 100_000
    luld.advance(bands, window, turn - 1)
    assert bands.upper == 100_000 + width
    luld.advance(bands, window, turn)
    assert bands.upper == 100_000 + width * (2 if doubled else 1)


@pytest.mark.parametrize(
    ("date", "previous_close", "after_open", "before_close", "factor"),
    [
        (dt.date(2020, 2, 21), 40_000, 899, None, 2),
        (dt.date(2020, 2, 21), 40_000, 900, None, 1),
        (dt.date(2020, 2, 21), 40_000, None, 1500, 2),
        (dt.date(2020, 2, 24), 40_000, 0, None, 1),
        (dt.date(2020, 2, 24), 40_000, None, 1500, 1),
        (dt.date(2014, 2, 21), 40_000, None, 901, 2),
    ],
)
def test_before_amendment_18_the_opening_and_every_close_were_doubled(
    date, previous_close, after_open, before_close, factor
):
    session = session_of(date)
    ns = session.regular_open_ns + after_open * NS if before_close is None else 0
    ns = ns or session.regular_close_ns - before_close * NS
    bands, _ = opened(previous_close, 100_000, ns, session)
    assert bands.upper == 100_000 + 10_000 * factor


@pytest.mark.parametrize(
    ("date", "seconds_before_close"), [(dt.date(2014, 2, 21), 900), (dt.date(2012, 6, 1), 20_000)]
)
def test_bands_ended_before_the_close_in_2013_and_did_not_exist_before(date, seconds_before_close):
    session = session_of(date)
    bands, _ = opened(
        40_000, 100_000, session.regular_close_ns - seconds_before_close * NS, session
    )
    assert bands.active == 0


def test_there_are_no_bands_before_the_open_and_after_the_close():
    bands, window = luld.bands_of(SESSION, 40_000)[0], luld.window_of(8)
    luld.on_print(bands, window, OPEN - 1, 60_000, True)
    assert bands.active == 0
    luld.on_print(bands, window, OPEN, 60_000, True)
    assert bands.active == 1
    luld.on_quote(bands, window, CLOSE, 66_000, 66_100)
    assert (bands.active, bands.state) == (0, luld.TRADING)


def test_the_first_reference_is_the_first_eligible_print():
    bands, window = luld.bands_of(SESSION, 40_000)[0], luld.window_of(8)
    luld.on_print(bands, window, OPEN, 90_000, False)
    assert bands.active == 0
    luld.on_print(bands, window, OPEN + NS, 60_000, True)
    assert bands.reference == 60_000


def test_an_opening_cross_after_the_first_print_becomes_the_reference():
    bands, window = opened(40_000, 60_000)
    luld.reopen(bands, OPEN + NS, 70_000)
    luld.on_print(bands, window, OPEN + NS, 70_000, True)
    assert bands.reference == 70_000
    assert (bands.first, bands.last, bands.total) == (0, 1, 70_000)


def test_the_reference_moves_by_a_percent_or_more_and_never_within_thirty_seconds():
    bands, window = opened(40_000, 60_000)
    luld.on_print(bands, window, OPEN + NS, 61_198, True)  # mean 60,599: 0.998 %
    luld.advance(bands, window, OPEN + 40 * NS)
    assert bands.reference == 60_000
    luld.on_print(bands, window, OPEN + 41 * NS, 60_602, True)  # mean 60,600: 1 %
    assert bands.reference == 60_600
    luld.on_print(bands, window, OPEN + 71 * NS - 1, 69_000, True)
    assert bands.reference == 60_600
    luld.advance(bands, window, OPEN + 71 * NS)
    assert bands.reference == (60_000 + 61_198 + 60_602 + 69_000) / 4


def test_prints_older_than_five_minutes_leave_the_mean_and_none_leaves_the_reference():
    bands, window = opened(40_000, 60_000)
    luld.on_print(bands, window, OPEN + 200 * NS, 60_500, True)
    luld.advance(bands, window, OPEN + 300 * NS)
    assert bands.last - bands.first == 1
    luld.advance(bands, window, OPEN + 3000 * NS)
    assert bands.last == bands.first
    assert bands.reference == 60_000


def test_only_what_sets_the_last_price_and_is_no_odd_lot_counts():
    ordinary = np.uint16(Mark.ORDINARY)
    assert luld.is_eligible(ordinary)
    assert not luld.is_eligible(ordinary | np.uint16(Mark.ODD_LOT))
    assert not luld.is_eligible(ordinary & ~np.uint16(Mark.LAST))


def test_fifteen_seconds_of_limit_state_pause_the_stock_for_five_minutes():
    bands, window = opened(40_000, 60_000)
    luld.on_quote(bands, window, OPEN + NS, 66_000, 66_100)
    assert luld.on_quote(bands, window, OPEN + 16 * NS - 1, 66_000, 66_200) == luld.LIMIT
    assert luld.on_quote(bands, window, OPEN + 16 * NS, 65_000, 66_200) == luld.PAUSED
    assert bands.until == OPEN + 316 * NS
    assert bands.pauses == 1


def test_a_limit_state_that_clears_pauses_nothing_and_the_next_one_counts_anew():
    bands, window = opened(40_000, 60_000)
    luld.on_quote(bands, window, OPEN + NS, 53_000, 54_000)
    assert luld.on_quote(bands, window, OPEN + 15 * NS, 53_000, 54_100) == luld.TRADING
    luld.on_quote(bands, window, OPEN + 16 * NS, 53_000, 54_000)
    assert luld.on_quote(bands, window, OPEN + 30 * NS, 53_000, 54_000) == luld.LIMIT
    assert luld.on_quote(bands, window, OPEN + 31 * NS, 53_000, 54_000) == luld.PAUSED


def test_a_crossed_book_begins_no_limit_state():
    bands, window = opened(40_000, 60_000)
    assert luld.on_quote(bands, window, OPEN + NS, 66_000, 65_900) == luld.TRADING
    assert luld.on_quote(bands, window, OPEN + NS, 66_000, 66_000) == luld.LIMIT


def test_a_jump_from_one_band_to_the_other_begins_a_new_limit_state():
    bands, window = opened(40_000, 60_000)
    luld.on_quote(bands, window, OPEN + NS, 66_000, 66_100)
    luld.on_quote(bands, window, OPEN + 10 * NS, 53_000, 54_000)
    assert (bands.state, bands.side, bands.since) == (luld.LIMIT, -1, OPEN + 10 * NS)


def test_bands_stand_still_in_a_limit_state():
    bands, window = opened(40_000, 60_000)
    luld.on_quote(bands, window, OPEN + 60 * NS, 66_000, 66_100)
    luld.on_print(bands, window, OPEN + 70 * NS, 66_000, True)
    assert (bands.reference, bands.upper) == (60_000, 66_000)


def test_a_reopening_starts_the_mean_afresh_and_a_late_report_does_not():
    bands, window = opened(40_000, 60_000)
    luld.on_quote(bands, window, OPEN + NS, 66_000, 66_100)
    luld.on_print(bands, window, OPEN + 100 * NS, 50_000, True)
    assert (bands.state, bands.reference) == (luld.PAUSED, 60_000)
    luld.on_print(bands, window, OPEN + 316 * NS, 69_900, True)
    assert (bands.state, bands.reference, bands.total) == (luld.TRADING, 69_900, 69_900)


@pytest.mark.parametrize("session", [SESSION, session_of(HALF_DAY)])
@pytest.mark.parametrize(("before_close", "lasts"), [(901, 300), (900, 900), (600, 600), (10, 10)])
def test_a_pause_that_stands_in_the_last_ten_minutes_lasts_until_the_close(
    session, before_close, lasts
):
    bands, _ = opened(40_000, 60_000, session=session)
    began = session.regular_close_ns - before_close * NS
    luld.pause(bands, began)
    assert bands.until == began + lasts * NS


def test_an_extension_adds_five_minutes_or_lasts_until_the_close():
    bands, _ = opened(40_000, 60_000)
    luld.pause(bands, CLOSE - 1201 * NS)
    luld.extend(bands)
    assert bands.until == CLOSE - 601 * NS
    luld.extend(bands)
    assert bands.until == CLOSE


def test_collars_widen_on_the_side_that_was_hit():
    bands, window = opened(40_000, 63_550)
    assert (bands.lower, bands.upper) == (57_200, 69_900)
    luld.on_quote(bands, window, OPEN + NS, 69_900, 70_000)
    assert luld.collars(bands, 0) == (57_200, 73_400)
    assert luld.collars(bands, 1) == (57_200, 76_900)
    luld.on_quote(bands, window, OPEN + 2 * NS, 57_000, 57_200)
    assert luld.collars(bands, 0) == (54_300, 69_900)


def test_collars_of_cheap_stocks_widen_by_fifteen_cents():
    bands, window = opened(20_000, 20_000)
    luld.on_quote(bands, window, OPEN + NS, 24_000, 24_100)
    assert luld.collars(bands, 0) == (16_000, 25_500)
    assert luld.collars(bands, 2) == (16_000, 28_500)


def minutes_to_a_limit(previous_close, percent_per_minute):
    """Let the price rise steadily from the open; return when the bid is at the band, or None."""
    bands, window = opened(previous_close, 50_000)
    for second in range(1, 1200):
        price = round(50_000 * (1 + percent_per_minute / 100 * second / 60))
        luld.on_print(bands, window, OPEN + second * NS, price, True)
        if luld.on_quote(bands, window, OPEN + second * NS, price, price + 100) == luld.LIMIT:
            return second / 60
    return None


@pytest.mark.parametrize(
    ("previous_close", "percent_per_minute", "minutes"),
    [
        (40_000, 4, 5.2), (40_000, 6, 3.3), (40_000, 8, 2.4), (40_000, 12, 1.4),
        (20_000, 10, 4.5), (20_000, 12, 3.5),
    ],
)  # fmt: skip
def test_a_steady_rise_meets_the_band_where_the_mean_lags_too_far_behind(
    previous_close, percent_per_minute, minutes
):
    assert minutes_to_a_limit(previous_close, percent_per_minute) == pytest.approx(
        minutes, abs=0.15
    )


@pytest.mark.parametrize(("previous_close", "percent_per_minute"), [(40_000, 3.5), (20_000, 8)])
def test_a_slower_rise_never_meets_the_band(previous_close, percent_per_minute):
    assert minutes_to_a_limit(previous_close, percent_per_minute) is None


def test_what_no_stock_can_have_is_refused():
    with pytest.raises(ValueError, match="previous_close"):
        luld.bands_of(SESSION, 0)
    with pytest.raises(ValueError, match="tier"):
        luld.bands_of(SESSION, 40_000, 3)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 10**6, NS, 5 * NS, 14 * NS, 15 * NS, 31 * NS, 299 * NS, 400 * NS]),
        st.sampled_from(["print", "odd lot", "quote", "quote", "band up", "band down"]),
        st.integers(-1500, 1500),
        st.integers(-50, 300),
    ),
    max_size=80,
)


@given(
    events=EVENTS,
    previous_close=st.sampled_from([5_000, 7_500, 20_000, 30_000, 30_001, 80_000]),
    start=st.sampled_from([OPEN - NS, OPEN, CLOSE - 2100 * NS, CLOSE - 700 * NS]),
    tier=st.sampled_from([1, 2]),
)
def test_a_plain_reading_of_the_rules_agrees_on_any_tape(events, previous_close, start, tier):
    plain = Bands(previous_close, OPEN, CLOSE, tier)
    bands, window = luld.bands_of(SESSION, previous_close, tier)[0], luld.window_of(1 << 12)
    ns, price = start, previous_close
    for gap, kind, move, spread in events:
        ns += gap
        price = max(price + price * move // 10_000, 2)
        if kind in ("print", "odd lot"):
            plain.trade(ns, price, kind == "print")
            luld.on_print(bands, window, ns, price, kind == "print")
        else:
            bid, ask = price, max(price + spread, 0)
            if kind == "band up":
                bid, ask = int(bands.upper), int(bands.upper) + spread
            elif kind == "band down":
                bid, ask = max(int(bands.lower) - spread, 0), int(bands.lower)
            plain.quote(ns, bid, ask)
            luld.on_quote(bands, window, ns, bid, ask)
        assert bool(bands.active) == (plain.reference is not None)
        assert STATES[int(bands.state)] == plain.state
        assert int(bands.pauses) == plain.pauses
        if plain.reference is not None:
            assert float(bands.reference) == plain.reference
            assert (int(bands.lower), int(bands.upper)) == (plain.lower, plain.upper)
        if plain.state == "limit":
            assert (int(bands.since), int(bands.side) > 0) == (plain.since, plain.side == "up")
        if plain.state == "paused":
            assert int(bands.until) == plain.until
