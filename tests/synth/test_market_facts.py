"""Stylised facts: against plain counting, and on processes whose answer is known."""

import dataclasses
import datetime as dt
import math

import numpy as np
import pytest
from reference import market_facts as plain
from reference.tapes import OPEN, P, Q, make_day, ns, resume, stop
from scipy import optimize, stats

from lowfloat.base.codes import Mark
from lowfloat.base.records import LULD_PAUSE
from lowfloat.days.day import QUOTES_REBUILT
from lowfloat.synth import estimators
from lowfloat.synth.bands import BANDS, check
from lowfloat.synth.day_facts import REVERSAL, legs_of
from lowfloat.synth.facts import combine, facts_of, impact_exponent, measure
from lowfloat.synth.hawkes import TIME_SCALES, branching_ratio, merge_close
from lowfloat.synth.observed import observe

CLOSE = 43_200


@pytest.fixture(scope="module")
def busy_days(days_in_play):
    """Two synthetic days, one of them with pauses."""
    days = [day for day, _ in days_in_play]
    paused = next(day for day in days if day.halts)
    return [paused, next(day for day in days if not day.halts)]


def day_with_mid(log_mid, first=OPEN, **more):
    """Return a day whose mid at the end of second ``first + i`` is ``exp(log_mid[i])``."""
    quotes = [
        Q(ns(first + i), round(math.exp(value), 4) - 0.02, round(math.exp(value), 4) + 0.02)
        for i, value in enumerate(log_mid)
    ]
    return make_day(quotes, **more)


# Against plain counting.


@pytest.mark.parametrize("number", [0, 1])
def test_facts_equal_those_counted_row_by_row(busy_days, number):
    day = busy_days[number]
    counted, found = plain.facts(day), facts_of([day])
    assert {name: found[name] for name in counted} == pytest.approx(counted, rel=1e-6, abs=1e-12)


def test_swings_equal_those_found_by_turning_points(busy_days):
    for day in busy_days:
        observed = observe(day)
        path = [None if math.isnan(x) else x for x in observed.log_mid.tolist()]
        expected = plain.swings(path, REVERSAL)
        assert legs_of(observed).tolist() == pytest.approx(expected)


def test_a_swing_down_twice_as_fast_as_up_has_twice_the_speed():
    up, down = np.linspace(0, 0.2, 401), np.linspace(0.2, 0, 201)
    wave = np.concatenate([np.concatenate([up, down]) for _ in range(6)]) + math.log(50)
    assert facts_of([day_with_mid(wave)])["flush_over_run"] == pytest.approx(2, rel=0.02)


def test_a_swing_stops_at_a_halt():
    up = np.linspace(0, 0.2, 401) + math.log(50)
    status = [stop(ns(OPEN + 200)), resume(ns(OPEN + 500))]
    path = np.concatenate([up, up[::-1], up])
    assert len(legs_of(observe(day_with_mid(path)))) == 2
    assert len(legs_of(observe(day_with_mid(path, status=status)))) == 1


def test_quotes_per_second_and_per_trade_are_counts():
    quotes = [Q(ns(OPEN + s), 5, 5.1 + 0.01 * (s % 2)) for s in range(0, CLOSE - OPEN, 2)]
    trades = [P(ns(OPEN + s + 0.5), 5.1) for s in range(0, CLOSE - OPEN, 20)]
    facts = facts_of([make_day(quotes, trades=trades)])
    assert facts["quotes_per_second"] == 0.5
    assert facts["quotes_per_trade"] == 10


def test_the_spread_is_told_apart_by_session():
    quotes = [Q(ns(10), 9.9, 10.1), Q(ns(OPEN), 9.95, 10.05), Q(ns(CLOSE), 9.8, 10.2)]
    facts = facts_of([make_day(quotes)])
    spreads = [facts[f"spread_{when}"] for when in ("before", "regular", "after")]
    assert spreads == pytest.approx([200, 100, 400])


def test_nothing_is_said_of_the_time_after_the_end_of_coverage():
    day = make_day([Q(ns(10), 9.9, 10.1)], end_second=CLOSE)
    assert math.isnan(facts_of([day])["spread_after"])


# Processes whose answer is known.


def test_an_autoregression_has_the_powers_of_its_coefficient_as_autocorrelations():
    rng = np.random.default_rng(1)
    noise, values = rng.standard_normal(200_000), np.empty(200_000)
    values[0] = 0
    for i in range(1, len(values)):
        values[i] = 0.7 * values[i - 1] + noise[i]
    values[rng.random(len(values)) < 0.1] = np.nan  # holes change nothing
    for lag in (1, 2, 5):
        assert estimators.autocorrelation(values, lag) == pytest.approx(0.7**lag, abs=0.01)


@pytest.mark.parametrize("exponent", [1.5, 3.0])
def test_the_tail_of_a_pareto_law_has_its_exponent(exponent):
    values = np.random.default_rng(2).pareto(exponent, 200_000) + 1
    assert estimators.hill(values, 0.02) == pytest.approx(exponent, rel=0.05)


def test_a_tail_that_does_not_reach_above_zero_has_no_exponent():
    assert math.isnan(estimators.hill(np.r_[np.zeros(990), np.ones(10)], 0.02))


def test_kurtosis_and_ranks_are_those_of_scipy():
    rng = np.random.default_rng(3)
    x, y = rng.standard_t(5, 500), rng.integers(0, 9, 500)
    assert estimators.excess_kurtosis(x) == pytest.approx(stats.kurtosis(x))
    assert estimators.rank_correlation(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)


def test_a_flickering_walk_has_the_variance_ratio_of_its_two_parts():
    rng = np.random.default_rng(4)
    walk = np.cumsum(rng.standard_normal(400_000))
    flicker = 2 * rng.standard_normal(len(walk))
    for horizon in (5, 60):
        expected = (horizon + 8) / (horizon * 9)
        found = estimators.variance_ratio(walk + flicker, horizon)
        assert found == pytest.approx(expected, rel=0.05)
        assert estimators.variance_ratio(walk, horizon) == pytest.approx(1, rel=0.05)


def test_changes_do_not_reach_over_a_hole():
    values = np.array([1.0, 2.0, np.nan, 5.0, 7.0, 8.0])
    expected = [np.nan, np.nan, np.nan, 3.0]
    assert np.array_equal(estimators.changes(values, 2), expected, equal_nan=True)


def test_a_poisson_process_has_fano_and_variation_of_one():
    rng = np.random.default_rng(5)
    assert estimators.fano(rng.poisson(3, 50_000).astype(float)) == pytest.approx(1, abs=0.03)
    assert estimators.variation(rng.exponential(2, 50_000)) == pytest.approx(1, abs=0.03)


def test_an_elasticity_survives_noise_in_both_and_a_slope_does_not():
    rng = np.random.default_rng(6)
    truth = rng.normal(0, 1, 20_000)
    x, y = np.exp(truth + 0.7 * rng.normal(size=20_000)), truth + 0.7 * rng.normal(size=20_000)
    assert estimators.elasticity(x, np.exp(0.6 * y)) == pytest.approx(0.6, abs=0.02)
    assert estimators.slope(np.log(x), 0.6 * y) < 0.45


def clusters(rng, ratio, rate, seconds, scales):
    """Return the times of a Hawkes process by its clusters: each event has its own children."""
    born = rng.uniform(-200, seconds, rng.poisson(rate * (seconds + 200)))
    every = [born]
    while len(born):
        parents = np.repeat(born, rng.poisson(ratio, len(born)))
        born = parents + rng.exponential(rng.choice(scales, len(parents)))
        every.append(born)
    times = np.sort(np.concatenate(every))
    return times[(times >= 0) & (times < seconds)]


@pytest.mark.parametrize("ratio", [0.3, 0.7])
def test_the_branching_ratio_of_a_simulated_process_is_found(ratio):
    rng = np.random.default_rng(7)
    found = [
        branching_ratio(clusters(rng, ratio, 0.4, 900, TIME_SCALES[1:4]), 900.0) for _ in range(30)
    ]
    assert np.mean(found) == pytest.approx(ratio, abs=0.06)


def test_prints_by_chance_alone_breed_few():
    """Not none: no weight can be below 0, and one window is short beside the slowest scale."""
    rng = np.random.default_rng(8)
    found = [branching_ratio(np.sort(rng.uniform(0, 900, 600)), 900.0) for _ in range(20)]
    assert np.mean(found) < 0.25
    assert min(found) < 0.05


def test_the_branching_ratio_is_at_the_top_of_a_plainly_written_likelihood():
    times, seconds = clusters(np.random.default_rng(9), 0.6, 0.5, 300, TIME_SCALES[1:4]), 300.0
    scales = (0.5, 5.0)
    past = [t - times[:i] for i, t in enumerate(times)]
    excited = np.array([[np.exp(-ago / s).sum() / s for s in scales] for ago in past])
    mass = np.array([(1 - np.exp(-(seconds - times) / s)).sum() for s in scales])

    def cost(weights):
        rate = weights[0] + excited @ weights[1:]
        return weights[0] * seconds + mass @ weights[1:] - np.log(rate).sum()

    best = optimize.minimize(cost, [1.0, 0.2, 0.2], bounds=[(1e-6, None), (0, None), (0, None)])
    assert branching_ratio(times, seconds, scales) == pytest.approx(best.x[1:].sum(), abs=0.01)


def test_prints_closer_than_a_millisecond_are_one_event():
    times = np.array([0.0, 0.0005, 0.0012, 0.5, 0.5009, 0.6])
    assert merge_close(times, 1e-3).tolist() == [0.0, 0.5, 0.6]


def test_split_orders_give_signs_the_memory_of_their_lengths():
    """Runs of Pareto length have the autocorrelation ``sum_{l>k} (l-k) p(l) / sum l p(l)``."""
    rng = np.random.default_rng(10)
    lengths = np.floor((1 - rng.random(20_000)) ** (-1 / 1.5)).astype(int)
    signs = np.repeat(rng.choice([-1, 1], len(lengths)), lengths)[:30_000]
    times = np.sort(rng.integers(ns(OPEN), ns(CLOSE), len(signs)))
    trades = [P(int(t), 5.0, side=int(s)) for t, s in zip(times, signs, strict=True)]
    facts = facts_of([make_day([], trades=trades)])
    length = np.arange(1, 10**6)
    share = length**-1.5 - (length + 1.0) ** -1.5
    lags = np.array([1, 2, 5, 10, 20, 50, 100])
    exact = np.array([(share[k:] * (length[k:] - k)).sum() / (share * length).sum() for k in lags])
    found = [facts[f"sign_acf_{lag}"] for lag in lags]
    assert found == pytest.approx(exact, abs=0.06)


@pytest.mark.parametrize("exponent", [0.4, 0.8])
def test_the_exponent_of_the_memory_of_signs_is_that_of_its_decay(exponent):
    trades = [P(ns(OPEN + i), 5.0) for i in range(300)]
    measured = measure(make_day([], trades=trades))
    decay = 0.6 * np.arange(1, 101.0) ** -exponent
    facts = combine([measured._replace(sign_acf=decay)])
    assert facts["sign_memory_exponent"] == pytest.approx(exponent)


def test_signs_by_chance_have_no_memory():
    rng = np.random.default_rng(11)
    signs = rng.choice([-1, 1], 20_000).tolist()
    trades = [P(ns(OPEN + i), 5.0, side=sign) for i, sign in enumerate(signs)]
    assert abs(facts_of([make_day([], trades=trades)])["sign_acf_1"]) < 0.02


def test_inferred_aggressors_count_as_none():
    trades = [P(ns(OPEN + i), 5.0, side=1, confidence=80) for i in range(500)]
    facts = facts_of([make_day([], trades=trades)])
    assert facts["no_aggressor_share"] == 1
    assert math.isnan(facts["sign_acf_1"])


def test_crosses_are_no_part_of_the_flow():
    trades = [P(ns(OPEN + i), 5.0, 10) for i in range(100)]
    cross = P(ns(OPEN), 5.0, 10_000, 0, int(Mark.ORDINARY & ~Mark.TAPE | Mark.AUCTION))
    assert facts_of([make_day([], trades=[cross, *trades])])["trade_size_mean"] == 10


@pytest.mark.parametrize("exponent", [0.5, 1.0])
def test_the_impact_exponent_is_that_of_the_law_behind_noise(exponent):
    rng = np.random.default_rng(12)
    flow = rng.standard_t(4, 20_000)
    moves = np.sign(flow) * np.abs(flow) ** exponent + 0.3 * rng.standard_normal(len(flow))
    assert impact_exponent(flow, moves) == pytest.approx(exponent, abs=0.07)


def test_a_mid_that_moves_a_cent_with_each_flow_is_explained_in_full():
    """With even sizes a cent up is 100 shares added to the bid and 100 taken from the offer."""
    steps = np.random.default_rng(13).choice([-1, 1], 3600)
    bids = 5000 + np.cumsum(steps)
    quotes = [
        Q(ns(OPEN + 2 * i), bid / 100, (bid + 1) / 100) for i, bid in enumerate(bids.tolist())
    ]
    assert facts_of([make_day(quotes)])["ofi_r2"] == pytest.approx(1)


def test_a_mid_that_moves_without_regard_to_its_sizes_is_not_explained():
    """The bid's size changes by chance each second, the price now and then."""
    rng = np.random.default_rng(14)
    sizes, steps = rng.integers(1, 90, 7200), rng.choice([-1, 0, 0, 0, 1], 7200)
    bids = 5000 + np.cumsum(np.where(np.arange(7200) % 5 == 0, steps, 0))
    quotes = [
        Q(ns(OPEN + i), bid / 100, (bid + 1) / 100, 100 * size, 1)
        for i, (bid, size) in enumerate(zip(bids.tolist(), sizes.tolist(), strict=True))
    ]
    assert facts_of([make_day(quotes)])["ofi_r2"] < 0.5


# Days, pauses and outcomes.


def paused_day(before, after, length=300, **more):
    start = OPEN + 1000
    trades = [P(ns(start - 200), 5.0), P(ns(start - 1), before), P(ns(start + length + 1), after)]
    notices = [stop(ns(start)), resume(ns(start + length))]
    day = make_day([], notices, trades, **more)
    day.status.reason[0] = LULD_PAUSE
    return day


def test_a_pause_has_its_direction_its_length_and_its_gap():
    facts = facts_of([paused_day(5.5, 6.05), paused_day(4.5, 4.05, length=600)])
    assert facts["pauses_per_day"] == 1
    assert facts["pause_upward_share"] == 0.5
    assert facts["pause_seconds"] == 450
    assert facts["pause_gap"] == pytest.approx(0.10)


def test_a_halt_for_another_reason_is_no_volatility_pause():
    day = paused_day(5.5, 6.05)
    day.status.reason[0] = 30
    assert facts_of([day])["pauses"] == 0


def test_gaps_before_and_after_a_halt_do_not_count():
    trades = [P(ns(OPEN + i), 5.0) for i in [*range(100), *range(1000, 1100)]]
    notices = [stop(ns(OPEN + 100)), resume(ns(OPEN + 900))]
    with_halt = facts_of([make_day([], notices, trades)])
    assert with_halt["gap_variation"] == 0
    assert facts_of([make_day([], (), trades)])["gap_variation"] > 1


def test_a_gap_up_needs_the_close_of_the_session_before():
    first, second = dt.date(2025, 3, 4), dt.date(2025, 3, 5)
    before = make_day([], trades=[P(ns(OPEN), 5.0), P(ns(CLOSE - 1), 5.0)], date=first)
    up = make_day([], trades=[P(ns(OPEN), 6.5), P(ns(CLOSE - 1), 5.5)], date=second)
    facts = facts_of([before, up])
    assert (facts["gap_days"], facts["gap_closes_below_open"]) == (1, 1)
    assert facts_of([up])["gap_days"] == 0
    later = make_day([], trades=[P(ns(OPEN), 6.5), P(ns(CLOSE - 1), 5.5)], date=dt.date(2025, 3, 6))
    assert facts_of([before, later])["gap_days"] == 0


@pytest.mark.parametrize(("second", "early"), [(OPEN - 1, 0), (OPEN, 1), (OPEN + 899, 1),
                                               (OPEN + 900, 0)])  # fmt: skip
def test_an_early_high_comes_in_the_first_quarter_of_an_hour(second, early):
    trades = sorted([P(ns(100), 4.0), P(ns(second), 6.0), P(ns(CLOSE), 5.0)])
    assert facts_of([make_day([], trades=trades)])["early_high_share"] == early


def test_prints_weigh_by_number_and_days_count_alike():
    few = make_day([Q(ns(OPEN), 5, 5.05)], trades=[P(ns(OPEN + i), 5.0, 50) for i in range(100)])
    many = make_day([Q(ns(OPEN), 5, 5.1)], trades=[P(ns(OPEN + i), 5.0, 200) for i in range(900)])
    facts = facts_of([few, many])
    assert facts["odd_lot_share"] == pytest.approx(0.1)
    spreads = [facts_of([day])["spread_regular"] for day in (few, many)]
    assert facts["spread_regular"] == pytest.approx(np.mean(spreads))


# Days that hold too little.


def tiny_days():
    quotes = [Q(ns(OPEN + i), 5, 5.01 + 0.01 * (i % 2)) for i in range(5)]
    return {
        "empty": make_day([]),
        "one print": make_day([], trades=[P(ns(OPEN + 5), 5.0)]),
        "one quote": make_day([Q(ns(OPEN), 5, 5.01)]),
        "one side": make_day([Q(ns(OPEN), 5, 0)]),
        "few": make_day(quotes, trades=[P(ns(OPEN + i), 5.0) for i in range(5)]),
        "half day": make_day([Q(ns(10), 5, 5.1)], date=dt.date(2024, 7, 3)),
        "covered for an hour": make_day(quotes[:0], end_second=3600),
        "halted to the end": make_day(quotes, [stop(ns(OPEN + 3))], [P(ns(OPEN + 1), 5.0)]),
    }


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", tiny_days())
def test_a_day_that_holds_too_little_says_nothing_of_returns(name):
    facts = facts_of([tiny_days()[name]])
    for fact in ("return_kurtosis", "sign_acf_1", "variance_ratio_60", "branching_ratio",
                 "impact_exponent", "ofi_r2", "response_1s"):  # fmt: skip
        assert math.isnan(facts[fact]), fact


def test_quotes_made_up_from_prints_are_no_quotes(busy_days):
    rebuilt = dataclasses.replace(busy_days[0], flags=(QUOTES_REBUILT,))
    facts, real = facts_of([rebuilt]), facts_of([busy_days[0]])
    assert math.isnan(facts["spread_regular"])
    assert math.isnan(facts["return_kurtosis"])
    assert facts["odd_lot_share"] == real["odd_lot_share"]


def test_days_that_say_nothing_leave_the_others_as_they_are(busy_days):
    alone, together = facts_of(busy_days), facts_of([*busy_days, make_day([])])
    for name in ("spread_regular", "sign_acf_1", "return_kurtosis", "branching_ratio"):
        assert alone[name] == together[name]


def test_measured_days_may_be_put_together_in_any_way(busy_days):
    measured = [measure(day) for day in busy_days]
    assert combine(measured) == pytest.approx(facts_of(busy_days), nan_ok=True)
    assert combine(measured[:1]) == pytest.approx(facts_of(busy_days[:1]), nan_ok=True)


# Bands.


def test_every_band_is_of_a_fact_that_is_measured_and_has_room(busy_days):
    facts = facts_of(busy_days)
    assert [band.name for band in BANDS if band.name not in facts] == []
    assert len({band.name for band in BANDS}) == len(BANDS)
    assert all(band.low < band.high and band.source and band.sentence for band in BANDS)


def test_a_fact_is_judged_by_its_band_on_the_days_it_is_about(busy_days):
    quiet = make_day([Q(ns(OPEN), 5, 5.01)], trades=[P(ns(OPEN + i), 5.0, 1) for i in range(60)])
    with_quiet, without = check([*busy_days, quiet]), check(busy_days)
    of_all_days = {band.name for band in BANDS if band.least_range == 0}
    for one, other in zip(with_quiet, without, strict=True):
        if one.name not in of_all_days:
            assert one.value == pytest.approx(other.value, nan_ok=True)
            assert one.days == other.days
    for fact in with_quiet:
        known = not math.isnan(fact.value)
        assert fact.ok == (fact.low <= fact.value <= fact.high if known else None)
        assert math.isnan(fact.against)


def test_no_days_give_no_verdict():
    assert {(fact.ok, fact.days) for fact in check([])} == {(None, 0)}


def test_other_days_are_measured_beside(busy_days):
    facts = check(busy_days[:1], against=busy_days[1:])
    beside = facts_of(busy_days[1:])
    spread = next(fact for fact in facts if fact.name == "spread_regular")
    assert spread.against == beside["spread_regular"]
    assert spread.value != spread.against
