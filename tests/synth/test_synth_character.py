"""What a stock is like, and how its days differ."""

import numpy as np
import pytest

from lowfloat.synth.character import Character, draw_character, draw_stock
from lowfloat.synth.preset import Variety

STOCKS = [draw_stock(np.random.default_rng(seed)) for seed in range(2000)]


def days(count):
    stock = STOCKS[0]
    return [draw_character(np.random.default_rng(seed), stock, Variety()) for seed in range(count)]


def test_a_stock_has_a_low_float_and_a_low_price():
    assert all(0.6 <= stock.usual_dollars <= 20 for stock in STOCKS)
    assert all(0.5e6 <= stock.float_shares <= 20e6 for stock in STOCKS)
    assert all(0 <= stock.short_interest <= 0.4 for stock in STOCKS)


def test_usual_prices_are_spread_evenly_by_ratio():
    median = np.median([stock.usual_dollars for stock in STOCKS])
    assert median == pytest.approx(np.sqrt(0.6 * 20), rel=0.1)


def test_a_day_keeps_what_belongs_to_the_stock():
    stock = STOCKS[0]
    for day in days(20):
        assert (day.usual_dollars, day.float_shares, day.short_interest) == tuple(stock)


@pytest.mark.parametrize("name", ["intensity", "depth", "spread", "volatility", "order_size"])
def test_a_factor_is_log_normal_about_1(name):
    sd = getattr(Variety(), f"{name}_sigma")
    logs = np.log([getattr(day, name) for day in days(2000)])
    assert np.mean(logs) == pytest.approx(0.0, abs=4 * sd / np.sqrt(2000))
    assert np.std(logs) == pytest.approx(sd, rel=0.08)


@pytest.mark.parametrize("name", ["branching", "memory", "lots", "dark"])
def test_a_share_is_uniform_about_its_middle(name):
    middle, reach = getattr(Variety(), name), getattr(Variety(), f"{name}_reach")
    values = [getattr(day, name) for day in days(2000)]
    most = min(middle + reach, 1.0 if name == "lots" else np.inf)
    assert middle - reach <= min(values) < middle - 0.95 * reach
    assert most - 0.05 * reach < max(values) <= most
    assert np.median(values) == pytest.approx(middle, abs=4 * reach / np.sqrt(2000))


def test_however_wide_the_days_differ_no_order_breeds_more_than_one():
    variety = Variety(branching=0.9, branching_reach=0.5, lots=0.9, lots_reach=0.5)
    drawn = [draw_character(np.random.default_rng(seed), STOCKS[0], variety) for seed in range(200)]
    assert 0.9 < max(day.branching for day in drawn) < 1.0
    assert max(day.lots for day in drawn) == 1.0


def test_the_same_generator_draws_the_same_character():
    first, second = (
        draw_character(np.random.default_rng(3), STOCKS[1], Variety()) for _ in range(2)
    )
    assert first == second
    assert isinstance(first, Character)
