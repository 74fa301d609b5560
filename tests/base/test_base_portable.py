"""Portable functions against the C library's, and draws against NumPy's stream and their laws."""

import math

import numpy as np
import pytest
from scipy import stats

from lowfloat.base.portable import exp, log
from lowfloat.synth.book import MARKET
from lowfloat.synth.draws import exponential, geometric, lognormal, normal, uniform

COUNT = 20_000


def stream(key0=7, key1=11):
    records = np.zeros(1, MARKET).view(np.recarray)
    records[0].key0, records[0].key1 = key0, key1
    return records[0]


def drawn(draw, *arguments, key=7):
    of = stream(key)
    return np.array([draw(of, *arguments) for _ in range(COUNT)])


def ulps(found, expected):
    return np.abs(np.asarray(found) - expected) / np.spacing(np.abs(expected))


def numbers(low, high, seed=1):
    rng = np.random.Generator(np.random.Philox(seed))
    wide = rng.uniform(low, high, COUNT)
    small = rng.uniform(-1, 1, COUNT) * 10.0 ** rng.uniform(-12, 0, COUNT)
    return np.concatenate([wide, small])


def test_the_exponential_is_good_to_two_units_in_the_last_place():
    x = numbers(-700.0, 700.0)
    assert ulps([exp(v) for v in x], np.array([math.exp(v) for v in x])).max() <= 2.0


@pytest.mark.parametrize(
    "x", [0.0, 1.0, -1.0, 0.5 * math.log(2), -0.5 * math.log(2), 700.0, -700.0, 1e-300]
)
def test_the_exponential_of_a_turning_point_is_good(x):
    assert ulps(exp(x), math.exp(x)) <= 2.0


@pytest.mark.parametrize("x", [701.0, 1e9, math.inf])
def test_the_exponential_is_cut_at_its_bounds(x):
    assert exp(x) == exp(700.0)
    assert exp(-x) == exp(-700.0)


def test_the_logarithm_is_good_to_a_few_units_in_the_last_place():
    x = np.concatenate(
        [10.0 ** numbers(-300.0, 300.0)[:COUNT], np.abs(1.0 + numbers(-0.9, 9.0, seed=2))]
    )
    assert ulps([log(v) for v in x], np.array([math.log(v) for v in x])).max() <= 4.0


@pytest.mark.parametrize("x", [1.0, math.sqrt(0.5), 2.0, 1 - 2**-53, 1 + 2**-52, 5e-324, 1.7e308])
def test_the_logarithm_of_a_turning_point_is_good(x):
    assert log(x) == pytest.approx(math.log(x), rel=1e-15, abs=0.0)


def test_uniform_numbers_are_the_words_of_numpys_philox():
    # NumPy gives four words per counter, of which a draw takes the first.
    generator = np.random.Philox(key=np.array([7, 11], np.uint64), counter=0)
    words = generator.random_raw(4 * 500).reshape(500, 4)[:, 0]
    of = stream()
    expected = ((words >> np.uint64(12)).astype(float) + 0.5) / 2.0**52
    assert [uniform(of) for _ in range(500)] == expected.tolist()


def test_another_key_gives_other_numbers():
    first, second = drawn(uniform)[:100], drawn(uniform, key=8)[:100]
    assert not np.isin(first, second).any()


@pytest.mark.parametrize(
    ("draw", "arguments", "law"),
    [
        (uniform, (), stats.uniform()),
        (normal, (), stats.norm()),
        (exponential, (3.0,), stats.expon(scale=3.0)),
        (lognormal, (2.0, 0.7), stats.lognorm(0.7, scale=2.0)),
    ],
)
def test_draws_follow_their_law(draw, arguments, law):
    assert stats.kstest(drawn(draw, *arguments), law.cdf).pvalue > 0.01


def test_geometric_numbers_follow_their_law():
    found = np.bincount(drawn(geometric, 0.3).astype(int), minlength=64)
    expected = COUNT * 0.3 * 0.7 ** np.arange(64)
    kept = expected > 10
    chi = ((found - expected)[kept] ** 2 / expected[kept]).sum()
    assert stats.chi2(kept.sum() - 1).sf(chi) > 0.01


def test_a_geometric_number_ends_at_63():
    of = stream()
    assert max(geometric(of, 1e-9) for _ in range(100)) == 63


@pytest.mark.parametrize("draw", [uniform, normal])
@pytest.mark.parametrize("lag", [1, 2, 3])
def test_draws_do_not_know_of_each_other(draw, lag):
    ranks = stats.rankdata(drawn(draw))
    assert stats.pearsonr(ranks[lag:], ranks[:-lag]).pvalue > 0.01


def test_draws_never_reach_their_bounds():
    found = drawn(uniform)
    assert found.min() > 0.0
    assert found.max() < 1.0
    assert drawn(exponential, 1.0).min() > 0.0
