"""What one's own orders do to the price: who has just bought pays more for the next shares.

A replay cannot react, so an account carries a footprint: its shares, bought less sold, each fading
with a half-life. The price moves with the square root of the footprint's part of all volume, scaled
by how much the price moves at all (the square-root law of market impact).
"""

import math

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.base.portable import exp

IMPACT_FIELDS = [
    ("footprint", np.float64),  # shares, above 0 if bought, as of the last fill
    ("footprint_ns", np.int64),  # when that was
]
_LN2 = 0.6931471805599453
_NS = 1e9
_MILLIONTH = 1e-6


@kernel
def footprint_at(account, ns, rules):
    """Return the account's footprint at a time, signed shares."""
    if account.footprint == 0.0:
        return 0.0
    age = ns - account.footprint_ns
    return account.footprint * exp(-_LN2 * age / (rules.impact_half_life * _NS))


@kernel
def impact_of(footprint, known, price, rules):
    """Return how many price units an order's levels are worse, at least 0.

    Args:
        footprint: shares already taken in the order's direction.
        known: ``SECOND`` record of the decision.
        price: best price, price units.
        rules: :class:`~lowfloat.market.fills.FillRules`.
    """
    if footprint <= 0.0:
        return 0
    share = footprint / (known.volume_300s + footprint)
    movement = rules.impact * math.sqrt(float(known.mid_variance)) * _MILLIONTH
    return math.ceil(movement * math.sqrt(share) * price)


@kernel
def leave_footprint(account, footprint, shares, ns):
    """Add signed shares to what the footprint has faded to."""
    account.footprint = footprint + shares
    account.footprint_ns = ns
