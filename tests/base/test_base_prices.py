"""Integer prices: units that fit each other, tick sizes, and no overflow within the bounds."""

import pytest

from lowfloat.base import prices

INT64_MAX = 2**63 - 1


def test_the_units_fit_each_other() -> None:
    assert prices.NANODOLLARS_PER_UNIT * prices.UNITS_PER_DOLLAR == 10**9
    assert prices.MICRODOLLARS_PER_UNIT * prices.UNITS_PER_DOLLAR == prices.MICRODOLLARS_PER_DOLLAR
    assert prices.MICRODOLLARS_PER_CENT * 100 == prices.MICRODOLLARS_PER_DOLLAR


def test_the_value_of_the_largest_order_stays_below_two_to_the_sixtieth() -> None:
    largest = prices.MAX_PRICE_UNITS * prices.MAX_SHARES * prices.MICRODOLLARS_PER_UNIT
    assert largest == 10**18
    assert largest < 2**60


def test_eight_of_the_largest_orders_fit_an_int64() -> None:
    largest = prices.MAX_PRICE_UNITS * prices.MAX_SHARES * prices.MICRODOLLARS_PER_UNIT
    assert 8 * largest <= INT64_MAX


def test_the_highest_price_is_a_hundred_thousand_dollars_and_fits_an_int32_of_units() -> None:
    assert prices.dollars_from_units(prices.MAX_PRICE_UNITS) == 100_000
    assert prices.MAX_PRICE_UNITS <= 2**31 - 1
    assert prices.MAX_PRICE_UNITS * prices.NANODOLLARS_PER_UNIT <= INT64_MAX


@pytest.mark.parametrize(
    ("units", "tick"),
    [(1, 1), (9_999, 1), (10_000, 100), (10_001, 100), (1_000_000_000, 100), (0, 1)],
)
def test_a_quote_moves_by_a_cent_from_a_dollar_up(units: int, tick: int) -> None:
    assert prices.tick_size(units) == tick


def test_dollars_of_units_and_of_microdollars() -> None:
    assert prices.dollars_from_units(12_345) == 1.2345
    assert prices.dollars_from_micro(-1_500_000) == -1.5
