"""The interval of a mean over days."""

import numpy as np
import pytest
from scipy import stats

from lowfloat.exam.interval import mean_interval


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
