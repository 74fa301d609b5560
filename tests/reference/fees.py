"""What an order costs, computed in exact fractions of a microdollar and rounded once."""

import datetime as dt
from fractions import Fraction
from math import ceil

from lowfloat.market.fees import SEC_FEES, TAF_FEES, Commission

CENT = 10_000


def commission(value: int, shares: int, plan: Commission) -> int:
    """Return microdollars: so much a share, at least the minimum, at most a part of the value."""
    per_share = round(plan.per_share * 1_000_000)
    minimum = round(plan.minimum * 1_000_000)
    cap_ppm = round(plan.cap_fraction * 1_000_000)
    return min(max(shares * per_share, minimum), ceil(Fraction(value * cap_ppm, 10**6)))


def sale_fees(value: int, shares: int, date: dt.date) -> int:
    """Return microdollars: the SEC's fee and FINRA's, each rounded up to the cent."""
    rate = _row_of(SEC_FEES, date)[1]
    per_share, cap = _row_of(TAF_FEES, date)[1:]
    sec = ceil(Fraction(value * rate, 10**8))
    taf = min(shares * per_share, cap)
    return _up_to_cent(sec) + _up_to_cent(taf)


def _row_of(table: tuple, date: dt.date) -> tuple:
    valid = [row for row in table if row[0] <= date]
    return valid[-1] if valid else table[0]


def _up_to_cent(amount: int) -> int:
    return ceil(Fraction(amount, CENT)) * CENT
