"""Prices people watch, volume against other days, price bands: on hand-made tapes."""

import numpy as np
import pytest
from reference.tapes import OPEN, P, Q, closed_at, make_day, ns, resume, stop
from tape.told import told, told_of

from lowfloat.base.codes import Mark
from lowfloat.days.baseline import Baseline

AROUND_4 = Q(ns(10), 3.99, 4.01)


def test_vwap_is_by_shares_since_04_00_since_the_open_and_since_a_halt() -> None:
    trades = [P(ns(100), 3.0, 300), P(ns(OPEN + 1), 5.0, 100), P(ns(OPEN + 500), 4.4, 100)]
    status = [stop(ns(OPEN + 100)), resume(ns(OPEN + 400))]
    day = make_day([AROUND_4], status, trades)
    since_four = told("distance_to_vwap", day)
    assert np.isnan(since_four[100])
    assert since_four[[101, OPEN + 2]] == pytest.approx([4 / 3 - 1, 4 / 3.5 - 1])
    since_open = told("distance_to_open_vwap", day)
    assert np.isnan(since_open[OPEN + 1])
    assert since_open[[OPEN + 2, OPEN + 501]] == pytest.approx([4 / 5 - 1, 4 / 4.7 - 1])
    since_halt = told("distance_to_halt_vwap", day)
    assert np.isnan(since_halt[: OPEN + 501]).all()
    assert since_halt[OPEN + 501] == pytest.approx(4 / 4.4 - 1)


def test_the_deviation_from_vwap_is_in_deviations_of_prices_by_shares() -> None:
    trades = [P(ns(100), 3.0, 100), P(ns(101), 4.0, 300)]
    found = told_of("vwap_deviation", [AROUND_4], trades)
    assert np.isnan(found[101])  # one price deviates from nothing
    assert found[102] == pytest.approx((4 - 3.75) / np.sqrt(0.75 * 0.25))


def test_a_mid_at_vwap_crosses_nothing_and_one_beyond_it_does() -> None:
    quotes = [Q(ns(s), 4.0 + d, 4.02 + d) for s, d in ((10, 0), (50, 0.1), (90, 0), (130, -0.1))]
    # A third of a cent cannot be told apart from its sum; it is no crossing.
    trades = [P(ns(20 + i), 4.01, 3 + 7 * i) for i in range(9)]
    found = told_of("since_vwap_cross", quotes, trades)
    assert np.isnan(found[:51]).all()
    assert found[[51, 130]] == pytest.approx([0, 79 / 379])
    assert found[[131, 151]] == pytest.approx([0, -20 / 320])


def test_the_gap_is_known_from_the_first_regular_last_price_on() -> None:
    trades = [
        P(ns(100), 9.0),
        P(ns(OPEN), 5.1, marks=int(Mark.VOLUME | Mark.TAPE)),  # an odd lot sets no price
        P(ns(OPEN + 3), 5.0),
        P(ns(OPEN + 4), 6.0),
    ]
    day = make_day([AROUND_4], trades=trades)
    gap = told("gap", day, closed_at(day, 4.0))
    assert np.isnan(gap[: OPEN + 4]).all()
    assert gap[OPEN + 4 :] == pytest.approx(0.25)
    assert np.isnan(told("gap", day)).all()


def test_a_test_of_the_high_comes_near_it_after_it_was_away_be_it_a_little_beyond() -> None:
    mids = [4.00, 3.99, 4.00, 3.96, 3.99, 3.985, 3.995, 3.90, 4.01, 3.95, 4.03, 3.95, 3.96]
    quotes = [Q(ns(10 + i), mid - 0.01, mid + 0.01) for i, mid in enumerate(mids)]
    tests = np.round(np.expm1(told_of("high_tests", quotes)[11 : 11 + len(mids)]))
    assert tests.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 0, 0, 0]


def test_the_high_before_the_open_stays_and_the_high_of_day_goes_on() -> None:
    quotes = [Q(ns(s), mid - 0.01, mid + 0.01) for s, mid in ((10, 4.0), (20, 3.0), (OPEN, 5.0))]
    assert told_of("distance_to_premarket_high", quotes)[[21, OPEN + 1]] == pytest.approx(
        [-0.25, 0.25]
    )
    assert told_of("distance_to_high", quotes)[[21, OPEN + 1]] == pytest.approx([-0.25, 0])
    assert told_of("place_in_range", quotes)[[21, OPEN + 1]] == pytest.approx([0, 1])


@pytest.mark.parametrize(("mid", "away"), [(4.1, 0.1), (4.3, -0.2), (4.25, -0.25), (4.5, 0)])
def test_a_round_price_is_a_half_dollar(mid: float, away: float) -> None:
    found = told_of("distance_to_round", [Q(ns(1), mid - 0.01, mid + 0.01)])[10]
    assert found == pytest.approx(away / mid, abs=1e-7)


def usual() -> Baseline:
    """Return a baseline of a day on which 1,000 shares trade a minute from the sixth on."""
    curve = 1000 * np.maximum(np.arange(960) - 4, 0)
    day = make_day([])
    return Baseline(
        day.symbol, day.date, average_volume=50_000, cumulative_volume=curve,
        cumulative_sessions=3, float_shares=2_000_000,
    )  # fmt: skip


def test_volume_is_held_against_the_same_minute_of_other_days() -> None:
    day = make_day([], trades=[P(ns(30), 4.0, 500), P(ns(599), 4.0, 9_500)])
    found = told("relative_volume", day, usual())
    assert np.isnan(found[:60]).all()
    # Other days had no trade by 04:01, which is known; by 04:10 they had 5,000 shares.
    assert found[[60, 599, 600]] == pytest.approx(
        [np.log(501), np.log(501 / 4001), np.log(10_001 / 5001)]
    )


def test_volume_is_held_against_the_float_and_an_average_session() -> None:
    day = make_day([], trades=[P(ns(30), 4.0, 500_000)])
    assert told("float_rotation", day, usual())[31] == pytest.approx(np.log(1.25))
    assert told("day_volume", day, usual())[31] == pytest.approx(np.log(11))


def test_what_is_not_known_of_a_stock_is_masked() -> None:
    day = make_day([AROUND_4], trades=[P(ns(30), 4.0, 500_000), P(ns(OPEN), 4.0)])
    for name in (
        "gain_on_day", "gap", "relative_volume", "day_volume", "float_rotation", "to_upper_band",
        "to_lower_band", "limit_up", "limit_down", "previous_close", "average_volume",
        "float_shares",
    ):  # fmt: skip
        assert np.isnan(told(name, day)).all(), name
    assert not told("previous_close_known", day).any()


def test_price_bands_appear_with_the_opening_print_and_end_at_the_close() -> None:
    quotes = [Q(ns(OPEN - 10), 3.99, 4.01)]
    day = make_day(quotes, trades=[P(ns(OPEN - 5), 4.0), P(ns(OPEN + 3), 4.0)])
    upper, lower = (
        told(name, day, closed_at(day, 4.0)) for name in ("to_upper_band", "to_lower_band")
    )
    assert np.isnan(upper[: OPEN + 4]).all()
    assert upper[OPEN + 4 : 43_200] == pytest.approx(0.1)
    assert lower[OPEN + 4 : 43_200] == pytest.approx(0.1)
    assert np.isnan(upper[43_200:]).all()


def test_a_bid_at_the_upper_band_is_a_limit_state_that_is_timed() -> None:
    quotes = [Q(ns(OPEN - 10), 3.99, 4.01), Q(ns(OPEN + 10.5), 4.40, 4.41)]
    for until, expected in (
        (18, [0, 0.5 / 15.5, 6.5 / 21.5, 0]),
        (40, [0, 0.5 / 15.5, 6.5 / 21.5]),
    ):
        back = [Q(ns(OPEN + until), 4.00, 4.02)]
        day = make_day(quotes + back, trades=[P(ns(OPEN), 4.0)])
        limit = told("limit_up", day, closed_at(day, 4.0))
        told_at = OPEN + np.array([10, 11, 17, 19])[: len(expected)]
        assert limit[told_at] == pytest.approx(expected)
        assert not np.nan_to_num(told("limit_down", day, closed_at(day, 4.0))).any()
    # After 15 s of it a pause should have come: there are no bands until the next print.
    assert np.isnan(limit[OPEN + 26 :]).all()


def test_there_are_no_bands_in_a_halt_and_the_first_print_after_it_draws_new_ones() -> None:
    quotes = [Q(ns(OPEN - 10), 3.99, 4.01), Q(ns(OPEN + 400), 4.99, 5.01)]
    trades = [P(ns(OPEN), 4.0), P(ns(OPEN + 410), 5.0)]
    day = make_day(quotes, [stop(ns(OPEN + 100)), resume(ns(OPEN + 405))], trades)
    upper = told("to_upper_band", day, closed_at(day, 4.0))
    assert upper[OPEN + 100] == pytest.approx(0.1)
    assert np.isnan(upper[OPEN + 101 : OPEN + 411]).all()
    assert upper[OPEN + 411] == pytest.approx(0.1)


def busy(first: int, last: int, shares: int) -> list[P]:
    return [P(ns(s) + 1, 4.0, shares) for s in range(first, last)]


def test_what_is_usual_is_not_learned_in_a_halt_and_for_a_minute_after() -> None:
    # 100 shares a second, a halt of 300 s, then none for a minute, then 100 again.
    status = [stop(ns(1000)), resume(ns(1300))]
    trades = busy(0, 1000, 100) + busy(1360, 1500, 100)
    day = make_day([AROUND_4], status, trades)
    score = told("volume_z_10s", day)
    assert score[1015:1361] == pytest.approx(score[1015])
    assert score[1015] == -5
    # What is usual is what it was: at 1370 the ten seconds are full again.
    assert score[1370] == pytest.approx(score[1000], abs=0.2)


def test_a_day_that_begins_in_a_halt_learns_its_first_value_a_minute_after_it() -> None:
    day = make_day([AROUND_4], [stop(ns(-60)), resume(ns(300))], busy(300, 600, 100))
    score = told("volume_z_10s", day)
    assert np.isnan(score[:362]).all()
    assert score[362:600] == pytest.approx(0, abs=0.01)


def test_a_burst_begins_when_the_tape_runs_and_ends_when_it_has_rested() -> None:
    slow = [P(ns(10 * s), 4.0) for s in range(90)]
    fast = [P(ns(900) + i * 10**8, 4.0) for i in range(100)]  # ten a second for ten seconds
    burst = told_of("tape_burst", [], slow + fast)
    assert not burst[1:901].any()
    assert burst[905:912].all()
    assert not burst[920:].any()


def test_the_pressure_of_a_few_shares_is_held_against_what_is_usual() -> None:
    day = make_day([], trades=[*(P(ns(s), 4.0, 600, 0) for s in range(60)), P(ns(60), 4.0, 200)])
    # 200 bought in 10 s; a share and a sixth of what trades in 10 s are the prior.
    prior = 1 + (59 * 600 + 200) / 6 / 6
    assert told("buy_pressure_10s", day)[61] == pytest.approx((200 + prior / 2) / (200 + prior))
    assert told("buy_pressure_10s", make_day([]))[100] == 0.5
