"""Trading costs: every commission and regulatory fee, when it is paid."""

from typing import NamedTuple

from lowfloat.base.jit import kernel


class TradingCosts(NamedTuple):
    """Rule of the trading costs component."""

    weight: float = 1.0


@kernel
def trading_costs(now, rule):
    """Return the fees, as a negative number in percent of the maximum position."""
    return -100.0 * now.fees_paid
