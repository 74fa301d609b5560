"""Who sits every exam beside the agent."""

from collections.abc import Sequence

from lowfloat.exam.config import ExamConfig
from lowfloat.exam.policy import BuyAndHold, DoNothing, Policy, RandomTrader
from lowfloat.exam.rule_traders import BreakoutTrader, FirstPullbackTrader, VwapReclaimTrader


def baselines(settings: ExamConfig, alerts: Sequence[int | None], block: int = 0) -> list[Policy]:
    """Return the baselines, each for one sitting.

    Args:
        settings: seed of the random trader, and thresholds of the rules.
        alerts: per day the second of its first as-of alert, or None.
        block: names what is drawn beside the seed.
    """
    return [
        DoNothing(),
        RandomTrader((settings.seed, block)),
        BuyAndHold(alerts),
        BreakoutTrader(settings.breakout),
        FirstPullbackTrader(settings.first_pullback),
        VwapReclaimTrader(settings.vwap_reclaim),
    ]
