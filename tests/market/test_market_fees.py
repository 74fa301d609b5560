"""Commission and fees, by hand."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import fees as reference

from lowfloat.env.config import EnvConfig
from lowfloat.market.book import DAY
from lowfloat.market.fees import (
    Commission,
    commission_of,
    commission_terms,
    order_fees_of,
    regulatory_fees,
    sale_fees_of,
)

DOLLAR = 1_000_000
USUAL = Commission()
TIERED = EnvConfig(commission="tiered").commission


def commission(shares: int, units: int, plan: Commission = USUAL) -> int:
    return commission_of(100 * shares * units, shares, commission_terms(plan))


def taking_fees(value: int, shares: int, plan: Commission) -> int:
    return order_fees_of(value, shares, value, shares, commission_terms(plan))


def sale_fees(shares: int, units: int, date: dt.date) -> int:
    day = np.zeros(1, DAY)
    day["sec_fee"], day["taf_fee"], day["taf_cap"] = regulatory_fees(date)
    return sale_fees_of(100 * shares * units, shares, day[0])


@pytest.mark.parametrize(
    ("shares", "units", "expected"),
    [
        (1_000, 40_200, 5_000_000),  # half a cent a share
        (200, 40_200, 1_000_000),  # just the minimum
        (201, 40_200, 1_005_000),
        (100, 40_200, 1_000_000),  # the minimum
        (25, 40_200, 1_000_000),  # 1 % of $100.50 is above the minimum
        (24, 40_200, 964_800),  # 1 % of $96.48
        (10_000, 3_000, 30_000_000),  # 1 % of $3,000 is below $50
        (1, 1, 1),  # 1 % of a hundredth of a cent
        (0, 40_200, 0),
    ],
)
def test_commission_is_per_share_with_a_minimum_and_a_cap(shares, units, expected) -> None:
    assert commission(shares, units) == expected


def test_the_cap_of_the_commission_is_rounded_against_the_trader() -> None:
    # 0.5 % of 300 microdollars is 1.5 of them.
    assert commission(3, 1, Commission(0.005, 1.0, 0.005)) == 2


def test_a_free_plan_costs_nothing() -> None:
    assert commission(5_000, 40_000, Commission(0.0, 0.0, 1.0)) == 0


@pytest.mark.parametrize(
    ("date", "sec_cents", "taf_cents"),
    [
        # 5,000 shares at $4.00, each fee rounded up to the cent.
        (dt.date(2024, 5, 21), 16, 83),  # $8.00 a million; $0.000166 a share
        (dt.date(2024, 5, 22), 56, 83),  # $27.80 a million: 55.6 cents
        (dt.date(2025, 5, 13), 56, 83),
        (dt.date(2025, 5, 14), 0, 83),
        (dt.date(2025, 12, 31), 0, 83),
        (dt.date(2026, 1, 1), 0, 98),  # $0.000195 a share: 97.5 cents
        (dt.date(2026, 4, 3), 0, 98),
        (dt.date(2026, 4, 4), 42, 98),  # $20.60 a million: 41.2 cents
        (dt.date(2026, 12, 31), 42, 98),
        (dt.date(2027, 1, 1), 42, 116),
        (dt.date(2023, 2, 26), 46, 73),  # $22.90 a million: 45.8; $0.000145 a share: 72.5
        (dt.date(2023, 2, 27), 16, 73),
        (dt.date(2022, 12, 31), 46, 65),
        (dt.date(2021, 12, 31), 11, 60),  # $5.10 a million: 10.2; $0.000119 a share: 59.5
        (dt.date(2010, 1, 4), 26, 60),  # before the tables: their first rows
    ],
)
def test_a_sale_pays_the_sec_and_finra_by_its_date(date, sec_cents, taf_cents) -> None:
    assert sale_fees(5_000, 40_000, date) == 10_000 * (sec_cents + taf_cents)


@pytest.mark.parametrize(
    ("date", "cents"),
    [
        (dt.date(2020, 3, 2), 221 + 595),
        (dt.date(2025, 3, 3), 278 + 830),
        (dt.date(2026, 5, 1), 206 + 979),
    ],
)
def test_finras_fee_is_capped_per_trade(date, cents) -> None:
    assert sale_fees(100_000, 10_000, date) == 10_000 * cents


def test_a_sale_of_one_share_pays_a_cent_of_each() -> None:
    assert sale_fees(1, 10_000, dt.date(2025, 3, 3)) == 20_000


@pytest.mark.parametrize(
    ("shares", "units", "expected"),
    [
        (1_000, 40_200, 3_500_000 + 200_000 + 3_000_000),
        (100, 40_200, 350_000 + 20_000 + 300_000),  # the minimum of the commission
        (1_000, 10_000, 3_500_000 + 200_000 + 3_000_000),  # at $1 still by the share
        (1_000, 9_999, 3_500_000 + 200_000 + 2_999_700),  # below it 0.3 % of $999.90
        (10_000, 500, 5_000_000 + 2_000_000 + 1_500_000),  # 1 % of $500 is all the broker gets
    ],
)
def test_a_tiered_plan_passes_clearing_and_the_exchanges_fee_on(shares, units, expected) -> None:
    assert taking_fees(100 * shares * units, shares, TIERED) == expected


def test_the_exchanges_fee_goes_by_the_average_price_of_all_levels() -> None:
    plan = Commission(0.0, 0.0, 0.0, 0.0, 0.003, 0.003)
    at_a_dollar, below = 100 * (9_900 + 10_100), 100 * (9_899 + 10_100)
    assert taking_fees(at_a_dollar, 2, plan) == 6_000
    assert taking_fees(below, 2, plan) == 6_000  # 0.3 % of $1.9999 are 5,999.7, rounded up
    assert taking_fees(below - 100_000, 2, plan) == 5_700


def test_the_plans_have_names() -> None:
    assert EnvConfig(commission="fixed").commission == USUAL
    assert EnvConfig(commission="zero").commission == Commission(0.0, 0.0, 0.0)
    assert EnvConfig().commission == USUAL
    changed = EnvConfig(commission={"preset": "tiered", "minimum": 0.0}).commission
    assert changed == TIERED._replace(minimum=0.0)


def test_a_plan_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"cheap.*fixed, tiered, zero"):
        EnvConfig(commission="cheap")


def test_dollars_become_exact_integers() -> None:
    terms = commission_terms(Commission(0.0035, 0.35, 0.005, 0.0002, 0.003, 0.001, 0.002))
    assert tuple(terms) == (3_500, 350_000, 5_000, 200, 3_000, 1_000, 2_000)


@given(
    shares=st.integers(0, 10_000_000),
    units=st.integers(1, 1_000_000_000),
    per_share=st.integers(0, 50_000),
    minimum=st.integers(0, 10 * DOLLAR),
    cap_ppm=st.integers(0, 1_000_000),
)
def test_commission_equals_exact_fractions_up_to_the_largest_order(
    shares, units, per_share, minimum, cap_ppm
) -> None:
    plan = Commission(per_share / 1e6, minimum / 1e6, cap_ppm / 1e6)
    value = 100 * shares * units
    assert commission(shares, units, plan) == reference.commission(value, shares, plan)


def test_shares_that_waited_earn_a_rebate_and_pay_nothing_for_taking() -> None:
    terms = commission_terms(TIERED)
    # Of 1,000 shares at $4 400 were taken: $3.50 and $0.20 on all, $1.20 on 400, $1.20 back on 600.
    fees = order_fees_of(4_000_000_000, 1_000, 1_600_000_000, 400, terms)
    assert fees == 3_500_000 + 200_000 + 1_200_000 - 1_200_000
    # None was taken: $0.35 and 2 cents, 20 cents back.
    assert order_fees_of(400_000_000, 100, 0, 0, terms) == 350_000 + 20_000 - 200_000


@given(
    shares=st.integers(1, 10_000_000),
    part=st.fractions(0, 1),
    units=st.one_of(st.integers(1, 20_000), st.integers(1, 1_000_000_000)),
    odd=st.integers(-99, 99),
    clearing=st.integers(0, 50_000),
    take_fee=st.integers(0, 50_000),
    take_ppm=st.integers(0, 1_000_000),
    rebate=st.integers(0, 50_000),
)
def test_all_fees_of_an_order_equal_exact_fractions_up_to_the_largest_order(
    shares, part, units, odd, clearing, take_fee, take_ppm, rebate
) -> None:
    plan = Commission(
        0.0035, 0.35, 0.01, clearing / 1e6, take_fee / 1e6, take_ppm / 1e6, rebate / 1e6
    )
    value = max(100, 100 * (shares * units + odd))  # levels need not have one price
    taken = int(shares * part)
    taken_value = value * taken // shares
    bill = reference.Bill(plan)
    first = bill.charge(taken, taken_value, taken=True)
    second = bill.charge(shares - taken, value - taken_value, taken=False)
    terms = commission_terms(plan)
    assert order_fees_of(value, shares, taken_value, taken, terms) == first + second


@given(
    shares=st.integers(1, 10_000_000),
    units=st.integers(1, 1_000_000_000),
    date=st.dates(dt.date(2017, 1, 1), dt.date(2028, 1, 1)),
)
def test_sale_fees_equal_exact_fractions_up_to_the_largest_order(shares, units, date) -> None:
    value = 100 * shares * units
    assert sale_fees(shares, units, date) == reference.sale_fees(value, shares, date)
