"""Limit up, limit down: the bands by the rule book, and a market driven into them."""

from collections import deque

import numpy as np
import pytest

from lowfloat.base.clock import NS, REGULAR_OPEN
from lowfloat.synth import halts, market
from lowfloat.synth.book import MARKET, ROW

CLOSE = 12 * 3600
SECONDS = 16 * 3600


def records(count, dtype):
    return np.zeros(count, dtype).view(np.recarray)


def opened(previous_close, price, second=REGULAR_OPEN):
    bands, window = records(1, halts.BANDS), records(4096, halts.PRINT)
    bands[0].previous_close, bands[0].close = previous_close, CLOSE * NS
    halts.reopen(bands[0], second * NS, price)
    halts.observe(bands[0], window, second * NS, price, 100)
    return bands[0], window


def play(drift_per_minute, previous_close=50_000, room=400_000, until=11 * 3600):
    """Play a session whose value drifts from 09:35 on, and return what it left behind."""
    drift = np.zeros(SECONDS)
    drift[REGULAR_OPEN + 300 : until] = drift_per_minute / 60
    plan = market.Plan(
        rate=np.full(SECONDS, 0.25),
        half_spread=np.full(SECONDS, 0.002),
        drift=drift,
        tilt=np.zeros(SECONDS),
        until=np.full(SECONDS, until),
        rate_factor=np.ones(SECONDS),
        spread_factor=np.ones(SECONDS),
    )
    state, bands = records(1, MARKET), records(1, halts.BANDS)
    state[0].key0, state[0].value = 1, previous_close
    bands[0].previous_close, bands[0].close = previous_close, CLOSE * NS
    log, notices = records(room, ROW), records(market.MAX_NOTICES, market.NOTICE)
    cursor, window = np.zeros(SECONDS, np.int64), records(halts.WINDOW_PRINTS, halts.PRINT)
    done = market.play(state, bands, window, plan, 0.0, REGULAR_OPEN, log, notices, cursor)
    return done, np.array(log[: state[0].rows]), np.array(notices[: state[0].notices])


def pauses_of(notices):
    paused = notices["time"][notices["kind"] == market.PAUSED]
    resumed = notices["time"][notices["kind"] == market.RESUMED]
    return list(zip(paused.tolist(), resumed.tolist(), strict=True))


@pytest.mark.parametrize(
    ("previous_close", "price", "lower", "upper"),
    [
        (25_000, 30_000, 24_000, 36_000),  # $0.75 to $3: 20 %
        (40_000, 60_000, 54_000, 66_000),  # above $3: 10 %
        (6_000, 9_000, 7_500, 10_500),  # below $0.75: 15 cents
        (6_000, 1_000, 300, 1_800),  # or 75 %, where that is less; to the cent
        (30_000, 30_000, 24_000, 36_000),
        (30_100, 30_000, 27_000, 33_000),
        (7_500, 10_000, 8_000, 12_000),
    ],
)
def test_bands_follow_the_previous_close(previous_close, price, lower, upper):
    bands, _ = opened(previous_close, price)
    assert (bands.lower, bands.upper) == (lower, upper)


@pytest.mark.parametrize(
    ("previous_close", "before_close", "width"),
    [
        (25_000, 1_501, 4_000),
        (25_000, 1_500, 8_000),
        (30_000, 1_500, 8_000),
        (30_100, 1_500, 2_000),
        (6_000, 1_500, 3_000),
    ],
)
def test_only_stocks_up_to_three_dollars_get_double_width_before_the_close(
    previous_close, before_close, width
):
    bands, _ = opened(previous_close, 20_000, CLOSE - before_close)
    assert bands.upper - 20_000 == width


def test_the_reference_moves_by_one_percent_or_not_at_all():
    bands, window = opened(40_000, 60_000)
    start = REGULAR_OPEN * NS
    for i in range(99):
        halts.observe(bands, window, start + i * NS, 60_550, 100)
    assert not halts.refresh(bands, window, start + 100 * NS)
    assert bands.reference == 60_000
    for i in range(99):
        halts.observe(bands, window, start + (100 + i) * NS, 60_750, 100)
    assert halts.refresh(bands, window, start + 200 * NS)
    assert bands.reference == (60_000 + 99 * 60_550 + 99 * 60_750) / 199


def test_the_reference_stands_for_thirty_seconds():
    bands, window = opened(40_000, 60_000)
    start = REGULAR_OPEN * NS
    halts.observe(bands, window, start + NS, 64_000, 100)
    assert not halts.refresh(bands, window, start + 30 * NS - 1)
    assert halts.refresh(bands, window, start + 30 * NS)
    assert bands.reference == 62_000


def test_odd_lots_do_not_move_the_reference():
    bands, window = opened(40_000, 60_000)
    start = REGULAR_OPEN * NS
    halts.observe(bands, window, start + NS, 64_000, 99)
    assert not halts.refresh(bands, window, start + 60 * NS)


def test_prints_leave_the_mean_after_five_minutes():
    bands, window = opened(40_000, 60_000)
    start = REGULAR_OPEN * NS
    halts.observe(bands, window, start + 200 * NS, 63_000, 100)
    halts.refresh(bands, window, start + 299 * NS)
    assert bands.reference == 61_500
    halts.refresh(bands, window, start + 330 * NS)
    assert bands.reference == 63_000


def test_without_a_print_in_five_minutes_the_reference_stays():
    bands, window = opened(40_000, 60_000)
    halts.refresh(bands, window, (REGULAR_OPEN + 1000) * NS)
    assert bands.reference == 60_000


def test_a_full_window_forgets_its_oldest_prints():
    bands, _ = opened(40_000, 60_000)
    window = records(4, halts.PRINT)
    halts.reopen(bands, REGULAR_OPEN * NS, 60_000)
    for price in (60_000, 61_000, 62_000, 63_000, 64_000):
        halts.observe(bands, window, REGULAR_OPEN * NS + 1, price, 100)
    assert bands.total == 61_000 + 62_000 + 63_000 + 64_000
    halts.refresh(bands, window, (REGULAR_OPEN + 30) * NS)
    assert bands.reference == 62_500


def test_a_bid_at_the_upper_band_is_a_limit_state_until_it_leaves():
    bands, _ = opened(40_000, 60_000)
    halts.watch(bands, 5, 65_900, 66_000)
    assert bands.state == halts.TRADING
    halts.watch(bands, 7, 66_000, 66_100)
    assert (bands.state, bands.since) == (halts.LIMIT, 7)
    halts.watch(bands, 9, 66_000, 66_200)
    assert (bands.state, bands.since) == (halts.LIMIT, 7)
    halts.watch(bands, 11, 65_900, 66_200)
    assert bands.state == halts.TRADING


def test_an_offer_at_the_lower_band_is_a_limit_state_but_an_empty_side_is_not():
    bands, _ = opened(40_000, 60_000)
    halts.watch(bands, 5, 53_900, 0)
    assert bands.state == halts.TRADING
    halts.watch(bands, 7, 53_900, 54_000)
    assert bands.state == halts.LIMIT


def test_bands_are_frozen_in_a_limit_state():
    bands, window = opened(40_000, 60_000)
    halts.watch(bands, REGULAR_OPEN * NS, 66_000, 66_100)
    halts.observe(bands, window, REGULAR_OPEN * NS, 66_000, 100)
    assert not halts.refresh(bands, window, (REGULAR_OPEN + 100) * NS)
    assert bands.reference == 60_000


@pytest.mark.parametrize(("before_close", "until"), [(601, CLOSE - 301), (600, CLOSE), (1, CLOSE)])
def test_a_pause_of_the_last_ten_minutes_lasts_until_the_close(before_close, until):
    bands, _ = opened(40_000, 60_000)
    halts.pause(bands, (CLOSE - before_close) * NS)
    assert bands.until == until * NS


def test_a_steady_rise_or_fall_of_eight_percent_a_minute_pauses_the_stock():
    for drift in (0.08, -0.08):
        _, _, notices = play(drift)
        assert len(pauses_of(notices)) >= 1


def test_a_rise_of_one_percent_a_minute_does_not_pause_the_stock():
    _, _, notices = play(0.01)
    assert pauses_of(notices) == []


def test_a_pause_lasts_three_hundred_seconds():
    _, _, notices = play(0.08)
    assert all(resumed - paused == 300 * NS for paused, resumed in pauses_of(notices))


def test_before_a_pause_a_quote_stood_at_the_band_for_fifteen_seconds():
    for drift, column in ((0.08, "bid"), (-0.08, "ask")):
        _, log, notices = play(drift)
        for paused, _ in pauses_of(notices):
            standing = log["time"] < paused
            standing &= log["time"] >= paused - 15 * NS
            assert len(np.unique(log[column][standing])) == 1


def upper_band(reference):
    return round(reference * 1.1 / 100) * 100


def test_the_market_obeys_the_bands_that_its_tape_implies():
    """Recompute the bands from the prints by a slow, plain reading of the rules."""
    _, log, notices = play(0.08)
    prints = log[(log["price"] > 0) & (log["time"] < CLOSE * NS)]
    begin = REGULAR_OPEN * NS
    for paused, resumed in pauses_of(notices):
        epoch = prints[(prints["time"] >= begin) & (prints["time"] < paused)]
        reference, set_at, before = float(epoch["price"][0]), begin, float(epoch["price"][0])
        window, row = deque(), 0
        for second in range(begin // NS, paused // NS + 1):
            while row < len(epoch) and epoch["time"][row] < second * NS:
                # A burst of prints may run over the turn of a second, when bands are redrawn.
                assert epoch["price"][row] <= upper_band(max(reference, before))
                if epoch["shares"][row] >= 100:
                    window.append((epoch["time"][row], epoch["price"][row]))
                row += 1
            while window and window[0][0] <= second * NS - 300 * NS:
                window.popleft()
            before = reference
            bid = log["bid"][np.searchsorted(log["time"], second * NS) - 1]
            if window and second * NS - set_at >= 30 * NS and bid < upper_band(reference):
                mean = sum(price for _, price in window) / len(window)
                if abs(mean / reference - 1) >= 0.01:
                    reference, set_at = mean, second * NS
        assert log["bid"][np.searchsorted(log["time"], paused) - 1] == upper_band(reference)
        begin = resumed


def test_quotes_stand_on_the_grid_on_both_sides_of_a_dollar():
    _, log, _ = play(0.0, previous_close=10_000)
    for side in ("bid", "ask"):
        price = log[side][log[side] > 0]
        cheap = price < 10_000
        assert 0 < cheap.sum() < len(price)
        assert (price[~cheap] % 100 == 0).all()
        assert (price[cheap] % 100 != 0).mean() > 0.9


def test_a_log_that_is_too_short_is_reported():
    done, log, _ = play(0.0, room=1_000)
    assert not done
    assert len(log) <= 1_000


def test_a_longer_log_holds_the_same_rows():
    _, short, _ = play(0.0, room=1_000)
    done, long, _ = play(0.0)
    assert done
    assert np.array_equal(short, long[: len(short)])
