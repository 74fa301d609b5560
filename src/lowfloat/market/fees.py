"""What a trade costs beyond its price: commission, the SEC's fee and FINRA's, by date.

Amounts are integer microdollars and are rounded against the trader.
"""

import datetime as dt
from typing import NamedTuple

from lowfloat.base.jit import kernel
from lowfloat.base.prices import MICRODOLLARS_PER_CENT, MICRODOLLARS_PER_DOLLAR
from lowfloat.base.units import Dollars, Fraction

SEC_FEES = (
    # first day, cents per million dollars sold (Section 31 of the Exchange Act)
    (dt.date(2018, 5, 22), 1300),
    (dt.date(2019, 4, 16), 2070),
    (dt.date(2020, 2, 18), 2210),
    (dt.date(2021, 2, 25), 510),
    (dt.date(2022, 5, 14), 2290),
    (dt.date(2023, 2, 27), 800),
    (dt.date(2024, 5, 22), 2780),
    (dt.date(2025, 5, 14), 0),
    (dt.date(2026, 4, 4), 2060),
)
TAF_FEES = (
    # first day, microdollars per share sold, cap in microdollars (FINRA trading activity fee)
    (dt.date(2012, 7, 1), 119, 5_950_000),
    (dt.date(2022, 1, 1), 130, 6_490_000),
    (dt.date(2023, 1, 1), 145, 7_270_000),
    (dt.date(2024, 1, 1), 166, 8_300_000),
    (dt.date(2026, 1, 1), 195, 9_790_000),
    (dt.date(2027, 1, 1), 232, 11_610_000),
)


class Commission(NamedTuple):
    """A broker's plan. The defaults are the plan ``fixed``, all fees of the exchange included."""

    per_share: Dollars = 0.005
    minimum: Dollars = 1.0  # of an order
    cap_fraction: Fraction = 0.01  # of the order's value; it also limits the minimum
    clearing_per_share: Dollars = 0.0
    take_fee_per_share: Dollars = 0.0  # of the exchange, for taking displayed shares, from $1 up
    take_fraction: Fraction = 0.0  # of the value, below $1
    add_rebate_per_share: Dollars = 0.0  # of the exchange, for shares that waited in its book


COMMISSION_PLANS = {
    "fixed": Commission(),
    "tiered": Commission(
        per_share=0.0035, minimum=0.35, clearing_per_share=0.0002, take_fee_per_share=0.003,
        take_fraction=0.003, add_rebate_per_share=0.002,
    ),
    "zero": Commission(per_share=0.0, minimum=0.0, cap_fraction=0.0),
}  # fmt: skip
"""What brokers commonly charge; the regulators' fees come on top of each."""


class CommissionTerms(NamedTuple):
    """The same in the ledger's integers, as the kernel reads it."""

    per_share: int  # microdollars
    minimum: int  # microdollars
    cap_ppm: int  # millionths of the order's value
    clearing: int  # microdollars per share
    take_fee: int  # microdollars per share
    take_ppm: int  # millionths of the value
    add_rebate: int  # microdollars per share


def commission_terms(commission: Commission) -> CommissionTerms:
    """Convert a plan from dollars and fractions to the ledger's integers."""
    return CommissionTerms(
        per_share=round(commission.per_share * MICRODOLLARS_PER_DOLLAR),
        minimum=round(commission.minimum * MICRODOLLARS_PER_DOLLAR),
        cap_ppm=round(commission.cap_fraction * 1_000_000),
        clearing=round(commission.clearing_per_share * MICRODOLLARS_PER_DOLLAR),
        take_fee=round(commission.take_fee_per_share * MICRODOLLARS_PER_DOLLAR),
        take_ppm=round(commission.take_fraction * 1_000_000),
        add_rebate=round(commission.add_rebate_per_share * MICRODOLLARS_PER_DOLLAR),
    )


def regulatory_fees(date: dt.date) -> tuple[int, int, int]:
    """Return the fees on sales of a day: SEC cents per $1M, TAF microdollars per share, TAF cap.

    Days before the first row of a table use its first row.
    """
    sec = [row for row in SEC_FEES if row[0] <= date] or SEC_FEES[:1]
    taf = [row for row in TAF_FEES if row[0] <= date] or TAF_FEES[:1]
    return sec[-1][1], taf[-1][1], taf[-1][2]


@kernel
def _ceil_div(amount, divisor):
    return -(-amount // divisor)


@kernel
def _share_of(value, rate, divisor):
    """Return ``value * rate / divisor`` rounded up, without the product passing 2^63."""
    return value // divisor * rate + _ceil_div(value % divisor * rate, divisor)


@kernel
def commission_of(value, shares, terms):
    """Return the commission, in microdollars, on an order of ``shares`` worth ``value``."""
    fee = max(shares * terms.per_share, terms.minimum)
    cap = _share_of(value, terms.cap_ppm, 1_000_000)
    return min(fee, cap)


@kernel
def order_fees_of(value, shares, taken_value, taken_shares, terms):
    """Return what an order costs at the broker and the exchange, microdollars.

    Args:
        value: of all its shares, microdollars.
        shares: that it got.
        taken_value: of the shares that it took from the book.
        taken_shares: of its shares, those; the others waited in the book.
        terms: :class:`CommissionTerms`.
    """
    fee = commission_of(value, shares, terms) + shares * terms.clearing
    fee -= (shares - taken_shares) * terms.add_rebate
    if taken_value >= taken_shares * MICRODOLLARS_PER_DOLLAR:
        return fee + taken_shares * terms.take_fee
    return fee + _share_of(taken_value, terms.take_ppm, 1_000_000)


@kernel
def sale_fees_of(value, shares, day):
    """Return the SEC and TAF fees, in microdollars, on selling ``shares`` worth ``value``.

    Each is rounded up to the cent, as brokers charge them. ``day`` is a ``DAY`` record.
    """
    cent = MICRODOLLARS_PER_CENT
    sec = _ceil_div(_share_of(value, day.sec_fee, 100_000_000), cent) * cent
    taf = _ceil_div(min(shares * day.taf_fee, day.taf_cap), cent) * cent
    return sec + taf
