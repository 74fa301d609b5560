"""The intervals of means and of ratios over days."""

import numpy as np
import pytest
from scipy import stats

from lowfloat.exam.interval import mean_interval, ratio_ahead_interval, ratio_interval


def test_one_day_has_no_interval():
    assert mean_interval(np.array([3.0]), 0.95, 1_000, 1) is None


def test_no_day_has_no_interval():
    assert mean_interval(np.array([]), 0.95, 1_000, 1) is None


def test_days_that_are_all_alike_have_an_interval_of_no_width():
    assert mean_interval(np.full(7, 12.5), 0.95, 1_000, 1) == (12.5, 12.5)


def test_two_days_reach_from_the_worse_to_the_better():
    # One resample in four is the worse day twice, one in four the better.
    assert mean_interval(np.array([-10.0, 30.0]), 0.95, 2_000, 1) == (-10.0, 30.0)
    assert mean_interval(np.array([-10.0, 30.0]), 0.40, 2_000, 1) == (10.0, 10.0)


def test_many_days_have_about_the_interval_of_the_normal_approximation():
    values = np.random.default_rng(5).normal(3.0, 10.0, 400)
    low, high = mean_interval(values, 0.95, 10_000, 1)
    middle, error = values.mean(), values.std() / np.sqrt(len(values))
    assert (low, high) == pytest.approx((middle - 1.96 * error, middle + 1.96 * error), abs=0.05)


def test_it_is_scipys_percentile_bootstrap():
    values = np.random.default_rng(5).exponential(10.0, 12)
    wanted = stats.bootstrap(
        (values,), np.mean, confidence_level=0.9, n_resamples=5_000, method="percentile",
        rng=np.random.Generator(np.random.Philox(7)),
    ).confidence_interval  # fmt: skip
    assert mean_interval(values, 0.9, 5_000, 7) == (wanted.low, wanted.high)


def test_it_is_about_the_quantiles_of_resampled_means():
    values = np.random.default_rng(5).exponential(10.0, 12)
    random = np.random.default_rng(8)
    means = [random.choice(values, len(values)).mean() for _ in range(20_000)]
    found = mean_interval(values, 0.9, 20_000, 7)
    assert found == pytest.approx(np.quantile(means, [0.05, 0.95]), rel=0.02)


def test_the_seed_names_the_draws():
    values = np.random.default_rng(5).normal(size=9)
    assert mean_interval(values, 0.95, 500, 1) == mean_interval(values, 0.95, 500, 1)
    assert mean_interval(values, 0.95, 500, 1) != mean_interval(values, 0.95, 500, 2)


def test_more_confidence_makes_a_wider_interval():
    values = np.random.default_rng(5).normal(size=30)
    low, high = mean_interval(values, 0.5, 2_000, 1)
    lower, higher = mean_interval(values, 0.99, 2_000, 1)
    assert lower < low < values.mean() < high < higher


class TestRatios:
    DAYS = 40

    @pytest.fixture
    def trading(self) -> tuple[np.ndarray, np.ndarray]:
        random = np.random.default_rng(2)
        trades = random.poisson(3.0, self.DAYS).astype(float)
        return random.normal(5.0, 20.0, self.DAYS) * trades, trades

    def test_a_ratio_is_resampled_by_whole_days(self, trading):
        totals, counts = trading
        random = np.random.default_rng(9)
        drawn = random.integers(0, self.DAYS, (20_000, self.DAYS))
        ratios = totals[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
        found = ratio_interval(totals, counts, 0.9, 20_000, 7)
        assert found == pytest.approx(np.quantile(ratios, [0.05, 0.95]), rel=0.03)

    def test_a_ratio_to_one_per_day_is_a_mean(self, trading):
        values, _ = trading
        found = ratio_interval(values, np.ones(self.DAYS), 0.9, 20_000, 7)
        assert found == pytest.approx(mean_interval(values, 0.9, 20_000, 7), rel=0.03)

    def test_days_that_counted_nothing_give_no_ratio(self):
        assert ratio_interval(np.zeros(9), np.zeros(9), 0.9, 500, 7) is None
        assert ratio_interval(np.eye(9)[0], np.eye(9)[0], 0.9, 500, 7) is None

    def test_draws_without_a_count_are_nothing(self):
        """Two of many days counted: a draw misses both about one time in eight."""
        totals, counts = np.zeros(30), np.zeros(30)
        totals[:2], counts[:2] = 4.0, 1.0
        assert ratio_interval(totals, counts, 0.9, 5_000, 7) == (0.0, 4.0)
        assert ratio_interval(totals, counts, 0.6, 5_000, 7) == (4.0, 4.0)

    def test_a_ratio_is_no_way_ahead_of_itself(self, trading):
        assert ratio_ahead_interval(trading, trading, 0.9, 500, 7) == (0.0, 0.0)

    def test_two_ratios_are_compared_on_the_same_days(self, trading):
        totals, counts = trading
        ahead = ratio_ahead_interval((totals + 2.0 * counts, counts), trading, 0.9, 500, 7)
        assert ahead == pytest.approx((2.0, 2.0))

    def test_a_side_that_counted_nothing_cannot_be_compared(self, trading):
        nothing = (np.zeros(self.DAYS), np.zeros(self.DAYS))
        assert ratio_ahead_interval(trading, nothing, 0.9, 500, 7) is None
