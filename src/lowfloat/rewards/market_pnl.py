"""Market P&L: what the position and its fills gained or lost, before fees."""

from typing import NamedTuple

from lowfloat.base.jit import kernel


class MarketPnl(NamedTuple):
    """Rule of the market P&L component."""

    weight: float = 1.0


@kernel
def market_pnl(now, rule):
    """Return the gain in percent of the maximum position."""
    return 100.0 * now.market_gain
