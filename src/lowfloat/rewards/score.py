"""The list of reward components: the one place where a component is switched on.

With both components at weight 1 the reward is the change of net equity, in percent of the
maximum position.
"""

from typing import NamedTuple

from lowfloat.base.jit import kernel
from lowfloat.rewards.market_pnl import MarketPnl, market_pnl
from lowfloat.rewards.trading_costs import TradingCosts, trading_costs


class Rewards(NamedTuple):
    """Every component's rule; the order of the fields is the order of the parts."""

    market_pnl: MarketPnl = MarketPnl()
    trading_costs: TradingCosts = TradingCosts()


@kernel
def score(now, rules):
    """Return each component's weighted score, in the order of the list; the reward is their sum.

    Args:
        now: the :class:`~lowfloat.rewards.moment.Moment`.
        rules: :class:`Rewards`.

    Returns:
        A tuple of floats, one per component.
    """
    return (
        rules.market_pnl.weight * market_pnl(now, rules.market_pnl),
        rules.trading_costs.weight * trading_costs(now, rules.trading_costs),
    )
