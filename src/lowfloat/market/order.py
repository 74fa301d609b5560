"""From a wish to an order: its price, on the grid of ticks and within the bands."""

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.base.prices import tick_size

tick_at = kernel(tick_size)
_NO_LIMIT = 2_000_000_000


ORDER_FIELDS = [
    ("order_shares", np.int64),  # signed shares of the order of the last step, 0 if none
    ("order_limit", np.int64),  # price units
    ("order_waits", np.int32),  # 1 if what does not fill at once waits in the book
    ("order_cancels", np.int32),  # 1 if the working order is to be cancelled, or replaced
    ("order_protects", np.int32),  # Protection
]


@kernel
def away(price, side):
    """Round a price to its tick, away from the book: up to buy (side 1), down to sell (-1)."""
    tick = tick_at(price)
    return -(-price // tick) * tick if side > 0 else price // tick * tick


@kernel
def marketable_limit(known, side, rules):
    """Return the limit of an order that crosses the spread: the far side and some room beyond it.

    Args:
        known: ``SECOND`` record of the decision, its book two-sided and uncrossed.
        side: 1 to buy, -1 to sell.
        rules: :class:`~lowfloat.market.fills.FillRules`.
    """
    spread, mid = known.ask - known.bid, (known.bid + known.ask) // 2
    room = max(
        rules.collar_ticks * tick_at(known.ask),
        spread * rules.collar_spread_percent // 100,
        mid * rules.collar_bps // 10_000,
    )
    if side > 0:
        return min(away(known.ask + room, side), highest(known))
    return max(away(max(1, known.bid - room), side), lowest(known))


@kernel
def waiting_limit(known, side, improves):
    """Return the limit of an order that waits: its own side of the book, or a tick better.

    See :func:`marketable_limit` for the arguments.
    """
    own = known.bid if side > 0 else known.ask
    tick = tick_at(own)
    if improves and known.ask - known.bid > tick:
        own += side * tick
    return min(own, highest(known)) if side > 0 else max(own, lowest(known))


@kernel
def highest(known):
    """Return the highest price at which one may buy: the upper band, if there is one."""
    return known.upper_band if known.upper_band > 0 else _NO_LIMIT


@kernel
def lowest(known):
    """Return the lowest price at which one may sell: the lower band, if there is one."""
    return max(1, known.lower_band)
