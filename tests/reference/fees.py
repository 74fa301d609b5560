"""What an order costs, computed in exact fractions of a microdollar and rounded once."""

import datetime as dt
from fractions import Fraction
from math import ceil

from lowfloat.market.fees import SEC_FEES, TAF_FEES, Commission

CENT = 10_000
DOLLAR = 1_000_000


class Bill:
    """What one order has cost so far: its shares, those of them that it took, and the fees."""

    def __init__(self, plan: Commission) -> None:
        self.plan = plan
        self.shares = self.value = self.taken = self.taken_value = self.charged = 0

    def more(self, shares: int, value: int, *, taken: bool, rebate: bool = True) -> int:
        """Return the microdollars that further shares would add.

        They may be below 0 for the exchange's rebate, which may be left out.
        """
        taken_shares = self.taken + (shares if taken else 0)
        taken_value = self.taken_value + (value if taken else 0)
        shares, value = self.shares + shares, self.value + value
        return (
            commission(value, shares, self.plan)
            + shares * _millionths(self.plan.clearing_per_share)
            + taking_fee(taken_value, taken_shares, self.plan)
            - rebate * (shares - taken_shares) * _millionths(self.plan.add_rebate_per_share)
            - self.charged
        )

    def charge(self, shares: int, value: int, *, taken: bool) -> int:
        """Add shares and return the microdollars they add."""
        fee = self.more(shares, value, taken=taken)
        self.charged += fee
        self.shares += shares
        self.value += value
        if taken:
            self.taken += shares
            self.taken_value += value
        return fee


def commission(value: int, shares: int, plan: Commission) -> int:
    """Return microdollars: so much a share, at least the minimum, at most a part of the value."""
    per_share = shares * _millionths(plan.per_share)
    cap = ceil(Fraction(value * _millionths(plan.cap_fraction), 10**6))
    return min(max(per_share, _millionths(plan.minimum)), cap)


def taking_fee(value: int, shares: int, plan: Commission) -> int:
    """Return microdollars: the exchange's fee, by the share from an average price of $1 on."""
    if value >= shares * DOLLAR:
        return shares * _millionths(plan.take_fee_per_share)
    return ceil(Fraction(value * _millionths(plan.take_fraction), 10**6))


def sale_fees(value: int, shares: int, date: dt.date) -> int:
    """Return microdollars: the SEC's fee and FINRA's, each rounded up to the cent."""
    rate = _row_of(SEC_FEES, date)[1]
    per_share, cap = _row_of(TAF_FEES, date)[1:]
    sec = ceil(Fraction(value * rate, 10**8))
    taf = min(shares * per_share, cap)
    return _up_to_cent(sec) + _up_to_cent(taf)


def _millionths(amount: float) -> int:
    return round(amount * 1_000_000)


def _row_of(table: tuple, date: dt.date) -> tuple:
    valid = [row for row in table if row[0] <= date]
    return valid[-1] if valid else table[0]


def _up_to_cent(amount: int) -> int:
    return ceil(Fraction(amount, CENT)) * CENT
